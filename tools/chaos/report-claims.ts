import type { Claim, Violation } from './claim.js';
import type { DisputeRow, EventRow } from './history.js';
import { type IndexedHistory, grouped, isAcknowledged, keyOfMoney } from './indexed-history.js';
import { amountOf, centsOf, type Piece, piecesOf, sumBack } from './pieces.js';
import type { PlannedCallback, PlannedDispute, PlannedRefund } from './plan.js';

interface ReportOf<Reported> {
  readonly callback: PlannedCallback;
  readonly report: Reported;
}

const acknowledged = (history: IndexedHistory): PlannedCallback[] =>
  history.planned.filter((callback) => history.attemptsOf(callback).some(isAcknowledged));

const keyOf = ({ gateway, transactionId }: PlannedCallback): string =>
  keyOfMoney({ gateway, transaction_id: transactionId })!;

/** What was reported of each refund that has a name, by the gateway and its id of the refund. */
function namedRefunds(history: IndexedHistory): ReportOf<PlannedRefund>[][] {
  const reports = acknowledged(history).flatMap((callback) =>
    callback.refund && callback.refund.cumulative === null ? [{ callback, report: callback.refund }] : [],
  );
  return [...grouped(reports, ({ callback, report }) => `${callback.gateway} ${report.id}`).values()];
}

/** A refund that has failed stays so, and no plan lets it succeed after that. */
function statusOf(reports: readonly ReportOf<PlannedRefund>[]): string {
  const said = new Set<string>(reports.map(({ report }) => report.status));
  return ['failed', 'succeeded'].find((status) => said.has(status)) ?? 'processing';
}

function wronglyStored(history: IndexedHistory): Violation[] {
  const rows = grouped(history.refunds, ({ gateway, gateway_refund_id: id }) => id && `${gateway} ${id}`);
  return namedRefunds(history).flatMap((reports): Violation[] => {
    const { callback, report } = reports[0]!;
    const found = rows.get(`${callback.gateway} ${report.id}`) ?? [];
    const right = { status: statusOf(reports), amount: centsOf(callback.amount), money: keyOf(callback) };
    const stored = found.map((row) => ({
      status: row.status,
      amount: centsOf(row.amount),
      money: keyOfMoney(row),
    }));
    if (stored.length === 1 && JSON.stringify(stored[0]) === JSON.stringify(right)) return [];
    const detail = `refund ${report.id} is ${JSON.stringify(right)}, and the tables have ${JSON.stringify(stored)}`;
    return [{ callback: callback.key, detail }];
  });
}

/** By pieces, in cents: what their named refunds that have succeeded come to, and the highest sum that the gateway has named. */
function saidByGateways(history: IndexedHistory): ReadonlyMap<string, { named: number; sum: number }> {
  const said = new Map<string, { named: number; sum: number }>();
  const of = (callback: PlannedCallback) => {
    const key = keyOf(callback);
    if (!said.has(key)) said.set(key, { named: 0, sum: 0 });
    return said.get(key)!;
  };
  for (const reports of namedRefunds(history)) {
    const { callback } = reports[0]!;
    if (statusOf(reports) === 'succeeded') of(callback).named += centsOf(callback.amount);
  }
  for (const callback of acknowledged(history)) {
    const sum = centsOf(callback.refund?.cumulative ?? '0');
    if (sum > 0) of(callback).sum = Math.max(of(callback).sum, sum);
  }
  return said;
}

/** The sum of a gateway may have what an operator has recorded, or may not. */
function wronglySummed(history: IndexedHistory): Violation[] {
  const said = saidByGateways(history);
  return piecesOf(history).flatMap((piece): Violation[] => {
    const { named, sum } = said.get(piece.key) ?? { named: 0, sum: 0 };
    const recorded = sumBack({ refunds: piece.refunds.filter(({ reference }) => reference !== null) });
    const [least, most] = [Math.max(sum, named + recorded), Math.max(sum, named) + recorded];
    const back = sumBack(piece);
    if (back >= least && back <= most) return [];
    const right = least === most ? least : `${least} to ${most}`;
    const detail = `${back} cents of transaction ${piece.key} went back, and ${right} were reported`;
    return [{ paymentNumber: numberOf(piece), detail }];
  });
}

const numberOf = ({ payment, brought }: Pick<Piece, 'payment' | 'brought'>): string | null =>
  payment?.number ?? brought[0]?.payment_number ?? null;

/** What a refund may become. Only a later question to the gateway lets it succeed after it has failed. */
const NEXT: Readonly<Record<string, readonly string[]>> = {
  none: ['requested', 'processing', 'succeeded', 'failed'],
  requested: ['processing', 'succeeded', 'failed'],
  processing: ['succeeded', 'failed'],
  succeeded: ['failed'],
  failed: [],
};

/** The rest of a sum that no refund explains has no events, because it may shrink. */
function refundChains(history: IndexedHistory): Violation[] {
  const told = grouped(
    history.events.filter(({ type }) => type.startsWith('refund.')),
    ({ data }) => String(data.refundNumber),
  );
  return history.refunds.flatMap(({ number, status, unnamed, payment_number }): Violation[] => {
    const statuses = (told.get(number) ?? []).map(({ type }) => type.slice('refund.'.length));
    const isOrdered = statuses.every((each, at) => NEXT[statuses[at - 1] ?? 'none']?.includes(each));
    if (unnamed ? statuses.length === 0 : isOrdered && statuses.at(-1) === status) return [];
    const detail = `refund ${number} is ${status}, and the log says ${statuses.join(', ') || 'nothing'}`;
    return [{ paymentNumber: payment_number, detail }];
  });
}

