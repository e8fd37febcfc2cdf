import type { Claim, Violation } from './claim.js';
import type { DiscrepancyRow } from './history.js';
import { type IndexedHistory, grouped, keyOfMoney } from './indexed-history.js';
import { centsOf } from './pieces.js';

/** The outcomes by which a payment has taken money. */
const TAKING = ['settled', 'order_not_payable'];
/** The endings by which an operator gives money to a payment. */
const GIVING = ['accept', 'attach'];

/** A payment has taken a piece of money: by a callback, or by the decision of an operator about a case. */
interface Taking {
  readonly by: string;
  readonly gateway: string;
  readonly transaction_id: string | null;
  readonly payment_number: string | null;
  readonly amount: string | null;
  readonly currency: string | null;
  readonly paysOrder: boolean;
  /** An operator has accepted another amount than was due. */
  readonly isAmountAccepted: boolean;
}

const takingsOf = (history: IndexedHistory): Taking[] => [
  ...[...history.rows.values()]
    .filter(({ outcome }) => TAKING.includes(outcome))
    .map((row) => ({
      ...row,
      by: `callback ${row.id}`,
      paysOrder: row.outcome === 'settled',
      isAmountAccepted: false,
    })),
  ...history.cases
    .filter(({ resolution, reason }) => GIVING.includes(resolution ?? '') && TAKING.includes(reason ?? ''))
    .map((each) => ({
      ...each,
      by: `case ${each.id}`,
      payment_number: takerOf(history, each),
      paysOrder: each.reason === 'settled',
      isAmountAccepted: each.kind === 'amount_mismatched',
    })),
];

/** The payment that got the money of a case. If its order could not be paid, the successor of the case names it. */
const takerOf = (history: IndexedHistory, { ended_by }: DiscrepancyRow): string | null =>
  ended_by?.paymentNumber ?? history.caseById(ended_by?.discrepancyId ?? '')?.payment_number ?? null;

const orderNumberOf = (history: IndexedHistory, { payment_number }: Taking): string | null =>
  history.payments.get(payment_number ?? '')?.order_number ?? null;

const moreThanOnce = <Item>(items: readonly Item[], keyOf: (item: Item) => string | null): Item[][] =>
  [...grouped(items, keyOf).values()].filter((group) => group.length > 1);

function ordersPaidTwice(history: IndexedHistory): Violation[] {
  const paid = history.events.filter(({ type }) => type === 'order.paid');
  const paying = takingsOf(history).filter(({ paysOrder }) => paysOrder);
  const orderOf = (taking: Taking) => orderNumberOf(history, taking);
  return [
    ...moreThanOnce(paid, ({ order_number }) => order_number).map((events) => ({
      orderNumber: events[0]!.order_number,
      detail: `the log has ${events.length} events that it was paid`,
    })),
    ...moreThanOnce(paying, orderOf).map((takings) => ({
      orderNumber: orderOf(takings[0]!),
      detail: `it was settled ${takings.length} times: by ${takings.map(({ by }) => by).join(', ')}`,
    })),
  ];
}

function paymentsWithWrongTakers(history: IndexedHistory): Violation[] {
  const takers = grouped(takingsOf(history), ({ payment_number }) => payment_number);
  return [...history.payments.values()].flatMap(({ number, status, transaction_id }): Violation[] => {
    const by = takers.get(number) ?? [];
    const isRight =
      status === 'succeeded' ? by.length === 1 && by[0]!.transaction_id === transaction_id : by.length === 0;
    if (isRight) return [];
    const takings = by.map((taking) => `${taking.by} with ${taking.transaction_id}`).join(', ') || 'nothing';
    const detail = `it is ${status} with transaction ${transaction_id}, and was paid by ${takings}`;
    return [{ paymentNumber: number, detail }];
  });
}

function wrongAmounts(history: IndexedHistory): Violation[] {
  return takingsOf(history).flatMap((taking): Violation[] => {
    const payment = history.payments.get(taking.payment_number ?? '');
    const { amount, currency, isAmountAccepted } = taking;
    const isRightAmount = isAmountAccepted || (payment && isEqual(amount, payment.amount));
    if (payment && isRightAmount && currency === payment.currency) return [];
    const taken = `it took ${amount} ${currency}`;
    const due = payment ? `${payment.amount} ${payment.currency} was due` : 'there is no such payment';
    return [{ paymentNumber: taking.payment_number, detail: `${taken}, and ${due}` }];
  });
}

/** The tables may store 10.10 as 10.1. */
const isEqual = (left: string | null, right: string): boolean =>
  left !== null && centsOf(left) === centsOf(right);

/** What an order can be only after money has come for it. A cancelled one may have been paid. */
const AFTER_PAYMENT = ['paid', 'shipped', 'completed', 'refunding', 'refunded'];

function paidWithoutSettlement(history: IndexedHistory): Violation[] {
  const paying = takingsOf(history).filter(({ paysOrder }) => paysOrder);
  const settledOrders = new Set(paying.map((taking) => orderNumberOf(history, taking)));
  return [...history.orders.values()].flatMap(({ number, status }): Violation[] => {
    const hasMoney = settledOrders.has(number);
    if (status === 'cancelled' || AFTER_PAYMENT.includes(status) === hasMoney) return [];
    const detail = `it is ${status}, and ${hasMoney ? 'money' : 'no money'} has settled it`;
    return [{ orderNumber: number, detail }];
  });
}

function requestsWithoutEffect(history: IndexedHistory): Violation[] {
  const isDone = {
    place: (number: string) => history.orders.has(number),
    open: (number: string) => history.payments.has(number),
    cancel: (number: string) => history.orders.get(number)?.status === 'cancelled',
  };
  return history.requests
    .filter(({ action, number, status }) => status >= 300 || !isDone[action](number))
    .map(({ action, number, status }) => ({
      ...(action === 'open' ? { paymentNumber: number } : { orderNumber: number }),
      detail: `${action} ${number} was answered ${status}, and ${isDone[action](number) ? 'has' : 'does not have'} its effect`,
    }));
}

export const MONEY_CLAIMS: readonly Claim[] = [
  { name: 'an order is paid at most once', violations: ordersPaidTwice },
  {
    name: 'a payment that succeeded was paid once, by a callback or an operator, and names its transaction',
    violations: paymentsWithWrongTakers,
  },
  {
    name: 'a payment takes the amount and the currency that are due, or an amount that an operator accepted',
    violations: wrongAmounts,
  },
  {
    name: 'a transaction pays one payment',
    violations: (history) =>
      moreThanOnce(takingsOf(history), keyOfMoney).map((takings) => ({
        paymentNumber: takings[0]!.payment_number,
        detail: `transaction ${takings[0]!.transaction_id} paid ${takings.map(({ payment_number }) => payment_number).join(' and ')}`,
      })),
  },
  {
    name: 'every order ends in a status that its scenario allows',
    violations: (history) =>
      history.plannedOrders.flatMap(({ number, expected }): Violation[] => {
        const status = history.orders.get(number)?.status ?? 'missing';
        if (expected.some((allowed) => allowed === status)) return [];
        const detail = `it is ${status}, and its scenario allows ${expected.join(' or ')}`;
        return [{ orderNumber: number, detail }];
      }),
  },
  { name: 'an order is paid if money has settled it, and only then', violations: paidWithoutSettlement },
  { name: 'every request of the shop succeeded and has its effect', violations: requestsWithoutEffect },
];
