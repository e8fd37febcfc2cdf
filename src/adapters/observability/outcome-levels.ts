import { KeyTaken, Unavailable } from '../../application/transaction.js';
import type { Outcome } from '../../domain/callbacks/outcome.js';

/**
 * The level of a callback's log line. `fault` is why the callback was not settled; one that does not pass by itself is a bug, and is
 * logged as an error.
 */
export function levelOf(outcome: Outcome, fault?: unknown): 'log' | 'warn' | 'error' {
  const passes = fault === undefined || fault instanceof Unavailable || fault instanceof KeyTaken;
  return passes ? (LEVELS[outcome] ?? 'log') : 'error';
}

/** The outcomes that an operator has to look at. All others are normal. */
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
  dispute_reported: 'warn',
  pending: 'warn',
};
