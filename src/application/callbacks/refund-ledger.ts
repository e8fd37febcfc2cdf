import type { Notification } from '../../domain/callbacks/notification.js';
import type { Case } from '../../domain/cases/case.js';
import { identityOf } from '../../domain/cases/identity.js';
import { amountOf, backOf, conversionOf, isKnown, type KnownPiece } from '../../domain/cases/known-piece.js';
import {
  casesDone,
  casesOfExcess,
  casesOfRefund,
  failedTotal,
  goneOf,
  paymentRefunded,
  returnedTotal,
  stuckRefund,
  stuckTotal,
  unmatchedRefund,
} from '../../domain/cases/refund-cases.js';
import type { Money } from '../../domain/money.js';
import {
  convertedRefunds,
  convertedReport,
  convertedTotal,
  roundingOf,
  type Conversion,
} from '../../domain/refunds/conversion.js';
import { isGivenBack } from '../../domain/refunds/piece.js';
import { Refund, type RefundedPayment, type RefundState } from '../../domain/refunds/refund.js';
import {
  learnReport,
  put,
  withRest,
  type ChangedRefund,
  type PieceRefunds,
  type ReportContext,
} from '../../domain/refunds/reported-refunds.js';
import type { AnyEvent } from '../../domain/settlement/settle.js';
import type { SettlementInput } from '../../domain/settlement/settlement-input.js';
import { transactionKey, type TransactionRef } from '../payments/payment-repository.js';
import { RefundRepository, type AskedNumber } from '../refunds/refund-repository.js';
import type { Transaction } from '../transaction.js';
import type { Cause } from './case-ledger.js';
import type { NamesMoney, Pieces } from './pieces.js';
import { NumbersOfRefunds } from './refund-numbers.js';
import type { ReportedBy, ReportInput, ReportLedger, ReportResult } from './report-ledger.js';

/** A refund that an operator has made by another way. */
export interface MadeElsewhere {
  readonly number: string;
  readonly caseId: string;
  readonly money: Money;
  readonly reference: string;
  /** Why the case of the money ends if all of it has gone back. */
  readonly cause: Cause;
}

/** What has happened to the refunds of a piece. */
interface Change {
  readonly input: ReportInput;
  readonly by: ReportedBy;
  /** The piece before it. Null if nothing was announced of it so far. */
  readonly before: KnownPiece | null;
  readonly changed: readonly ChangedRefund[];
  /** Why the case of the money ends, if an operator ends it so. */
  readonly cause?: Cause;
}

/**
 * What one transaction does to the refunds of pieces of money. After each change the case of the piece, its order and what the payment shows
 * follow, in the same transaction.
 */
export class RefundLedger implements ReportLedger {
  private readonly numbers = new NumbersOfRefunds();
  /** The pieces that have changed, as they are stored. */
  private readonly stored = new Map<string, PieceRefunds & { readonly piece: TransactionRef }>();

  constructor(private readonly pieces: Pieces) {}

  async prepare(reports: readonly Notification[], tx: Transaction): Promise<void> {
    await this.numbers.ask(reports.flatMap(numbersAskedFor), tx);
  }

  /** For the number of a refund that no report has named. */
  async ask(asked: AskedNumber, tx: Transaction): Promise<void> {
    await this.numbers.ask([asked, unnamedOf(asked)], tx);
  }

  concerns({ refund }: Notification): boolean {
    return refund !== null;
  }

  isWaiting({ notification }: SettlementInput): boolean {
    const piece = this.pieces.of(notification);
    return isKnown(piece) && piece.refunds.some(({ waiting }) => waiting);
  }

