import type { Attribution } from '../../domain/attribution.js';
import { bringsMoney, type Notification } from '../../domain/callbacks/notification.js';
import type { Outcome } from '../../domain/callbacks/outcome.js';
import { amountsOf, withAmount, type Case, type OpenCase } from '../../domain/cases/case.js';
import { caseChange } from '../../domain/cases/case-change.js';
import type { EndedBy } from '../../domain/cases/ended-by.js';
import { UNKNOWN_PIECE, type KnownPiece, type MoneyCase } from '../../domain/cases/known-piece.js';
import type { PartBack } from '../../domain/refunds/piece.js';
import type { SettlementResult } from '../../domain/settlement/settle.js';
import { PieceRepository, type LockedPieces } from '../cases/piece-repository.js';
import { transactionKey, type TransactionRef } from '../payments/payment-repository.js';
import type { LockMode, Transaction } from '../transaction.js';
import { CaseLedger, type Cause, type TrackedCase } from './case-ledger.js';

/** The open case of a piece, under which the ledger knows it. */
interface OwningCase extends MoneyCase {
  readonly tracked: TrackedCase;
}

/** A piece of money as this transaction leaves it. */
interface Piece extends KnownPiece {
  readonly openCase: OwningCase | null;
}

const UNKNOWN: Piece = { ...UNKNOWN_PIECE, openCase: null };

/** What names a piece of money: a notification, or a case. Without a transaction it names none. */
interface NamesMoney {
  readonly gateway: string;
  readonly transactionId: string | null;
}

/** Who has decided about a callback. */
export interface DecidedBy extends Attribution {
  readonly callbackId: string;
  /** Why a case ends by a decision with this outcome. */
  readonly reasonOf: (outcome: Outcome) => string;
}

/** The pieces of money of a batch, and what the batch does to their cases. */
export class Pieces {
  readonly ledger = new CaseLedger();
  private readonly pieces: Map<string, Piece>;

  constructor(private readonly locked: LockedPieces) {
    this.pieces = new Map(
      [...locked.known].map(([key, { openCase, ...piece }]) => [
        key,
        { openCase: openCase && { tracked: { id: openCase.id }, ...openCase }, ...piece },
      ]),
    );
  }

  /** Locks the pieces that these notifications bring. */
  static async lock(
    notifications: readonly Notification[],
    tx: Transaction,
    mode: LockMode,
  ): Promise<Pieces> {
    return Pieces.lockNamed(notifications.filter(bringsMoney), tx, mode);
  }

  static async lockNamed(names: readonly NamesMoney[], tx: Transaction, mode: LockMode): Promise<Pieces> {
    const pieces = namedBy(names);
    return new Pieces(pieces.length ? await tx.of(PieceRepository).lock(pieces, mode) : NO_PIECES);
  }

  /** As last committed, without locks. */
  static async read(notification: Notification, tx: Transaction): Promise<Pieces> {
    const pieces = namedBy([notification].filter(bringsMoney));
    const known = pieces.length ? await tx.of(PieceRepository).find(pieces) : NO_PIECES.known;
    return new Pieces({ known, contended: NO_PIECES.contended });
  }

  isContended(notification: Notification): boolean {
    return this.locked.contended.size > 0 && this.locked.contended.has(keyOf(notification));
  }

  of(name: NamesMoney): Piece {
    return this.pieces.get(keyOf(name)) ?? UNKNOWN;
  }

  /** Opens, joins, moves or ends the case of a piece, as the rule of the domain says about this decision. */
  moveCase(notification: Notification, { outcome, newCase }: SettlementResult, by: DecidedBy): void {
    const piece = this.of(notification);
    const { openCase } = piece;
    const change = caseChange({ outcome, newCase }, notification, piece);
    if (change.change === 'none') return;
    const cause: Cause = { reason: by.reasonOf(outcome), attribution: by };
    switch (change.change) {
      case 'open':
      case 'move': {
        const opened = { ...change.opened, callbackId: by.callbackId };
        if (opened.ownsMoney) this.own(opened, cause);
        else this.ledger.open(opened, by);
        return;
      }
      case 'join': {
        const amounts = [...openCase!.amounts, change.amount];
        this.ledger.setAmounts(openCase!.tracked, amounts);
        return this.put(notification, { ...openCase!, amounts });
      }
      case 'end':
        return this.end(notification, settledBy(notification), cause);
    }
  }

  /** Ends the open case of the piece. */
  end(name: NamesMoney, by: Exclude<EndedBy, { by: 'successor' }>, cause: Cause): void {
    this.ledger.end(this.of(name).openCase!.tracked, by, cause);
    this.put(name, null, by.by);
  }

  /** Opens a case that owns the piece. If it has an open case, that one ends, and the new one keeps the amounts of both. */
  own(opened: OpenCase, cause: Cause): void {
    const { openCase } = this.of(opened);
    if (!openCase) return this.put(opened, owning(opened, this.ledger.open(opened, cause.attribution)));
    const details = openCase.amounts.reduce(withAmount, opened.details);
    const successor = { ...opened, details };
    const tracked = this.ledger.move(openCase.tracked, successor, cause);
    this.put(opened, owning(successor, tracked), 'successor');
  }

  /** A part of the piece has gone back. */
  addRefund(name: NamesMoney, part: PartBack): void {
    const piece = this.of(name);
    const back = { ...piece.back, refunds: [...piece.back.refunds, part] };
    this.pieces.set(keyOf(name), { ...piece, back });
  }

  /** The transaction has settled this payment. */
  settled({ gateway, transactionId }: TransactionRef, paymentNumber: string): void {
    const key = transactionKey(gateway, transactionId);
    const piece = this.pieces.get(key) ?? UNKNOWN;
    if (piece.settledNumber === null) this.pieces.set(key, { ...piece, settledNumber: paymentNumber });
  }

  /** @param ended how the open case so far has ended, if it has. */
  private put(name: NamesMoney, openCase: OwningCase | null, ended?: EndedBy['by']): void {
    const piece = this.of(name);
    const endedCases = ended
      ? [{ ...piece.openCase!, endedBy: ended }, ...piece.endedCases]
      : piece.endedCases;
    this.pieces.set(keyOf(name), { ...piece, openCase, endedCases });
  }
}

const NO_PIECES: LockedPieces = { known: new Map(), contended: new Set() };

const namedBy = (names: readonly NamesMoney[]): TransactionRef[] =>
  names.flatMap(({ gateway, transactionId }) => (transactionId === null ? [] : [{ gateway, transactionId }]));

const keyOf = ({ gateway, transactionId }: NamesMoney): string =>
  transactionKey(gateway, transactionId ?? '');

/** A success that has settled names its payment. */
const settledBy = ({ paymentNumber }: Notification) =>
  ({ by: 'settlement', paymentNumber: paymentNumber! }) as const;

const owning = ({ kind, paymentNumber, details }: Case, tracked: TrackedCase): OwningCase => ({
  kind,
  paymentNumber,
  amounts: amountsOf(details),
  endedBy: null,
  attached: false,
  tracked,
});
