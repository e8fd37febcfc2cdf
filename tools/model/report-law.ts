import type { Sent } from './deed.js';
import type { RefundFact } from './facts.js';
import { first, nameOf, type Sentence } from './law.js';
import { GATEWAYS, type SaidRefund } from './story.js';
import { sumOf, totalIn, type Sum } from './sums.js';
import { refundsOf, type View } from './view.js';

/** A report that was taken. */
interface Report extends SaidRefund {
  readonly isWithSuccess: boolean;
  /** It was stored first and decided later, so nobody knows here what it was decided after. */
  readonly isLate: boolean;
}

/** The reports about one piece, in order of receipt. */
interface ReportedPiece {
  readonly gateway: string;
  readonly transactionId: string;
  readonly reports: readonly Report[];
}

/** Refunds are what gateways have reported and what operators have recorded: no more, and each once. */
export const REFUND_REPORT_LAW: readonly Sentence[] = [
  {
    says: 'a refund has one row, whatever names it',
    broken: (view) =>
      first(reportedPieces(view), (piece) => {
        const rows = refundsOf(view.after, piece).filter(isReported);
        const refunds = refundsIn(piece.reports).length;
        return rows.length === refunds
          ? null
          : `${nameOf(piece)} has ${rows.length} rows of ${refunds} reported refunds: ${rows.map(({ number }) => number).join(', ')}`;
      }),
  },
  {
    says: 'refunds never come to more than was reported and recorded',
    broken: (view) => first(reportedPieces(view), (piece) => sumFault(view, piece)),
  },
  {
    says: 'a refund has the status of its newest report; failed holds against succeeded',
    broken: (view) => first(reportedPieces(view), (piece) => statusFault(view, piece)),
  },
  {
    says: 'a refund is of a piece that a report or an operator has named',
    broken: (view) => {
      const reported = new Set(reportedPieces(view).map(nameOf));
      return first(view.after.refunds, (each) =>
        each.reference !== null || reported.has(nameOf(each))
          ? null
          : `refund ${each.number} of ${nameOf(each)}`,
      );
    },
  },
];

/** Callbacks with these outcomes have changed a refund, or could have. */
const TAKEN = ['refund_reported', 'duplicate', 'stale'];
/** A success that was decided so is not taken for a report either. */
const NOT_TAKEN = ['foreign', 'conflicting', 'pending', 'undeliverable'];

/** Its report was taken before its payment was known, which may be another gateway's. */
const wasUnmatched = ({ after }: View, callbackId: string): boolean =>
  after.events.some((each) => each.type === 'callback.unmatched' && each.callbackId === callbackId);

const isReported = ({ unnamed, reference }: RefundFact): boolean => !unnamed && reference === null;

function reportedPieces(view: View): readonly ReportedPiece[] {
  const pieces = new Map<string, { gateway: string; transactionId: string; reports: Report[] }>();
  for (const { said, callbackId, receipt, isStored } of view.sent) {
    const transactionId = transactionOf(view, receipt.notification);
    const outcome = view.outcomeOf(callbackId);
    const isWithSuccess = said.kind === 'succeeded';
    const isTaken = isWithSuccess
      ? !NOT_TAKEN.includes(outcome) || wasUnmatched(view, callbackId)
      : TAKEN.includes(outcome);
    if (!said.refund || !isTaken || said.foreign || transactionId === null) continue;
    const gateway = GATEWAYS[said.gateway];
    const key = `${gateway} ${transactionId}`;
    const piece = pieces.get(key) ?? { gateway, transactionId, reports: [] };
    piece.reports.push({ ...said.refund, isWithSuccess, isLate: isStored || said.transaction === null });
    pieces.set(key, piece);
  }
  return [...pieces.values()];
}

/** The transaction that it names, or that has settled the payment that it names. */
function transactionOf(
  { after }: View,
  { transactionId, paymentNumber }: Sent['receipt']['notification'],
): string | null {
  if (transactionId !== null) return transactionId;
  return after.payments.find(({ number }) => number === paymentNumber)?.transactionId ?? null;
}

