import type { KnownPiece, MoneyCase } from '../../domain/cases/known-piece.js';
import type { TransactionRef } from '../payments/payment-repository.js';
import type { LockMode } from '../transaction.js';

/** A money case as it is stored. */
export interface StoredMoneyCase extends MoneyCase {
  readonly id: string;
}

export interface StoredPiece extends KnownPiece {
  readonly openCase: StoredMoneyCase | null;
}

/** Pieces by `transactionKey`. One that is in neither part was never named before. */
export interface LockedPieces {
  readonly known: ReadonlyMap<string, StoredPiece>;
  /** Another transaction has locked them. */
  readonly contended: ReadonlySet<string>;
}

/**
 * Pieces of money: the transactions of gateways. A piece has no row of its own, because any table may be the first to name it. Its lock is by
 * its name, so it is the same whatever holds the piece: a payment, a case or refunds.
 */
export abstract class PieceRepository {
  /**
   * Locks the pieces until this transaction ends, and then reads what is stored about them. What opens, ends or moves a money case, settles
   * with the money or refunds it has locked the piece before.
   */
  abstract lock(pieces: readonly TransactionRef[], mode: LockMode): Promise<LockedPieces>;
  /** Reads without locks. */
  abstract find(pieces: readonly TransactionRef[]): Promise<LockedPieces['known']>;
}
