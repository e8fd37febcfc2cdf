import type { DisputeReport, Notification } from '../../domain/callbacks/notification.js';
import type { CaseDetails } from '../../domain/cases/case.js';
import { amountOf, backOf, isKnown, type KnownPiece } from '../../domain/cases/known-piece.js';
import {
  caseOfDispute,
  detailsOf,
  disputeCaseChange,
  fraudWarningCase,
  isDoubleLoss,
  type CaseOfDispute,
  type DisputeCaseChange,
  type DisputeContext,
  type KnownDispute,
} from '../../domain/cases/dispute-cases.js';
import {
  Dispute,
  type DisputedPayment,
  type DisputeState,
  type ReportedBy,
} from '../../domain/disputes/dispute.js';
import type { AnyEvent } from '../../domain/settlement/settle.js';
import type { SettlementInput } from '../../domain/settlement/settlement-input.js';
import type { NamesMoney, Pieces } from './pieces.js';
import type { ReportInput, ReportLedger, ReportResult } from './report-ledger.js';
import type { Transaction } from '../transaction.js';
import { disputeKey, DisputeRepository } from '../disputes/dispute-repository.js';

/** What a report or the money has changed of a dispute. */
interface News {
  readonly dispute: Dispute;
  /** It has just got its status, or its money is known only now. */
  readonly hasNewStatus: boolean;
  readonly isFirst: boolean;
}

/** What one transaction does to disputes and to the cases about them, in memory until it is saved. */
export class DisputeLedger implements ReportLedger {
  private readonly changed = new Map<string, Dispute>();
  /** Two messages of a batch may be about one warning. */
  private readonly warnings = new Set<string>();

  constructor(private readonly pieces: Pieces) {}

  concerns({ dispute }: Notification): boolean {
    return dispute !== null;
  }

  /** Also a dispute whose money was known before its payment. */
  isWaiting({ piece }: SettlementInput): boolean {
    return piece.disputes.some((known) => hasNews(known, piece));
  }

  report(input: ReportInput, by: ReportedBy): ReportResult {
    const report = input.notification.dispute!;
    if (report.kind === 'fraud_warning') return this.warn(input, report, by);
    const known = knownBy(report, input.piece);
    const dispute = known && this.disputeOf(known);
    const before = { status: dispute?.status, events: dispute?.events.length ?? 0 };
    const learned = dispute?.learn(report, by) ?? 'changed';
    const current = dispute ?? Dispute.open(termsOf(input, report), report, by);
    this.changed.set(disputeKey(current.stored), current);
    const news = { dispute: current, hasNewStatus: current.status !== before.status, isFirst: !known };
    this.follow(news, input.notification, by, learned === 'changed');
    const outcome = learned === 'changed' ? 'dispute_reported' : learned;
    return { outcome, events: current.events.slice(before.events) };
  }

  arrive(input: ReportInput, by: ReportedBy): readonly AnyEvent[] {
    return this.arriveAt(input.notification, paymentOf(input), by);
  }

  /** The money of this name, which has come, has this payment. */
  arriveAt(name: NamesMoney, payment: DisputedPayment, by: ReportedBy): readonly AnyEvent[] {
    const piece = this.pieces.of(name);
    return piece.disputes
      .filter((known) => hasNews(known, piece))
      .flatMap((known) => {
        const dispute = this.disputeOf(known);
        const before = dispute.events.length;
        dispute.arrive(payment, by);
        this.changed.set(disputeKey(known.state), dispute);
        this.endUnmatched(known, by);
        const wasWaiting = known.state.waiting;
        this.follow({ dispute, hasNewStatus: wasWaiting, isFirst: wasWaiting }, name, by, true);
        return dispute.events.slice(before);
      });
  }

  /** What has gone back decides whether the shop loses the money of a dispute twice. Its open case shows it. */
  followRefunds(name: NamesMoney): void {
    const piece = this.pieces.of(name);
    for (const { state, cases } of piece.disputes) {
      const others = piece.disputes.map((known) => known.state).filter((each) => each !== state);
      // As of a new dispute: it may take its money at any time.
      const context = { whole: amountOf(piece), back: backOf(piece), others, isFirst: true };
      const doubleLoss = String(isDoubleLoss(state, context));
      const open = cases.find(isAboutStatus);
      if (open) this.show(open, state, { doubleLoss });
    }
  }

  /** The gateway has named another transaction with the dispute than before. That moves no money, and the open case says so. */
  tellOtherTransaction(report: Notification, named: string | null): void {
    if (named === null || named === report.transactionId) return;
    const found = this.pieces
      .of(report)
      .disputes.find(({ state }) => state.disputeId === report.dispute?.disputeId);
    const open = found?.cases.find(({ isOpen }) => isOpen);
    if (found && open) this.show(open, found.state, { otherTransactionId: named });
  }

  private show(open: CaseOfDispute, state: DisputeState, more: CaseDetails): void {
    const details = { ...detailsOf(state, false), ...more };
    this.pieces.ledger.show(open, { details, dueBy: open.kind === 'dispute_lost' ? null : state.dueBy });
  }

  async save(tx: Transaction, at: Date): Promise<void> {
    if (this.changed.size > 0) await tx.of(DisputeRepository).save([...this.changed.values()], at);
  }

