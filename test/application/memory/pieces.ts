import type {
  LockedPieces,
  PieceRepository,
  StoredMoneyCase,
  StoredPiece,
} from '../../../src/application/cases/piece-repository.js';
import { transactionKey, type TransactionRef } from '../../../src/application/payments/payment-repository.js';
import type { LockMode } from '../../../src/application/transaction.js';
import { amountsOf, chargedOf, MONEY_BACK } from '../../../src/domain/cases/case.js';
import type { KnownDispute } from '../../../src/domain/cases/dispute-cases.js';
import type { RefundState } from '../../../src/domain/refunds/refund.js';
import { waitForLock, type Session } from './session.js';
import type { CaseRow, Tables } from './tables.js';

type NamesMoney = { readonly gateway: string; readonly transactionId: string | null };

export class MemoryPieces implements PieceRepository {
  constructor(private readonly session: Session) {}

  async lock(pieces: readonly TransactionRef[], mode: LockMode): Promise<LockedPieces> {
    const keys = pieces.map(keyOf);
    if (mode === 'wait') waitForLock(this.session, ...keys);
    const contended = new Set(keys.filter((key) => this.session.lockedElsewhere.has(key)));
    return { known: await this.find(pieces), contended };
  }

  async find(pieces: readonly TransactionRef[]): Promise<LockedPieces['known']> {
    const found = pieces.flatMap((piece) => {
      const stored = storedPiece(this.session.tables, piece);
      return stored ? [[keyOf(piece), stored] as const] : [];
    });
    return new Map(found);
  }
}

export function storedPiece(tables: Tables, piece: TransactionRef): StoredPiece | null {
  const settled = [...tables.payments.values()].find((row) => isOf(row, piece));
  const cases = [...tables.cases.values()].filter((row) => row.ownsMoney && isOf(row, piece)).reverse();
  const refunds = refundsOf(tables, piece);
  const disputes = knownDisputes(tables, piece);
  if (!settled && cases.length === 0 && refunds.length === 0 && disputes.length === 0) return null;
  const open = cases.find(({ status }) => status === 'open');
  return {
    settledNumber: settled?.number ?? null,
    openCase: open ? moneyCaseOf(open) : null,
    endedCases: cases.filter(({ status }) => status === 'resolved').map(moneyCaseOf),
    refunds,
    total: tables.refundTotals.get(keyOf(piece)) ?? null,
    disputes,
    came: null,
  };
}

export function refundsOf(tables: Tables, piece: NamesMoney): readonly Readonly<RefundState>[] {
  return [...tables.refunds.values()].flatMap(({ state }) => (isOf(state, piece) ? [state] : []));
}

function knownDisputes(tables: Tables, piece: NamesMoney): KnownDispute[] {
  const cases = [...tables.cases.values()].filter((row) => isOf(row, piece));
  const disputes = [...tables.disputes.values()].filter(({ state }) => isOf(state, piece));
  return disputes.map(({ state }) => ({
    state,
    cases: cases
      .filter(({ details }) => details.disputeId === state.disputeId)
      .map(({ id, kind, status }) => ({ id, kind, isOpen: status === 'open' })),
  }));
}

function moneyCaseOf({ id, kind, paymentNumber, details, endedBy, resolution }: CaseRow): StoredMoneyCase {
  const ending = { endedBy: endedBy?.by ?? null, attached: resolution === 'attach' };
  const moneyBack = details.reason === MONEY_BACK;
  const money = { amounts: amountsOf(details), charged: chargedOf(details) };
  return { id, kind, paymentNumber, ...money, ...ending, moneyBack };
}

const keyOf = ({ gateway, transactionId }: TransactionRef): string => transactionKey(gateway, transactionId);

const isOf = (row: NamesMoney, piece: NamesMoney): boolean =>
  row.gateway === piece.gateway && row.transactionId === piece.transactionId;