/** The named refunds that these reports are about: those are one that have the number or the id in common. */
function refundsIn(reports: readonly Report[]): readonly (readonly Report[])[] {
  const refunds: Report[][] = [];
  for (const report of reports) {
    if (report.number === null && report.id === null) continue;
    const same = refunds.filter((others) => others.some((other) => isSame(other, report)));
    for (const each of same) refunds.splice(refunds.indexOf(each), 1);
    refunds.push([...same.flat(), report]);
  }
  return refunds;
}

const isSame = (one: Report, other: Report): boolean =>
  (one.number !== null && one.number === other.number) || (one.id !== null && one.id === other.id);

function sumFault(view: View, piece: ReportedPiece): string | null {
  const rows = refundsOf(view.after, piece).filter(({ status }) => status === 'succeeded');
  for (const currency of new Set(rows.map(({ sum }) => sum.currency))) {
    const back = totalIn(sumsOf(rows), currency);
    const recorded = totalIn(sumsOf(rows.filter(({ reference }) => reference !== null)), currency);
    const named = refundsIn(piece.reports).map((reports) =>
      mostOf(
        reports.map(({ amount }) => amount),
        currency,
      ),
    );
    const reported = named.reduce((sum, each) => sum + each, 0);
    const told = mostOf(
      piece.reports.map(({ cumulative }) => cumulative),
      currency,
    );
    // What an operator has recorded went back by another way than the gateway's.
    const most = Math.max(reported, told) + recorded;
    if (back > most) return `${nameOf(piece)}: ${back} ${currency} are back, and ${most} were told`;
  }
  return null;
}

const sumsOf = (rows: readonly RefundFact[]): Sum[] => rows.map(({ sum }) => sum);

const mostOf = (texts: readonly (string | null)[], currency: string): number =>
  Math.max(0, ...texts.map((text) => sumOf(text)).map((sum) => (sum?.currency === currency ? sum.cents : 0)));

const RANK = ['processing', 'succeeded', 'failed'];

function statusFault(view: View, piece: ReportedPiece): string | null {
  const rows = refundsOf(view.after, piece).filter(isReported);
  return first(refundsIn(piece.reports), (reports) => {
    const status = expectedOf(reports);
    const { number, id } = reports.reduce(
      (known, each) => ({ number: known.number ?? each.number, id: known.id ?? each.id }),
      { number: null as number | null, id: null as number | null },
    );
    const row = rows.find(
      (each) =>
        (number !== null && each.number.includes(view.names.refund(number))) ||
        (id !== null && each.gatewayRefundId === view.names.refundId(id)),
    );
    if (status === null || !row || row.status === status) return null;
    return `refund ${row.number} is ${row.status}, and its reports say ${status}`;
  });
}

/** Null where the order of the reports leaves it open: one names no time, or tells of a success as well, or is about two refunds so far. */
function expectedOf(reports: readonly Report[]): string | null {
  if (!reports.every(tellsItsPlace) || !isOneRefund(reports)) return null;
  let status: string | null = null;
  let newest = 0;
  for (const report of reports) {
    const said = report.status === 'abnormal' ? 'processing' : report.status;
    const age: number = status === null ? 1 : report.at! - newest;
    if (age < 0 || (age === 0 && RANK.indexOf(said) <= RANK.indexOf(status!))) continue;
    if (status === 'failed') continue;
    // A later report of an earlier step says nothing that the steps allow.
    if (status !== null && RANK.indexOf(said) < RANK.indexOf(status)) return null;
    status = said;
    newest = report.at!;
  }
  return status;
}

const tellsItsPlace = ({ at, isWithSuccess, isLate, amount }: Report): boolean =>
  at !== null && !isWithSuccess && !isLate && amount !== null;

/** Whether each report has a name in common with one before it. */
const isOneRefund = (reports: readonly Report[]): boolean =>
  reports.every((each, index) => index === 0 || reports.slice(0, index).some((other) => isSame(each, other)));