  report(input: ReportInput, by: ReportedBy): ReportResult {
    const { notification } = input;
    const before = this.pieces.of(notification);
    const named = before.refunds.filter(({ unnamed }) => !unnamed);
    const report = convertedReport(notification.refund!, conversionOf(before), named);
    const learned = learnReport(before, report, this.contextOf(input), by);
    const { outcome, refunds, total, grown, isIdentified } = learned;
    this.change(notification, { refunds, total });
    if (report.status === 'abnormal') this.openStuck(learned.named ?? this.find(input), by);
    if (outcome !== 'refund_reported' && !isIdentified) return { outcome, events: [] };
    const changed = [learned.named ?? [], grown ?? []].flat();
    return { outcome, events: [...learned.events, ...this.follow({ input, by, before, changed })] };
  }

  /** Refunds that came before their money, or while it was meant for another payment, get the payment that has it. */
  arrive(input: ReportInput, by: ReportedBy): readonly AnyEvent[] {
    const { notification } = input;
    const piece = this.pieces.of(notification);
    const { refunds } = piece;
    const payment = paymentOf(input);
    const isElsewhere = ({ paymentNumber }: RefundedPayment) => paymentNumber !== payment.paymentNumber;
    const moved = refunds.map((each) =>
      each.waiting || isElsewhere(each) ? { ...each, ...payment, waiting: false } : each,
    );
    const arrived = this.converted({ refunds: moved, total: piece.total }, input, by);
    if (arrived.refunds.some((each, index) => each !== refunds[index])) this.change(notification, arrived);
    const waited = new Set(refunds.filter(({ waiting }) => waiting).map(({ number }) => number));
    const changed = arrived.refunds.filter(({ number }) => waited.has(number));
    const cause = { reason: 'the money has come', attribution: by };
    for (const refund of changed) this.end(unmatchedRefund(refund), cause);
    const asNew = changed.map((refund) => ({ refund, before: null }));
    return this.follow({ input, by, before: null, changed: asNew });
  }

  /** Reports that came before their money may be in the currency that the customer was charged. */
  private converted(
    refunds: PieceRefunds,
    input: ReportInput,
    by: ReportedBy,
    conversion = conversionOf(this.pieces.of(input.notification)),
  ): PieceRefunds {
    if (!conversion) return refunds;
    const converted = {
      refunds: convertedRefunds(refunds.refunds, conversion),
      total: convertedTotal(refunds.total, conversion),
    };
    return withRest(converted, this.contextOf(input, conversion), by);
  }

  /** What has come before a success may be in the currency that it says was charged. It decides whether the money is still here. */
  learnCharged(input: ReportInput, by: ReportedBy): void {
    const { money, charged } = input.notification;
    const piece = this.pieces.of(input.notification);
    if (!money || !charged || piece.refunds.length === 0 || isKnown(piece)) return;
    this.change(input.notification, this.converted(piece, input, by, { money, charged }));
  }

  /** Records a refund that an operator has made by another way. */
  record(
    input: ReportInput,
    made: MadeElsewhere,
    by: ReportedBy,
  ): { number: string; events: readonly AnyEvent[] } {
    const before = this.pieces.of(input.notification);
    const { money, caseId, reference, cause } = made;
    const number = this.numbers.of(input.notification).free(made.number);
    const context = this.contextOf(input);
    const refund = Refund.report(
      { ...context.terms, number, caseId, money },
      // The time tells whether the gateway's sum can have it.
      { status: 'succeeded', at: by.at, failure: null },
      { gatewayRefundId: null, reference },
      by,
    );
    const refunds = put(before.refunds, refund.stored);
    this.change(input.notification, withRest({ refunds, total: before.total }, context, by));
    const changed = [{ refund: refund.stored, before: null }];
    return { number, events: [...refund.events, ...this.follow({ input, by, before, changed, cause })] };
  }

