import type { Attribution } from '../attribution.js';
import type { RefundReport } from '../callbacks/notification.js';
import type { Outcome } from '../callbacks/outcome.js';
import type { Money } from '../money.js';
import {
  Refund,
  type Learned,
  type RefundEvent,
  type RefundNews,
  type RefundState,
  type RefundTerms,
} from './refund.js';
import {
  isBelow,
  newerTotal,
  totalWithout,
  totalWithoutFailed,
  unnamedRest,
  type RefundTotal,
} from './total.js';

/** The refunds of one piece of money. */
export interface PieceRefunds {
  readonly refunds: readonly Readonly<RefundState>[];
  readonly total: RefundTotal | null;
}

/** Numbers of refunds are unique among all pieces. A gateway may name one that another refund has. */
export interface RefundNumbers {
  /** A number that no refund has: this one if it is free. */
  free(number: string, gatewayRefundId?: string | null): string;
  /** Whether `free` may have given the stored number for the reported one. */
  isFor(stored: string, reported: string): boolean;
}

/** What a report is about, beside what it says. */
export interface ReportContext {
  readonly terms: Omit<RefundTerms, 'number' | 'money' | 'caseId'>;
  /** The piece of money is not known yet. */
  readonly waiting: boolean;
  readonly numbers: RefundNumbers;
  /** By how much a sum may differ from its refunds. Null if all of them are in the currency of the money. */
  readonly rounding: Money | null;
}

/** A refund that has changed. */
export interface ChangedRefund {
  readonly refund: Readonly<RefundState>;
  /** Null if it is new. */
  readonly before: Readonly<RefundState> | null;
}

/** What a report has changed. */
export interface LearnedReport extends PieceRefunds {
  readonly outcome: Extract<Outcome, 'refund_reported' | 'duplicate' | 'stale' | 'unreadable'>;
  /** The refund that the report names, if anything about it has changed. */
  readonly named: ChangedRefund | null;
  /** It was known without its id at the gateway until now. With the id, the gateway's sum may have it, so less may have gone back. */
  readonly isIdentified: boolean;
  /** The refund that stands for the rest of the sum, if its amount has grown. */
  readonly grown: ChangedRefund | null;
  readonly events: readonly RefundEvent[];
}

/**
 * Learns from the report of a refund. A refund is known by the gateway's id, or else by its number, so that it is stored once, whatever comes
 * first. A report without an amount of its own tells about a refund that is known, and about the sum of all.
 */
export function learnReport(
  known: PieceRefunds,
  report: RefundReport,
  context: ReportContext,
  attribution: Attribution,
): LearnedReport {
  const named = learnNamed(known.refunds, report, context, attribution);
  if (!named && !report.cumulative)
    return { ...known, outcome: 'unreadable', named: null, isIdentified: false, grown: null, events: [] };
  const refunds = named ? put(known.refunds, named.refund.stored) : known.refunds;
  const total = learnTotal({ refunds, total: known.total }, report, named);
  const learned = withRest({ refunds, total }, context, attribution);
  return {
    ...learned,
    outcome: outcomeOf(known, learned.total, report, named),
    named: named && changeOf(known, named.refund.stored),
    isIdentified: named?.before?.gatewayRefundId === null && named.refund.stored.gatewayRefundId !== null,
    grown: grownRest(known, learned),
    events: named?.refund.events ?? [],
  };
}

interface NamedRefund {
  readonly refund: Refund;
  readonly before: Readonly<RefundState> | null;
  readonly learned: Learned;
}

function learnNamed(
  refunds: PieceRefunds['refunds'],
  report: RefundReport,
  context: ReportContext,
  attribution: Attribution,
): NamedRefund | null {
  const before = identified(refunds, report, context.numbers);
  if (before) {
    const refund = new Refund({ ...before });
    const learned = refund.learn(newsOf(report), attribution);
    refund.identify(report.gatewayRefundId ?? referenceInSum(before, report));
    return { refund, before, learned };
  }
  const number = report.refundNumber ?? report.gatewayRefundId;
  const money = report.amount;
  if (number === null || !money || money.isZero) return null;
  const free = context.numbers.free(number, report.gatewayRefundId);
  const terms = { ...context.terms, number: free, money, caseId: null };
  const names = { gatewayRefundId: report.gatewayRefundId, reference: null, waiting: context.waiting };
  return {
    refund: Refund.report(terms, newsOf(report), names, attribution),
    before: null,
    learned: 'changed',
  };
}

/** A gateway that names a sum and the reference of an operator has the refund in its sum, and no other id for it. */
function referenceInSum(
  { reference }: Readonly<RefundState>,
  { cumulative, refundNumber }: RefundReport,
): string | null {
  return cumulative && reference === refundNumber ? reference : null;
}

/** Money that waits for a person at the gateway has not gone back, and may still do so. */
function newsOf({ status, at, failure }: RefundReport): RefundNews {
  return { status: status === 'abnormal' ? 'processing' : status, at, failure, source: 'report' };
}

