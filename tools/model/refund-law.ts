import type { EventFact, Facts, OrderFact, RefundFact } from './facts.js';
import { first, nameOf, type Sentence } from './law.js';
import { REFUND_REPORT_LAW } from './report-law.js';
import { sumOfJson, textOf, type Sum } from './sums.js';
import { amountOf, refundsOf, type Piece, type View } from './view.js';

/** What goes back, and what follows it. */
export const REFUND_LAW: readonly Sentence[] = [
  ...REFUND_REPORT_LAW,
  {
    says: 'a refund that has failed stays failed, unless a query says otherwise',
    broken: ({ before, after }) => {
      const now = new Map(after.refunds.map((each) => [each.number, each]));
      return first(before.refunds, (was) => {
        const is = now.get(was.number);
        if (!is) return was.unnamed ? null : `refund ${was.number} is gone`;
        return was.status === 'failed' && is.status !== 'failed'
          ? `refund ${was.number} had failed and is ${is.status}`
          : null;
      });
    },
  },
  {
    says: 'a refund waits as long as its money is not known, and no longer',
    broken: (view) =>
      first(view.after.refunds, (each) =>
        view.isKnown(each) === !each.waiting ? null : `refund ${each.number} waits: ${each.waiting}`,
      ),
  },
  {
    says: 'money that is fully back pays no order',
    broken: (view) =>
      first(view.pieces, (piece) => {
        const paid = paidNow(view, piece);
        const sum = paid && amountOf(paid);
        const gone = sum ? goneFrom(view.before, piece, sum.currency) : 0;
        const isStillGone = sum !== null && goneFrom(view.after, piece, sum.currency) >= sum.cents;
        return sum && gone > 0 && gone >= sum.cents && isStillGone
          ? `${nameOf(piece)} was back and has paid order ${paid.orderNumber}`
          : null;
      }),
  },
  {
    says: 'an order follows the refunds of the payment that has paid it',
    broken: (view) => first(view.after.orders, (order) => orderFault(view, order)),
  },
  {
    says: 'the log tells each step of a refund once, and ends with its status',
    broken: ({ after }) => first(after.refunds, (refund) => stepsFault(after, refund)),
  },
  {
    says: 'payment.refunded tells each new sum once',
    broken: (view) => first(view.pieces, (piece) => sumsFault(view, piece)),
  },
  {
    says: 'a refund that fails has an owner if something is left to refund',
    broken: (view) => first(view.after.refunds, (refund) => failedFault(view, refund)),
  },
  {
    says: 'more refunds than the piece has are a case',
    broken: (view) => first(view.pieces, (piece) => excessFault(view, piece)),
  },
];

const RUNS: readonly string[] = ['requested', 'processing'];

/**
 * Refunds that have succeeded or may still do so. One that the gateway is working on may be in the part of its sum that no refund explains, if
 * it fits into what is left of it.
 */
function goneFrom(
  facts: Facts,
  piece: { readonly gateway: string; readonly transactionId: string },
  currency: string,
): number {
  const all = refundsOf(facts, piece).filter(
    ({ status, sum }) => status !== 'failed' && sum.currency === currency,
  );
  let unexplained = all.reduce((cents, { unnamed, sum }) => cents + (unnamed ? sum.cents : 0), 0);
  const counted = all.filter(({ status, gatewayRefundId, sum }) => {
    if (status !== 'processing' || gatewayRefundId === null || sum.cents > unexplained) return true;
    unexplained -= sum.cents;
    return false;
  });
  return counted.reduce((cents, { sum }) => cents + sum.cents, 0);
}

/** The event by which the piece has paid an order in this step. */
function paidNow(view: View, piece: Piece): EventFact | null {
  const payment = view.settledBy(piece);
  const paid = payment && view.paidBy(payment);
  return paid && !view.before.events.some(({ id }) => id === paid.id) ? paid : null;
}

function orderFault(view: View, order: OrderFact): string | null {
  const paid = view.after.events.find(
    ({ type, orderNumber }) => type === 'order.paid' && orderNumber === order.number,
  );
  const sum = paid && amountOf(paid);
  if (!paid?.paymentNumber || !sum || order.status === 'cancelled') return null;
  const piece = {
    gateway: paid.data['gateway'] as string,
    transactionId: paid.data['transactionId'] as string,
  };
  const back = view.givenBack(piece, sum.currency) ?? 0;
  const gone = goneFrom(view.after, piece, sum.currency);
  const isRight =
    back > 0 && back >= sum.cents
      ? order.status === 'refunded'
      : gone > 0 && gone >= sum.cents
        ? order.status === 'refunding' || order.status === 'refunded'
        : isOfHand(view, order) || wasBackMeanwhile(view, paid.paymentNumber, sum.cents);
  const textIn = (cents: number): string => textOf({ ...sum, cents });
  return isRight
    ? null
    : `order ${order.number} is ${order.status}; of ${textOf(sum)} are back ${textIn(back)}, with those under way ${textIn(gone)}`;
}