  async save(tx: Transaction, at: Date): Promise<void> {
    const changes = [...this.stored.values()].map(({ piece, ...before }) => ({
      piece,
      before,
      now: this.pieces.of(piece),
    }));
    if (changes.length === 0) return;
    const repository = tx.of(RefundRepository);
    const known = changes.flatMap(({ before }) => before.refunds);
    const now = changes.flatMap(({ now: { refunds } }) => refunds);
    const numbers = new Set(known.map(({ number }) => number));
    const left = new Set(now.map(({ number }) => number));
    const removed = [...numbers].filter((number) => !left.has(number));
    const added = now.filter(({ number }) => !numbers.has(number));
    const changed = now.filter((refund) => numbers.has(refund.number) && !known.includes(refund));
    const totals = changes.flatMap(({ piece, before, now: { total } }) =>
      total && total !== before.total ? { ...piece, ...total } : [],
    );
    await Promise.all([
      // Before others are added: a piece has one refund without a name at most.
      removed.length && repository.remove(removed),
      added.length && repository.add(added, at),
      changed.length && repository.save(changed, at),
      totals.length && repository.saveTotals(totals),
    ]);
  }

  private contextOf(input: ReportInput, known?: Conversion): ReportContext {
    const { gateway, transactionId } = input.notification;
    const piece = this.pieces.of(input.notification);
    const waiting = !isKnown(piece);
    const rounding = roundingOf(known ?? conversionOf(piece), piece.refunds);
    const terms = { gateway, transactionId, ...paymentOf(input), reason: null };
    return { terms, waiting, rounding, numbers: this.numbers.of({ gateway, transactionId }) };
  }

  private change({ gateway, transactionId }: ReportInput['notification'], changed: PieceRefunds): void {
    const piece = { gateway, transactionId };
    const key = transactionKey(gateway, transactionId);
    const { refunds, total } = this.pieces.of(piece);
    if (!this.stored.has(key)) this.stored.set(key, { piece, refunds, total });
    this.pieces.learn(piece, { refunds: changed.refunds, total: changed.total });
  }

  /** The order of the payment that the piece paid, the case of the piece and its sums follow what has changed. */
  private follow(change: Change): AnyEvent[] {
    const { input, by, before } = change;
    const { notification } = input;
    const piece = this.pieces.of(notification);
    if (before?.total?.belowSince && !piece.total?.belowSince)
      this.end(stuckTotal(notification, paymentOf(input), before.total.money), causeOf(by));
    change.changed.forEach((each) => this.endStuck(each, by));
    if (!isKnown(piece)) return [];
    this.openCases(change, piece);
    this.endCaseOfMoneyBack(notification, by, change);
    for (const done of casesDone(before, piece)) this.end(done, { reason: 'refunded', attribution: by });
    const orderNumber = input.payment?.orderNumber ?? null;
    const told = paymentRefunded(before, piece, { ...notification, orderNumber }, by);
    return [...(told ? [told] : []), ...this.moveOrder(input, by)];
  }

  private openCases({ changed, before, input, by }: Change, piece: KnownPiece): void {
    changed.forEach((each, index) => {
      // As if each had come alone.
      const later = new Set(changed.slice(index + 1).map(({ refund }) => refund.number));
      const refunds = piece.refunds.filter(({ number }) => !later.has(number));
      for (const opened of casesOfRefund(each, { ...piece, refunds })) this.open(opened, by);
    });
    if (!before) return;
    for (const opened of casesOfExcess(before, piece)) this.open(opened, by);
    const cameBack = returnedTotal(before, piece);
    if (cameBack) this.open(failedTotal(input.notification, paymentOf(input), cameBack), by);
  }

  /** Refunds may exceed a piece because another amount of it counts from now on. */
  judgeAmount(input: ReportInput, before: KnownPiece, by: ReportedBy): void {
    const piece = this.pieces.of(input.notification);
    for (const opened of casesOfExcess(before, piece)) this.open(opened, by);
  }

  private openStuck(found: ChangedRefund | null, by: ReportedBy): void {
    if (found?.refund.status === 'processing') this.open(stuckRefund(found.refund), by);
  }

  private endStuck({ refund, before }: ChangedRefund, by: ReportedBy): void {
    const isDone = refund.status === 'succeeded' || refund.status === 'failed';
    if (before && isDone) this.end(stuckRefund(refund), causeOf(by));
  }