function identified(
  refunds: PieceRefunds['refunds'],
  { gatewayRefundId, refundNumber }: RefundReport,
  numbers: RefundNumbers,
): Readonly<RefundState> | null {
  const candidates = refunds.filter(({ unnamed }) => !unnamed);
  const byId = candidates.find(
    (each) => gatewayRefundId !== null && each.gatewayRefundId === gatewayRefundId,
  );
  if (byId) return byId;
  // Another id is another refund, also under the same number.
  const possible = candidates.filter((each) => gatewayRefundId === null || each.gatewayRefundId === null);
  return (
    possible.find(({ number }) => refundNumber !== null && numbers.isFor(number, refundNumber)) ??
    // An operator has recorded it before the gateway reported it.
    possible.find(
      ({ reference }) => reference !== null && (reference === gatewayRefundId || reference === refundNumber),
    ) ??
    null
  );
}

function learnTotal(
  { refunds, total: known }: PieceRefunds,
  { cumulative, at, status }: RefundReport,
  named: NamedRefund | null,
): RefundTotal | null {
  // What repeats an old report has the sum of that time.
  const isRepeat = named !== null && named.learned !== 'changed' && !isAfter(at, known?.reportedAt ?? null);
  const total = cumulative && !isRepeat ? newerTotal(known, cumulative, at) : known;
  if (!total) return null;
  const fails = status === 'failed' && named?.learned === 'changed';
  if (fails && named.before) return totalWithout(total, named.before, at);
  // A sum of a time before refunds failed has them.
  const failedSince = total === known ? [] : refunds.filter((each) => hasFailedSince(each, total));
  const failed = fails ? [named.refund.stored] : failedSince;
  return failed.reduce((sum, refund) => totalWithoutFailed(sum, refund, refunds), total);
}

const hasFailedSince = ({ status, reportedAt }: Readonly<RefundState>, total: RefundTotal): boolean =>
  status === 'failed' && reportedAt !== null && total.reportedAt !== null && reportedAt > total.reportedAt;

const isAfter = (time: Date | null, other: Date | null): boolean =>
  time !== null && (other === null || time > other);

/** The rest of the sum that no refund explains is a refund of its own, without an id. It is worked out anew. */
export function withRest(
  { refunds, total }: PieceRefunds,
  { terms, waiting, numbers, rounding }: ReportContext,
  { at }: Attribution,
): PieceRefunds {
  const rest = moreThan(rounding, unnamedRest(total, refunds));
  const known = refunds.find(({ unnamed }) => unnamed);
  const belowSince = total && isBelow(total, refunds) ? (total.belowSince ?? at) : null;
  const judged = total && (belowSince === total.belowSince ? total : { ...total, belowSince });
  if (!rest) return { refunds: refunds.filter((each) => each !== known), total: judged };
  const reportedAt = total!.reportedAt;
  if (known) {
    const isSame = known.money.toString() === rest.toString();
    return { refunds: isSame ? refunds : put(refunds, { ...known, money: rest, reportedAt }), total: judged };
  }
  const number = numbers.free(`${terms.transactionId}-unnamed`);
  const names = { gatewayRefundId: null, reference: null, caseId: null, failure: null };
  const state = { origin: 'reported', status: 'succeeded', unnamed: true } as const;
  const unnamed: RefundState = { ...terms, ...names, ...state, number, money: rest, waiting, reportedAt };
  return { refunds: [...refunds, unnamed], total: judged };
}

const moreThan = (rounding: Money | null, rest: Money | null): Money | null =>
  rounding && rest?.currency === rounding.currency && rest.compareTo(rounding) <= 0 ? null : rest;

function outcomeOf(
  known: PieceRefunds,
  total: RefundTotal | null,
  { cumulative, at }: RefundReport,
  named: NamedRefund | null,
): LearnedReport['outcome'] {
  const isNewSum = known.total?.money.toString() !== total?.money.toString();
  if (named?.learned === 'changed' || isNewSum) return 'refund_reported';
  const { reportedAt = null } = known.total ?? {};
  const isOldSum = cumulative !== null && at !== null && reportedAt !== null && at < reportedAt;
  return named?.learned === 'outdated' || (!named && isOldSum) ? 'stale' : 'duplicate';
}

function changeOf({ refunds }: PieceRefunds, refund: Readonly<RefundState>): ChangedRefund | null {
  const before = refunds.find(({ number }) => number === refund.number) ?? null;
  return before?.status === refund.status ? null : { refund, before };
}

function grownRest(known: PieceRefunds, learned: PieceRefunds): ChangedRefund | null {
  const before = known.refunds.find(({ unnamed }) => unnamed) ?? null;
  const refund = learned.refunds.find(({ unnamed }) => unnamed);
  if (!refund || refund === before) return null;
  const isLess =
    before?.money.currency === refund.money.currency && refund.money.compareTo(before.money) <= 0;
  return isLess ? null : { refund, before };
}

/** In the place of the one with its number, or behind all. */
export function put(
  refunds: PieceRefunds['refunds'],
  changed: Readonly<RefundState>,
): PieceRefunds['refunds'] {
  const place = refunds.findIndex(({ number }) => number === changed.number);
  return place < 0 ? [...refunds, changed] : refunds.with(place, changed);
}