const amountToldBy = ({ data }: EventRow): number =>
  centsOf((data.amount as { amount: string } | undefined)?.amount ?? 'NaN');

/** A subscriber that adds nothing up by itself still knows what has gone back. */
function wrongSumsTold(history: IndexedHistory): Violation[] {
  const told = grouped(
    history.events.filter(({ type }) => type === 'payment.refunded'),
    ({ data }) => `${String(data.gateway)} ${String(data.transactionId)}`,
  );
  return piecesOf(history).flatMap((piece): Violation[] => {
    const sums = (told.get(piece.key) ?? []).map(amountToldBy);
    const last = sums.at(-1) ?? 0;
    const isRepeated = sums.some((each, at) => each === (sums[at - 1] ?? 0));
    if (!isRepeated && last === (piece.payment ? sumBack(piece) : 0)) return [];
    const detail = `${sumBack(piece)} cents of transaction ${piece.key} went back, and the log says ${sums.join(', ') || 'nothing'}`;
    return [{ paymentNumber: numberOf(piece), detail }];
  });
}

/** A refund that failed leaves money that somebody has to give back, unless it went back by another way. */
function failedWithoutCase(history: IndexedHistory): Violation[] {
  return piecesOf(history).flatMap((piece) => {
    const cases = history.casesOf(piece.refunds[0] ?? { gateway: '', transaction_id: null });
    const isLeft = sumBack(piece) < (amountOf(piece) ?? 0);
    return piece.refunds
      .filter(
        ({ status, number }) =>
          status === 'failed' && isLeft && !cases.some(isAbout('refund_failed', number)),
      )
      .map(({ number, payment_number }) => ({
        paymentNumber: payment_number,
        detail: `refund ${number} has failed, and no case says so`,
      }));
  });
}

const isAbout =
  (kind: string, refundNumber: string) =>
  (each: { readonly kind: string; readonly refund_number: string | null }): boolean =>
    each.kind === kind && each.refund_number === refundNumber;

const FINAL_OF_DISPUTE = ['won', 'lost', 'closed'];

/** The newest report, where those that end a dispute are the last. */
function endOf(reports: readonly ReportOf<PlannedDispute>[]): PlannedDispute {
  const newestFirst = reports
    .map(({ report }) => report)
    .toSorted((one, other) => other.atSeconds - one.atSeconds);
  return newestFirst.find(({ status }) => FINAL_OF_DISPUTE.includes(status)) ?? newestFirst[0]!;
}

function wrongDisputes(history: IndexedHistory): Violation[] {
  const reports = acknowledged(history).flatMap((callback) =>
    callback.dispute ? [{ callback, report: callback.dispute }] : [],
  );
  const planned = grouped(reports, ({ callback, report }) => `${callback.gateway} ${report.id}`);
  const rows = grouped(history.disputes, ({ gateway, dispute_id }) => `${gateway} ${dispute_id}`);
  return [...planned].flatMap(([key, said]): Violation[] => {
    const { status, moneyTaken } = endOf(said);
    const found = rows.get(key) ?? [];
    const [row] = found;
    const isRight = found.length === 1 && row!.status === status && row!.money_taken === moneyTaken;
    if (isRight && hasItsCases(history, row!)) return [];
    const cases = history.cases.filter(({ identity }) => identity?.includes(said[0]!.report.id));
    const detail =
      `dispute ${key} is ${status}${moneyTaken ? ' with its money taken' : ''}, and the tables have ` +
      `${JSON.stringify(found)} with cases ${cases.map(({ kind, status: each }) => `${kind} ${each}`).join(', ')}`;
    return [{ callback: said[0]!.callback.key, detail }];
  });
}

/** One that waits for an answer has an open case, and one that is lost another one. One that is over has no open case of its own. */
function hasItsCases(history: IndexedHistory, { gateway, dispute_id, status }: DisputeRow): boolean {
  const subject = `${gateway} dispute ${dispute_id}`;
  const open = history.cases
    .filter((each) => each.status === 'open' && each.identity?.endsWith(subject))
    .map(({ kind }) => kind)
    .filter((kind) => kind === 'dispute' || kind === 'dispute_lost')
    .join();
  if (status === 'lost') return open === 'dispute_lost';
  if (FINAL_OF_DISPUTE.includes(status)) return open === '';
  return status === 'under_review' ? open === '' || open === 'dispute' : open === 'dispute';
}

/** What gateways have reported about refunds and disputes, compared with what the tables and the log have of it. */
export const REPORT_CLAIMS: readonly Claim[] = [
  {
    name: 'a refund that its gateway reports is stored once, with its amount and its newest status',
    violations: wronglyStored,
  },
  {
    name: 'what has gone back of a piece of money is what its gateway and operators have said',
    violations: wronglySummed,
  },
  { name: 'the events of a refund lead to its status, each told once', violations: refundChains },
  {
    name: 'the last event about the refunds of a payment tells what has gone back of it',
    violations: wrongSumsTold,
  },
  { name: 'a refund that failed has its case while money is left', violations: failedWithoutCase },
  {
    name: 'a dispute that its gateway reports is stored once, with its last status, its money and its case',
    violations: wrongDisputes,
  },
];
