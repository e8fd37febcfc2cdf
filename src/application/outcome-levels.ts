import type { Outcome } from '../domain/notice.js';
import { KeyTaken, Unavailable } from './ports.js';

/** Outcomes that somebody has to look at, by how loudly the log says so; what is not here is an everyday line. */
const LEVELS: Readonly<Partial<Record<Outcome, 'warn' | 'error'>>> = {
  order_not_payable: 'error',
  paid_twice: 'error',
  transaction_reused: 'error',
  undeliverable: 'error',
  amount_mismatched: 'warn',
  paid_late: 'warn',
  unmatched: 'warn',
  foreign: 'warn',
  unreadable: 'warn',
  conflicting: 'warn',
  refund_reported: 'warn',
  dispute_reported: 'warn',
  pending: 'warn',
};

/** At which level a callback's line is logged. `fault` is what kept it from being settled: one that does not pass is a bug of ours. */
export function levelOf(outcome: Outcome, fault?: unknown): 'log' | 'warn' | 'error' {
  const passes = fault === undefined || fault instanceof Unavailable || fault instanceof KeyTaken;
  return passes ? (LEVELS[outcome] ?? 'log') : 'error';
}