/** Not all of it is back or about to be: only a person moves the order to these. `refunded` stays, whatever fails later. */
function isOfHand({ before, after, deed }: View, { number, status }: OrderFact): boolean {
  if (status === 'refunding') return !wasMovedByGateway(after.events, number);
  const isNew = before.orders.some((was) => was.number === number && was.status !== status);
  return status !== 'refunded' || !isNew || deed.step.do === 'move order';
}

/** In one batch the whole money may go back, and a part of it come back. The order stays refunded. */
function wasBackMeanwhile({ before, after }: View, paymentNumber: string, cents: number): boolean {
  const known = new Set(before.events.map(({ id }) => id));
  return after.events.some(
    (each) =>
      !known.has(each.id) &&
      each.type === 'payment.refunded' &&
      each.paymentNumber === paymentNumber &&
      (sumOfJson(each.data['amount'])?.cents ?? 0) >= cents,
  );
}

function wasMovedByGateway(events: readonly EventFact[], orderNumber: string): boolean {
  const request = events.findLast(
    (each) => each.type === 'order.refund_requested' && each.orderNumber === orderNumber,
  );
  return request?.actor.startsWith('gateway:') ?? false;
}

function stepsFault({ events }: Facts, { number, status, unnamed }: RefundFact): string | null {
  const steps = events.filter(
    ({ type, data }) => type.startsWith('refund.') && data['refundNumber'] === number,
  );
  if (unnamed) return steps.length === 0 ? null : `refund ${number} has no name, and is in the log`;
  const twice = steps.find((step, index) => step.type === steps[index - 1]?.type);
  if (twice) return `refund ${number} has ${twice.type} twice`;
  return steps.at(-1)?.type === `refund.${status}`
    ? null
    : `refund ${number} is ${status}, and the log ends with ${steps.at(-1)?.type}`;
}

function sumsFault(view: View, piece: Piece): string | null {
  const payment = view.settledBy(piece);
  if (!payment) return null;
  const came = cameWith(view, payment.number);
  if (!came) return null;
  const told = view.after.events
    .filter(({ type, paymentNumber }) => type === 'payment.refunded' && paymentNumber === payment.number)
    .map(({ data }) => sumOfJson(data['amount'])?.cents);
  const twice = told.findIndex((cents, index) => cents === (index === 0 ? 0 : told[index - 1]));
  if (twice >= 0) return `${payment.number} tells ${told[twice]} twice`;
  const back = view.givenBack(piece, came.currency) ?? 0;
  const last = told.at(-1) ?? 0;
  return back === last ? null : `${payment.number}: ${back} is back, and the log tells ${last}`;
}

function cameWith(view: View, paymentNumber: string): Sum | null {
  const event = view.after.events.find(
    (each) => each.type === 'payment.succeeded' && each.paymentNumber === paymentNumber,
  );
  return event ? amountOf(event) : null;
}

/** What the piece has: what its payment has taken, or the least that its newest case tells. */
function wholeOf(view: View, piece: Piece): Sum | null {
  const payment = view.settledBy(piece);
  if (payment) return cameWith(view, payment.number);
  const { amounts = [] } = view.casesOf(piece).at(-1) ?? {};
  return amounts.reduce<Sum | null>(
    (least, each) =>
      least === null || (each.currency === least.currency && each.cents < least.cents) ? each : least,
    null,
  );
}

function failedFault(view: View, refund: RefundFact): string | null {
  if (refund.status !== 'failed' || refund.waiting) return null;
  const was = view.before.refunds.find(({ number }) => number === refund.number);
  if (was?.status === 'failed') return null;
  const piece = view.pieces.find((each) => nameOf(each) === nameOf(refund));
  const whole = piece && wholeOf(view, piece);
  if (!whole || whole.currency !== refund.sum.currency) return null;
  // What a dispute has taken is not left to refund.
  const isTaken = view.after.disputes.some((each) => each.moneyTaken && nameOf(each) === nameOf(piece));
  if (isTaken || goneFrom(view.after, piece, whole.currency) >= whole.cents) return null;
  // Others may have failed after it in the same batch. They have the money.
  const others = goneFrom(view.before, piece, whole.currency) - (was?.sum.cents ?? 0);
  if (others >= whole.cents) return null;
  const hasCase = view.after.cases.some(
    ({ kind, refundNumber }) => kind === 'refund_failed' && refundNumber === refund.number,
  );
  return hasCase ? null : `refund ${refund.number} has failed, and no case tells so`;
}

function excessFault(view: View, piece: Piece): string | null {
  const whole = wholeOf(view, piece);
  const refunds = refundsOf(view.after, piece).filter(
    ({ status }) => status !== 'failed' && !RUNS.slice(0, 1).includes(status),
  );
  if (!whole || refunds.length === 0) return null;
  const sum = goneFrom(view.after, piece, whole.currency);
  const isOther = refunds.some((each) => each.sum.currency !== whole.currency);
  if (sum <= whole.cents && !isOther) return null;
  const hasCase = view.after.cases.some(
    (each) => each.kind === 'refund_exceeds_payment' && nameOf(each) === nameOf(piece),
  );
  return hasCase
    ? null
    : `${nameOf(piece)} came with ${textOf(whole)}, refunds come to ${sum}, and no case tells so`;
}
