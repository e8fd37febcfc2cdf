import type { Attribution } from '../../domain/attribution.js';
import { bringsMoney, isReport, type Notification } from '../../domain/callbacks/notification.js';
import type { Outcome } from '../../domain/callbacks/outcome.js';
import {
  amountsOf,
  chargedOf,
  MONEY_BACK,
  withAmount,
  type Case,
  type OpenCase,
} from '../../domain/cases/case.js';
import { caseChange } from '../../domain/cases/case-change.js';
import type { EndedBy } from '../../domain/cases/ended-by.js';
import {
  UNKNOWN_PIECE,
  type KnownPiece,
  type MoneyCase,
  type MoneyThatCame,
} from '../../domain/cases/known-piece.js';
import type { SettlementResult } from '../../domain/settlement/settle.js';
import { PieceRepository, type LockedPieces, type StoredPiece } from '../cases/piece-repository.js';
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
export interface NamesMoney {
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
  private readonly contended: Set<string>;

  constructor({ known, contended }: LockedPieces) {
    this.pieces = new Map([...known].map(([key, piece]) => [key, tracked(piece)]));
    this.contended = new Set(contended);
  }

  /** Locks the pieces that these notifications bring, or that they report about. */
  static async lock(
    notifications: readonly Notification[],
    tx: Transaction,
    mode: LockMode,
    names: readonly NamesMoney[] = [],
  ): Promise<Pieces> {
    return Pieces.lockNamed([...notifications.filter(isAboutMoney), ...names], tx, mode);
  }

  static async lockNamed(names: readonly NamesMoney[], tx: Transaction, mode: LockMode): Promise<Pieces> {
    const pieces = namedBy(names);
    return new Pieces(pieces.length ? await tx.of(PieceRepository).lock(pieces, mode) : NO_PIECES);
  }

  /** As last committed, without locks. */
  static async read(notification: Notification, tx: Transaction): Promise<Pieces> {
    const pieces = namedBy([notification].filter(isAboutMoney));
    const known = pieces.length ? await tx.of(PieceRepository).find(pieces) : NO_PIECES.known;
    return new Pieces({ known, contended: NO_PIECES.contended });
  }

  isContended(name: NamesMoney): boolean {
    return this.contended.size > 0 && this.contended.has(keyOf(name));
  }

  /** Locks further pieces. */
  async lockMore(names: readonly NamesMoney[], tx: Transaction, mode: LockMode): Promise<void> {
    const pieces = namedBy(names);
    if (pieces.length === 0) return;
    const { known, contended } = await tx.of(PieceRepository).lock(pieces, mode);
    for (const [key, piece] of known) this.pieces.set(key, tracked(piece));
    for (const key of contended) this.contended.add(key);
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

  /** Replaces what is known about the refunds or the disputes of the piece. Whoever changes it stores it. */
  learn(
    name: NamesMoney,
    learned: Partial<Omit<KnownPiece, 'settledNumber' | 'openCase' | 'endedCases'>>,
  ): void {
    this.pieces.set(keyOf(name), { ...this.of(name), ...learned });
  }

  /** The transaction has settled this payment. */
  settled(
    { gateway, transactionId }: TransactionRef,
    paymentNumber: string,
    came: () => MoneyThatCame | null,
  ): void {
    const key = transactionKey(gateway, transactionId);
    const piece = this.pieces.get(key) ?? UNKNOWN;
    if (piece.settledNumber !== null) return;
    this.pieces.set(key, { ...piece, settledNumber: paymentNumber, came: came() });
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

const isAboutMoney = (notification: Notification): boolean =>
  bringsMoney(notification) || isReport(notification);

const tracked = ({ openCase, ...piece }: StoredPiece): Piece => ({
  openCase: openCase && { tracked: { id: openCase.id }, ...openCase },
  ...piece,
});

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
  charged: chargedOf(details),
  endedBy: null,
  attached: false,
  moneyBack: details.reason === MONEY_BACK,
  tracked,
});