  private warn(input: ReportInput, report: DisputeReport, by: ReportedBy): ReportResult {
    const { notification } = input;
    const key = `${notification.gateway} ${report.disputeId}`;
    if (notification.foreign === null && !this.warnings.has(key)) {
      const opened = fraudWarningCase(notification, report, paymentOf(input));
      this.pieces.ledger.open({ ...opened, callbackId: by.callbackId }, by);
      this.warnings.add(key);
    }
    return { outcome: 'ignored', events: [] };
  }

  private disputeOf({ state }: KnownDispute): Dispute {
    return this.changed.get(disputeKey(state)) ?? new Dispute(state);
  }

  /** Changes the case of the dispute, and what the piece knows of both. */
  private follow(news: News, name: NamesMoney, by: ReportedBy, hasChanged: boolean): void {
    const piece = this.pieces.of(name);
    const { stored: state } = news.dispute;
    const others = piece.disputes.filter((known) => known.state.disputeId !== state.disputeId);
    const { cases = [] } = piece.disputes.find((known) => !others.includes(known)) ?? {};
    const context: DisputeContext = {
      whole: amountOf(piece),
      back: backOf(piece),
      others: others.map((known) => known.state),
      cases,
      isFirst: news.isFirst,
    };
    const changed = hasChanged ? this.changeCase(news, context, by) : cases;
    this.pieces.learn(name, { disputes: [...others, { state, cases: changed }] });
  }

  /** Returns the cases of the dispute as they are then. */
  private changeCase(
    { dispute, hasNewStatus }: News,
    context: DisputeContext,
    by: ReportedBy,
  ): readonly CaseOfDispute[] {
    const { ledger } = this.pieces;
    const { stored: state } = dispute;
    const { status, waiting, disputeId, dueBy } = state;
    const open = context.cases.find(({ isOpen, kind }) => isOpen && (kind !== 'unmatched' || waiting));
    // Without its money a dispute has no case of its own; the case of its waiting is the worker's.
    const change = waiting ? WAITING : disputeCaseChange(status, open?.kind ?? null, hasNewStatus);
    if (change.change === 'follow' && open) {
      const details = detailsOf(state, isDoubleLoss(state, context));
      ledger.show(open, { details, dueBy: open.kind === 'dispute_lost' ? null : dueBy });
    }
    if (change.change === 'end' && open) {
      const cause = { reason: status, attribution: by };
      ledger.end(open, { by: 'dispute', disputeId, status }, cause);
      return withoutOpen(context.cases, open);
    }
    return 'kind' in change ? this.openCase(change.kind, { state, open }, context, by) : context.cases;
  }

  /** Opens a case. If one is open, that one ends, and the new one is its successor. */
  private openCase(
    kind: 'dispute' | 'dispute_lost',
    { state, open }: { readonly state: DisputeState; readonly open: CaseOfDispute | undefined },
    context: DisputeContext,
    by: ReportedBy,
  ): readonly CaseOfDispute[] {
    const { ledger } = this.pieces;
    const opened: CaseOfDispute = { id: null, kind, isOpen: true };
    if (open) ledger.end(open, opened, { reason: state.status, attribution: by });
    const about = caseOfDispute(kind, state, context);
    ledger.open({ ...about, callbackId: state.callbackId }, by, opened);
    return [...withoutOpen(context.cases, open), opened];
  }

  /** A case is open if nobody knew the money of the dispute for some time. */
  private endUnmatched({ cases }: KnownDispute, by: ReportedBy): void {
    const open = cases.find(({ kind, isOpen }) => kind === 'unmatched' && isOpen);
    const cause = { reason: 'the money has come', attribution: by };
    if (open) this.pieces.ledger.end(open, { by: 'outcome', outcome: 'dispute_reported' }, cause);
  }
}

const isAboutStatus = ({ isOpen, kind }: CaseOfDispute): boolean => isOpen && kind !== 'unmatched';

const WAITING: DisputeCaseChange = { change: 'follow' };

const withoutOpen = (cases: readonly CaseOfDispute[], ended: CaseOfDispute | undefined): CaseOfDispute[] =>
  cases.map((each) => (each === ended ? { ...each, isOpen: false } : each));

const knownBy = ({ disputeId }: DisputeReport, { disputes }: KnownPiece): KnownDispute | undefined =>
  disputes.find(({ state }) => state.disputeId === disputeId);

/** Whether the dispute waits for this money, or has another payment than the money has now. */
function hasNews({ state }: KnownDispute, piece: KnownPiece): boolean {
  if (!isKnown(piece)) return false;
  const { settledNumber } = piece;
  const isOfPayment = settledNumber === state.paymentNumber && state.orderNumber !== null;
  return state.waiting || (settledNumber !== null && !isOfPayment);
}

function termsOf(input: ReportInput, { disputeId }: DisputeReport) {
  const { gateway, transactionId } = input.notification;
  return { gateway, transactionId, disputeId, ...paymentOf(input), waiting: !isKnown(input.piece) };
}

/** The payment that the money has settled; otherwise the one for which it came, or the one that the report names. */
function paymentOf({ piece, payment, notification }: SettlementInput): DisputedPayment {
  const { settledNumber, openCase } = piece;
  const paymentNumber =
    settledNumber ?? openCase?.paymentNumber ?? payment?.number ?? notification.paymentNumber;
  const orderNumber = payment?.number === paymentNumber ? (payment?.orderNumber ?? null) : null;
  return { paymentNumber, orderNumber };
}
