import type { Claim, Violation } from './claim.js';
import { grouped, type Evidence } from './evidence.js';
import type { CallbackRow } from './history.js';

/** The outcomes by which a payment has taken its money. */
const TAKING = ['settled', 'order_not_payable'];

const takersOf = (evidence: Evidence): CallbackRow[] =>
  [...evidence.rows.values()].filter(({ outcome }) => TAKING.includes(outcome));

const moreThanOnce = <Item>(items: readonly Item[], keyOf: (item: Item) => string | null): Item[][] =>
  [...grouped(items, keyOf).values()].filter((group) => group.length > 1);

export const MONEY_CLAIMS: readonly Claim[] = [
  {
    name: 'an order is paid at most once',
    violations(evidence) {
      const paid = evidence.events.filter(({ type }) => type === 'order.paid');
      const settled = [...evidence.rows.values()].filter(({ outcome }) => outcome === 'settled');
      const orderOf = ({ payment_number }: CallbackRow) =>
        evidence.payments.get(payment_number ?? '')?.order_number ?? null;
      return [
        ...moreThanOnce(paid, ({ order_number }) => order_number).map(
          ([{ order_number } = { order_number: null }]) => ({
            orderNumber: order_number,
            detail: 'the log says more than once that it was paid',
          }),
        ),
        ...moreThanOnce(settled, orderOf).map((rows) => ({
          orderNumber: orderOf(rows[0]!),
          detail: `${rows.length} callbacks settled it: ${rows.map(({ id }) => id).join(', ')}`,
        })),
      ];
    },
  },
  {
    name: 'a payment that succeeded was paid by one callback, whose transaction it names',
    violations(evidence) {
      const takers = grouped(takersOf(evidence), ({ payment_number }) => payment_number);
      return [...evidence.payments.values()].flatMap(({ number, status, transaction_id }): Violation[] => {
        const by = takers.get(number) ?? [];
        const isRight =
          status === 'succeeded'
            ? by.length === 1 && by[0]!.transaction_id === transaction_id
            : by.length === 0;
        const callbacks =
          by.map(({ id, transaction_id }) => `${id} by ${transaction_id}`).join(', ') || 'no callback';
        return isRight
          ? []
          : [
              {
                paymentNumber: number,
                detail: `it is ${status} by ${transaction_id}, and was paid by ${callbacks}`,
              },
            ];
      });
    },
  },
  {
    name: 'a payment takes what is due, in the currency that is due',
    violations: (evidence) =>
      takersOf(evidence).flatMap((row): Violation[] => {
        const payment = evidence.payments.get(row.payment_number ?? '');
        if (payment && row.amount === payment.amount && row.currency === payment.currency) return [];
        const due = payment
          ? `${payment.amount} ${payment.currency}`
          : 'nothing, for there is no such payment';
        return [
          {
            paymentNumber: row.payment_number,
            detail: `due is ${due}, and ${row.amount} ${row.currency} was taken`,
          },
        ];
      }),
  },
  {
    name: 'a transaction pays one payment',
    violations: (evidence) =>
      moreThanOnce(takersOf(evidence), ({ gateway, transaction_id }) => `${gateway} ${transaction_id}`).map(
        (rows) => ({
          paymentNumber: rows[0]!.payment_number,
          detail: `transaction ${rows[0]!.transaction_id} was taken for ${rows.map(({ payment_number }) => payment_number).join(' and ')}`,
        }),
      ),
  },
  {
    name: 'every order ended where its scenario allows',
    violations: (evidence) =>
      evidence.plannedOrders.flatMap(({ number, expected }): Violation[] => {
        const status = evidence.orders.get(number)?.status ?? 'not there';
        if (expected.some((allowed) => allowed === status)) return [];
        return [{ orderNumber: number, detail: `it is ${status}, and may be ${expected.join(' or ')}` }];
      }),
  },
  {
    name: 'an order is paid where a callback has settled, and nowhere else',
    violations(evidence) {
      const settled = [...evidence.rows.values()].filter(({ outcome }) => outcome === 'settled');
      const byOrder = grouped(
        settled,
        ({ payment_number }) => evidence.payments.get(payment_number ?? '')?.order_number ?? null,
      );
      return [...evidence.orders.values()].flatMap(({ number, status }): Violation[] => {
        const hasMoney = byOrder.has(number);
        if (status === 'paid' ? hasMoney : !hasMoney || status === 'cancelled') return [];
        return [
          {
            orderNumber: number,
            detail: `it is ${status}, and ${hasMoney ? 'a' : 'no'} callback has settled`,
          },
        ];
      });
    },
  },
  {
    name: 'money of a cancelled order is owed, by an open case',
    violations: (evidence) =>
      takersOf(evidence).flatMap((row): Violation[] => {
        const order = evidence.orders.get(
          evidence.payments.get(row.payment_number ?? '')?.order_number ?? '',
        );
        if (order?.status !== 'cancelled') return [];
        const kind = row.outcome === 'settled' ? 'refund_due' : 'order_not_payable';
        const owed = evidence
          .casesFor(row.payment_number)
          .some((each) => each.kind === kind && each.status === 'open');
        return owed
          ? []
          : [
              {
                orderNumber: order.number,
                paymentNumber: row.payment_number,
                detail: `there is no open case ${kind}`,
              },
            ];
      }),
  },
  {
    name: 'what the shop asked for was done, and is there',
    violations(evidence) {
      const isDone = {
        place: (number: string) => evidence.orders.has(number),
        open: (number: string) => evidence.payments.has(number),
        cancel: (number: string) => evidence.orders.get(number)?.status === 'cancelled',
      };
      return evidence.asked
        .filter(({ what, number, status }) => status >= 300 || !isDone[what](number))
        .map(({ what, number, status }) => ({
          ...(what === 'open' ? { paymentNumber: number } : { orderNumber: number }),
          detail: `${what} ${number} was answered ${status}, and ${isDone[what](number) ? 'is' : 'is not'} so`,
        }));
    },
  },
];
