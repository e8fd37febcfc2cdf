import type { Claim, Violation } from './claim.js';
import type { DiscrepancyRow, EndedBy } from './history.js';
import { type IndexedHistory, grouped, keyOfMoney } from './indexed-history.js';
import { amountOf, centsOf, type Piece, piecesOf, placesOf, sumBack } from './pieces.js';
import type { PlannedCallback } from './plan.js';

const numberOf = ({ payment, cases, brought }: Piece): string | null =>
  payment?.number ?? cases[0]?.payment_number ?? brought[0]?.payment_number ?? null;

const about = (piece: Piece, detail: string): Violation => ({
  paymentNumber: numberOf(piece),
  detail: `transaction ${piece.key} ${detail}`,
});

function withoutPlace(history: IndexedHistory): Violation[] {
  return piecesOf(history)
    .filter((piece) => placesOf(history, piece).length === 0)
    .map((piece) => about(piece, `has no owner: ${describe(history, piece)}`));
}

function inTwoPlaces(history: IndexedHistory): Violation[] {
  return piecesOf(history)
    .filter((piece) => placesOf(history, piece).length > 1)
    .map((piece) => about(piece, `has several owners: ${describe(history, piece)}`));
}

function describe(history: IndexedHistory, piece: Piece): string {
  const { payment, cases } = piece;
  const order = history.orders.get(payment?.order_number ?? '');
  const parts = [
    payment ? `payment ${payment.number} of the ${order?.status} order ${order?.number}` : [],
    cases.map(({ id, kind, status, ended_by }) => `case ${id} (${kind}) ${ended_by?.by ?? status}`),
    `refunds of ${sumBack(piece)} of ${amountOf(piece)} cents`,
  ];
  return parts.flat().join(', ');
}

/** By the callbacks that were acknowledged. The claims about the inbox say that they are stored. */
function inAnotherPlace(history: IndexedHistory): Violation[] {
  const pieces = new Map(piecesOf(history).map((piece) => [piece.key, piece]));
  return history.planned
    .filter((callback) => callback.ends.length > 0 && !callback.forgery)
    .flatMap((callback): Violation[] => {
      const [row] = history.rowsOf(callback);
      const piece = row && pieces.get(keyOfMoney(row) ?? '');
      if (!row) return [];
      const places = piece ? placesOf(history, piece) : [];
      if (places.some((place) => callback.ends.includes(place))) return [];
      return [{ callback: callback.key, detail: misplaced(callback, places) }];
    });
}

const misplaced = ({ scenario, ends }: PlannedCallback, places: readonly string[]): string =>
  `its money is ${places.join(' and ') || 'nowhere'}, and "${scenario}" allows ${ends.join(' or ')}`;

/** Whether what has ended a case exists and is about the same money. Cases about messages end by their outcome. */
const IS_TRUE: Readonly<
  Record<string, (history: IndexedHistory, ended: DiscrepancyRow, by: EndedBy) => boolean>
> = {
  settlement: (history, { transaction_id, gateway, money }, { paymentNumber }) => {
    const payment = history.payments.get(paymentNumber ?? '');
    return payment !== undefined && (!money || isSame(payment, { transaction_id, gateway }));
  },
  refunds: (history, ended, { refundNumber }) => {
    const refunds = history.refundsOf(ended);
    const isNamed = !refundNumber || refunds.some(({ number }) => number === refundNumber);
    return isNamed && (!ended.money || sumBack({ refunds }) >= centsOf(ended.amount ?? '0'));
  },
  decision: (history, { id, resolved_by }) =>
    history
      .deedsOnCase(id)
      .some(
        ({ planned, record }) =>
          `admin:${planned.operator}` === resolved_by &&
          record.answer === 'done' &&
          planned.deed.type === 'resolve',
      ),
  successor: (history, ended, { discrepancyId }) => {
    const successor = history.caseById(discrepancyId ?? '');
    return successor !== null && successor.id !== ended.id && (!ended.money || isSame(successor, ended));
  },
  outcome: (_history, { money }) => !money,
  dispute: (history, { money, gateway }, { disputeId }) =>
    !money && history.disputes.some((each) => each.gateway === gateway && each.dispute_id === disputeId),
};

type NamesMoney = Parameters<typeof keyOfMoney>[0];
const isSame = (left: NamesMoney, right: NamesMoney): boolean => keyOfMoney(left) === keyOfMoney(right);

function endedWithoutReason(history: IndexedHistory): Violation[] {
  return history.cases.flatMap((each): Violation[] => {
    const { id, kind, status, ended_by, payment_number } = each;
    if (status === 'open' && ended_by === null) return [];
    if (status !== 'open' && ended_by && IS_TRUE[ended_by.by]?.(history, each, ended_by)) return [];
    const detail = `case ${id} (${kind}) is ${status} and was ended by ${JSON.stringify(ended_by)}`;
    return [{ paymentNumber: payment_number, detail }];
  });
}

function backTwice(history: IndexedHistory): Violation[] {
  return piecesOf(history).flatMap((piece) => [...moreBackThanCame(history, piece), ...countedTwice(piece)]);
}

/** More may have gone back than has come: then a case says so. */
function moreBackThanCame(history: IndexedHistory, piece: Piece): Violation[] {
  const [back, amount] = [sumBack(piece), amountOf(piece)];
  if (amount === null || back <= amount || history.casesOf(firstOf(piece)).some(isAboutExcess)) return [];
  return [about(piece, `came with ${amount} cents, and ${back} went back: ${refundsText(piece)}`)];
}

/** Two rows of one refund: with the same id at the gateway, or the same reference of operators. */
function countedTwice(piece: Piece): Violation[] {
  const names = piece.refunds.flatMap(({ reference, gateway_refund_id }) => [
    ...(reference === null ? [] : [`reference ${reference}`]),
    ...(gateway_refund_id === null ? [] : [`refund ${gateway_refund_id}`]),
  ]);
  return [...grouped(names, (name) => name)]
    .filter(([, rows]) => rows.length > 1)
    .map(([name]) => about(piece, `has two refunds with ${name}: ${refundsText(piece)}`));
}

const isAboutExcess = ({ kind }: DiscrepancyRow): boolean => kind === 'refund_exceeds_payment';
const firstOf = ({ refunds }: Piece): NamesMoney => refunds[0]!;
const refundsText = ({ refunds }: Piece): string =>
  refunds.map(({ number, amount, status }) => `${number} ${amount} ${status}`).join(', ');

function foundByAudit({ audit }: IndexedHistory): Violation[] {
  if (audit.status === 200 && audit.unowned === 0 && audit.violations.length === 0) return [];
  const found = `${audit.unowned} pieces without an owner and ${audit.violations.length} violations`;
  return [
    { detail: `it was answered ${audit.status} with ${found}: ${JSON.stringify(audit.violations[0])}` },
  ];
}

/** The law of money, from the tables alone, and by no code of the service. */
export const LAW_CLAIMS: readonly Claim[] = [
  {
    name: 'every piece of money has an owner: its order, its open case, its refunds or a decision',
    violations: withoutPlace,
  },
  { name: 'no piece of money has two owners', violations: inTwoPlaces },
  { name: 'money that was acknowledged ends where its scenario allows', violations: inAnotherPlace },
  {
    name: 'every case that has ended says what has ended it, and that exists and is about its money',
    violations: endedWithoutReason,
  },
  { name: 'no money goes back twice', violations: backTwice },
  { name: 'the audit of the service finds no money without an owner', violations: foundByAudit },
];
