import type { Case, CaseDetails } from './case.js';
import type { CaseKind } from './kinds.js';
import { aboutDispute, aboutWarning } from './subject.js';
import type { DisputeReport, DisputeStatus, Notification } from '../callbacks/notification.js';
import type { Money } from '../money.js';
import { givenBack, type MoneyBack } from '../refunds/piece.js';
import { AWAITS_SHOP, takenBy, type DisputedPayment, type DisputeState } from '../disputes/dispute.js';

/** A dispute about a piece of money, and the cases about it, the oldest first. */
export interface KnownDispute {
  readonly state: DisputeState;
  readonly cases: readonly CaseOfDispute[];
}

/** A case about a dispute that is stored, or that this transaction opens. */
export interface CaseOfDispute {
  /** Null until it is stored. */
  readonly id: string | null;
  readonly kind: CaseKind;
  readonly isOpen: boolean;
}

/** What a report does to the case of its dispute. At no time are two of them open. */
export type DisputeCaseChange =
  | { readonly change: 'none' }
  | { readonly change: 'open' | 'move'; readonly kind: 'dispute' | 'dispute_lost' }
  /** The open case shows what the report says. */
  | { readonly change: 'follow' }
  | { readonly change: 'end' };

/**
 * The rule by which a dispute has a case. `inquiry` and `needs_response` open one, `won` and `closed` end it, and `lost` opens its successor,
 * which only a person ends. A case that a person has ended is opened again only when the status has changed.
 * @param isNew the dispute has just got this status, or its money is known only now.
 */
export function disputeCaseChange(
  status: DisputeStatus,
  openKind: CaseKind | null,
  isNew: boolean,
): DisputeCaseChange {
  const kind = AWAITS_SHOP.includes(status) ? 'dispute' : status === 'lost' ? 'dispute_lost' : null;
  if (openKind === null) return kind !== null && isNew ? { change: 'open', kind } : { change: 'none' };
  if (kind === null) return status === 'under_review' && openKind === 'dispute' ? FOLLOW : { change: 'end' };
  return kind === openKind ? FOLLOW : { change: 'move', kind };
}

const FOLLOW: DisputeCaseChange = { change: 'follow' };

/** What is known beside a dispute when its case is made. */
export interface DisputeContext {
  /** What came with the piece of money. Null if it is not known. */
  readonly whole: Money | null;
  readonly back: MoneyBack;
  /** The other disputes about the piece. */
  readonly others: readonly DisputeState[];
  /** The cases about this dispute, also those that have ended. */
  readonly cases: readonly CaseOfDispute[];
  /** The dispute was not known before. */
  readonly isFirst: boolean;
}

/** The subject of a case about a dispute. A later one of its kind, about a status that has come again, has a number. */
export function disputeSubject(disputeId: string, kind: CaseKind, cases: readonly CaseOfDispute[]): string {
  const before = cases.filter((known) => known.kind === kind).length;
  return before === 0 ? aboutDispute(disputeId) : `${aboutDispute(disputeId)} ${before + 1}`;
}

export function caseOfDispute(
  kind: 'dispute' | 'dispute_lost',
  state: DisputeState,
  context: DisputeContext,
): Case {
  const { gateway, disputeId, transactionId, paymentNumber, orderNumber, dueBy } = state;
  const about = { kind, gateway, paymentNumber, orderNumber, transactionId, ownsMoney: false };
  const subject = disputeSubject(disputeId, kind, context.cases);
  const details = detailsOf(state, isDoubleLoss(state, context));
  return { ...about, subject, details, ...(dueBy !== null && kind !== 'dispute_lost' && { dueBy }) };
}

export function detailsOf(
  { disputeId, money, reason, status, moneyTaken }: DisputeState,
  doubleLoss: boolean,
): CaseDetails {
  const said = { paid: money?.toString() ?? null, reason, disputeId, status, moneyTaken: String(moneyTaken) };
  return { ...said, ...(doubleLoss && { doubleLoss: 'true' }) };
}

/**
 * Whether the shop loses more than the whole piece: by refunds that succeeded and by money that disputes have taken. A dispute that is new may
 * take its money at any time, so its money counts already then.
 */
export function isDoubleLoss(
  state: DisputeState,
  { whole, back, others, isFirst }: Pick<DisputeContext, 'whole' | 'back' | 'others' | 'isFirst'>,
): boolean {
  const atStake = isFirst && state.closedAt === null;
  if (whole === null || !(state.moneyTaken || atStake)) return false;
  const refunded = givenBack(back, whole.currency);
  const taken = [...takenBy(others), state.money].map((money) => partOf(whole, money));
  const gone = [...taken, ...(refunded ? [refunded] : [])].reduce((sum, money) => sum.plus(money));
  return gone.compareTo(whole) > 0;
}

/** A dispute has the whole piece at most. So it does where its money is not known, or is in a currency that cannot be compared. */
const partOf = (whole: Money, money: Money | null): Money =>
  money?.currency === whole.currency && money.compareTo(whole) < 0 ? money : whole;

/** The money of a dispute has not come. */
export function unmatchedDispute({ state, cases }: KnownDispute): Case {
  const { gateway, disputeId, transactionId, paymentNumber, orderNumber, dueBy } = state;
  const about = { gateway, transactionId, paymentNumber, orderNumber, ownsMoney: false };
  const subject = disputeSubject(disputeId, 'unmatched', cases);
  const details = { ...detailsOf(state, false), reason: 'the money of the dispute has not come' };
  return { kind: 'unmatched', ...about, subject, details, ...(dueBy !== null && { dueBy }) };
}

/** The case of an early fraud warning: a bank calls a payment fraudulent that nobody disputes yet. */
export function fraudWarningCase(
  { gateway, transactionId }: Notification,
  { disputeId, reason }: DisputeReport,
  { paymentNumber, orderNumber }: DisputedPayment,
): Case {
  const about = { gateway, transactionId, paymentNumber, orderNumber, ownsMoney: false };
  return {
    kind: 'fraud_warning',
    ...about,
    subject: aboutWarning(disputeId),
    details: { paid: null, reason, warningId: disputeId },
  };
}
