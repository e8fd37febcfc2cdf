import type { Claim, Violation } from './claim.js';
import type { CallbackRow } from './history.js';
import { type IndexedHistory, grouped, keyOfMoney } from './indexed-history.js';

/** The outcomes by which a payment has taken money. */
const TAKING = ['settled', 'order_not_payable'];

const takersOf = (history: IndexedHistory): CallbackRow[] =>
  [...history.rows.values()].filter(({ outcome }) => TAKING.includes(outcome));

const settledRowsOf = (history: IndexedHistory): CallbackRow[] =>
  [...history.rows.values()].filter(({ outcome }) => outcome === 'settled');

const orderNumberOf = (history: IndexedHistory, { payment_number }: CallbackRow): string | null =>
  history.payments.get(payment_number ?? '')?.order_number ?? null;

const moreThanOnce = <Item>(items: readonly Item[], keyOf: (item: Item) => string | null): Item[][] =>
  [...grouped(items, keyOf).values()].filter((group) => group.length > 1);

function ordersPaidTwice(history: IndexedHistory): Violation[] {
  const paid = history.events.filter(({ type }) => type === 'order.paid');
  const orderOf = (row: CallbackRow) => orderNumberOf(history, row);
  return [
    ...moreThanOnce(paid, ({ order_number }) => order_number).map((events) => ({
      orderNumber: events[0]!.order_number,
      detail: `the log has ${events.length} events that it was paid`,
    })),
    ...moreThanOnce(settledRowsOf(history), orderOf).map((rows) => ({
      orderNumber: orderOf(rows[0]!),
      detail: `${rows.length} callbacks settled it: ${rows.map(({ id }) => id).join(', ')}`,
    })),
  ];
}

function paymentsWithWrongTakers(history: IndexedHistory): Violation[] {
  const takers = grouped(takersOf(history), ({ payment_number }) => payment_number);
  return [...history.payments.values()].flatMap(({ number, status, transaction_id }): Violation[] => {
    const by = takers.get(number) ?? [];
    const isRight =
      status === 'succeeded' ? by.length === 1 && by[0]!.transaction_id === transaction_id : by.length === 0;
    if (isRight) return [];
    const callbacks =
      by.map(({ id, transaction_id }) => `${id} with ${transaction_id}`).join(', ') || 'no callback';
    const detail = `it is ${status} with transaction ${transaction_id}, and was paid by ${callbacks}`;
    return [{ paymentNumber: number, detail }];
  });
}

function wrongAmounts(history: IndexedHistory): Violation[] {
  return takersOf(history).flatMap((row): Violation[] => {
    const payment = history.payments.get(row.payment_number ?? '');
    if (payment && row.amount === payment.amount && row.currency === payment.currency) return [];
    const taken = `it took ${row.amount} ${row.currency}`;
    const due = payment ? `${payment.amount} ${payment.currency} was due` : 'there is no such payment';
    return [{ paymentNumber: row.payment_number, detail: `${taken}, and ${due}` }];
  });
}

function paidWithoutSettlement(history: IndexedHistory): Violation[] {
  const settledOrders = new Set(settledRowsOf(history).map((row) => orderNumberOf(history, row)));
  return [...history.orders.values()].flatMap(({ number, status }): Violation[] => {
    const hasMoney = settledOrders.has(number);
    if (status === 'paid' ? hasMoney : !hasMoney || status === 'cancelled') return [];
    const detail = `it is ${status}, and ${hasMoney ? 'a' : 'no'} callback has settled`;
    return [{ orderNumber: number, detail }];
  });
}

function cancelledWithoutCase(history: IndexedHistory): Violation[] {
  return takersOf(history).flatMap((row): Violation[] => {
    const order = history.orders.get(orderNumberOf(history, row) ?? '');
    if (order?.status !== 'cancelled') return [];
    const kind = row.outcome === 'settled' ? 'refund_due' : 'order_not_payable';
    const cases = history.casesFor(row.payment_number);
    if (cases.some((each) => each.kind === kind && each.status === 'open')) return [];
    const detail = `it has no open case ${kind}`;
    return [{ orderNumber: order.number, paymentNumber: row.payment_number, detail }];
  });
}

/** The open case of a piece of money may stand beside its settlement only if the order was not paid by it, or was cancelled. */
const BESIDE_SETTLEMENT = ['order_not_payable', 'refund_due'];

function moneyWithTwoOwners(history: IndexedHistory): Violation[] {
  const open = history.cases.filter(({ money, status }) => money && status === 'open');
  const twice = moreThanOnce(open, keyOfMoney).map((cases) => ({
    paymentNumber: cases[0]!.payment_number,
    detail: `transaction ${cases[0]!.transaction_id} has the open cases ${cases.map(({ id }) => id).join(' and ')}`,
  }));
  const both = open.flatMap((each): Violation[] => {
    const payment = history.settledNumberOf(each);
    if (payment === null || BESIDE_SETTLEMENT.includes(each.kind)) return [];
    const detail = `transaction ${each.transaction_id} has settled ${payment} and has the open case ${each.id} (${each.kind})`;
    return [{ paymentNumber: each.payment_number, detail }];
  });
  return [...twice, ...both];
}

function endedWithoutReason(history: IndexedHistory): Violation[] {
  const cases = new Map(history.cases.map((each) => [each.id, each]));
  return history.cases.flatMap((each): Violation[] => {
    if (each.status === 'open') return [];
    const { by, paymentNumber, discrepancyId } = each.ended_by ?? { by: 'nothing' };
    const successor = cases.get(discrepancyId ?? '');
    const isTrue =
      by === 'settlement'
        ? history.payments.get(paymentNumber ?? '')?.transaction_id === each.transaction_id || !each.money
        : by === 'successor'
          ? successor !== undefined && (keyOfMoney(successor) === keyOfMoney(each) || !each.money)
          : by === 'refunds' || by === 'decision' || (by === 'outcome' && !each.money);
    if (isTrue) return [];
    const detail = `case ${each.id} (${each.kind}) was ended by ${JSON.stringify(each.ended_by)}`;
    return [{ paymentNumber: each.payment_number, detail }];
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
    name: 'a payment that succeeded was paid by one callback, and names its transaction',
    violations: paymentsWithWrongTakers,
  },
  { name: 'a payment takes the amount and the currency that are due', violations: wrongAmounts },
  {
    name: 'a transaction pays one payment',
    violations: (history) =>
      moreThanOnce(takersOf(history), ({ gateway, transaction_id }) => `${gateway} ${transaction_id}`).map(
        (rows) => ({
          paymentNumber: rows[0]!.payment_number,
          detail: `transaction ${rows[0]!.transaction_id} paid ${rows.map(({ payment_number }) => payment_number).join(' and ')}`,
        }),
      ),
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
  { name: 'an order is paid if a callback has settled, and only then', violations: paidWithoutSettlement },
  { name: 'money of a cancelled order has an open case', violations: cancelledWithoutCase },
  {
    name: 'a piece of money has one owner: the payment that it settled, or one open case',
    violations: moneyWithTwoOwners,
  },
  {
    name: 'every case that has ended says what has ended it, and that is so',
    violations: endedWithoutReason,
  },
  { name: 'every request of the shop succeeded and has its effect', violations: requestsWithoutEffect },
];