  /**
   * Refunds that have come to the money of its case end it, except where the case tells that the money went back first. If the money came
   * with several amounts, nobody knows which of them it is, so they must have come to each. A case may open for money that is back, so it is
   * asked after each decision about a piece that has refunds.
   */
  endCaseOfMoneyBack(
    money: NamesMoney,
    by: ReportedBy,
    { changed, cause }: Pick<Change, 'changed' | 'cause'> = { changed: [] },
  ): void {
    const piece = this.pieces.of(money);
    const { amounts = [], moneyBack = true } = piece.openCase ?? {};
    const back = backOf(piece);
    if (moneyBack || amounts.length === 0 || !amounts.every((amount) => isGivenBack(amount, back))) return;
    // The refund that stands for a sum goes when others explain it, so no case names it.
    const isNamed = ({ status, unnamed }: Readonly<RefundState>) => status === 'succeeded' && !unnamed;
    const last = changed.findLast(({ refund }) => isNamed(refund))?.refund;
    const refundNumber = (last ?? piece.refunds.findLast(isNamed))?.number ?? null;
    const own = { reason: 'refunded', attribution: by };
    this.pieces.end(money, { by: 'refunds', refundNumber }, cause ?? own);
  }

  private moveOrder({ notification, payment, order }: ReportInput, { at }: ReportedBy): readonly AnyEvent[] {
    const piece = this.pieces.of(notification);
    const { came, settledNumber } = piece;
    if (!order || !came?.paidOrder || payment?.number !== settledNumber || !amountOf(piece)) return [];
    const from = order.status;
    const actor = `gateway:${notification.gateway}`;
    order.followRefunds(goneOf(piece), came.refundRequest, { actor, at });
    if (order.status === 'refunding' && from !== 'refunding')
      this.pieces.learn(notification, { came: { ...came, refundRequest: { actor, from } } });
    return order.events.splice(0);
  }

  /** The refund that a report names and that has not changed. */
  private find({ notification }: ReportInput): ChangedRefund | null {
    const { gatewayRefundId, refundNumber } = notification.refund!;
    const refund = this.pieces
      .of(notification)
      .refunds.find(
        (each) =>
          (gatewayRefundId !== null && each.gatewayRefundId === gatewayRefundId) ||
          each.number === refundNumber,
      );
    return refund ? { refund, before: refund } : null;
  }

  private open(opened: Case, by: ReportedBy): void {
    this.pieces.ledger.open({ ...opened, callbackId: by.callbackId }, by);
  }

  /** Ends the case of the same identity. */
  private end(about: Case, cause: Cause): void {
    const identity = identityOf({ ...about, callbackId: null })!;
    this.pieces.ledger.endNamed(identity, { by: 'outcome', outcome: 'refund_reported' }, cause);
  }
}

const causeOf = (by: ReportedBy): Cause => ({ reason: 'refund_reported', attribution: by });

/** The payment that has the money, or that is named where none has. */
function paymentOf({ notification, payment, piece }: ReportInput): RefundedPayment {
  const named = piece.openCase?.paymentNumber ?? notification.paymentNumber;
  return { paymentNumber: payment?.number ?? named, orderNumber: payment?.orderNumber ?? null };
}

/** A success that says what was charged converts refunds that have waited, and their sum may need a refund that stands for it then. */
function numbersAskedFor({ gateway, transactionId, refund, charged }: Notification): AskedNumber[] {
  if (transactionId === null || (!refund && !charged)) return [];
  const { gatewayRefundId = null, refundNumber = null } = refund ?? {};
  const number = refundNumber ?? gatewayRefundId;
  const piece = { gateway, transactionId };
  if (number === null) return [unnamedOf(piece)];
  const ids = gatewayRefundId === null ? [null] : [gatewayRefundId, null];
  return [...ids.map((id) => ({ ...piece, number, gatewayRefundId: id })), unnamedOf(piece)];
}

const unnamedOf = ({ gateway, transactionId }: TransactionRef): AskedNumber => ({
  gateway,
  transactionId,
  number: `${transactionId}-unnamed`,
  gatewayRefundId: null,
});
