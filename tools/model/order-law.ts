import type { EventFact, Facts, OrderFact } from './facts.js';
import { first, type Sentence } from './law.js';
import { sumOf, textOf } from './sums.js';
import { amountOf, type View } from './view.js';

/** How orders and payments follow the money. */
export const ORDER_LAW: readonly Sentence[] = [
  {
    says: 'an order is paid at most once, and by one payment',
    broken: ({ after }) =>
      first(after.orders, ({ number }) => {
        const paid = paidEvents(after, number);
        return paid.length > 1 ? `order ${number} has ${paid.length} events order.paid` : null;
      }),
  },
  {
    says: 'an order is paid if a payment has paid it, and only then',
    broken: ({ after }) => first(after.orders, (order) => paidFault(after, order)),
  },
  {
    says: 'an order is paid by exactly its total, and in time, unless a person accepts the money',
    broken: (view) => {
      const { step } = view.deed;
      if (step.do === 'resolve' && step.resolution === 'accept') return null;
      return first(view.after.orders, (order) => acceptedFault(view, order));
    },
  },
  {
    says: 'a payment that has succeeded names its transaction, and no other does',
    broken: ({ after }) =>
      first(after.payments, ({ number, status, transactionId }) =>
        (status === 'succeeded') === (transactionId !== null) ? null : `${number} is ${status}`,
      ),
  },
  {
    says: 'success is final, and a transaction never changes',
    broken: ({ before, after }) => {
      const now = new Map(after.payments.map((each) => [each.number, each]));
      return first(before.payments, (was) => {
        const is = now.get(was.number);
        const isSame =
          is !== undefined && (was.status !== 'succeeded' || was.transactionId === is.transactionId);
        return isSame && (was.status !== 'succeeded' || is.status === was.status)
          ? null
          : `payment ${was.number} was ${was.status} and is ${is?.status}`;
      });
    },
  },
  {
    says: 'an order leaves no final status',
    broken: ({ before, after }) => {
      const now = new Map(after.orders.map((each) => [each.number, each.status]));
      return first(before.orders, ({ number, status }) =>
        !FINAL.includes(status) || now.get(number) === status
          ? null
          : `order ${number} was ${status} and is ${now.get(number)}`,
      );
    },
  },
];

const FINAL = ['refunded', 'cancelled'];

const paidEvents = ({ events }: Facts, orderNumber: string): readonly EventFact[] =>
  events.filter((each) => each.type === 'order.paid' && each.orderNumber === orderNumber);

const NEEDS_MONEY = ['paid', 'shipped', 'completed', 'refunding', 'refunded'];

function paidFault(after: Facts, { number, status }: OrderFact): string | null {
  const [paid] = paidEvents(after, number);
  if (!paid) return NEEDS_MONEY.includes(status) ? `order ${number} is ${status} without money` : null;
  if (status === 'pending') return `order ${number} is pending and was paid`;
  if (paid.paymentNumber === null) return null;
  const payment = after.payments.find((each) => each.number === paid.paymentNumber);
  const hasIt =
    payment?.status === 'succeeded' &&
    payment.orderNumber === number &&
    payment.transactionId === paid.data['transactionId'];
  return hasIt ? null : `order ${number} was paid by ${paid.paymentNumber}, which is ${payment?.status}`;
}

/** What is wrong with the money that has paid the order in this step. */
function acceptedFault({ before, after, sent }: View, { number, total }: OrderFact): string | null {
  const [paid] = paidEvents(after, number);
  if (!paid || before.events.some(({ id }) => id === paid.id)) return null;
  const sum = amountOf(paid);
  if (!sum || textOf(sum) !== textOf(sumOf(total)!))
    return `order ${number} of ${total} was paid with ${sum ? textOf(sum) : 'no amount'}`;
  const payment = after.payments.find((each) => each.number === paid.paymentNumber);
  const callback = sent.find(({ callbackId }) => callbackId === paid.callbackId);
  const isLate = payment && callback && callback.receipt.judgedAt.getTime() > payment.expiresAt;
  return isLate ? `order ${number} was paid by ${payment.number} after it had expired` : null;
}
