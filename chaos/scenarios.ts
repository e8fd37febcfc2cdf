import type { Draft } from './draft.js';
import type { Deed, Forgery } from './plan.js';

interface ScenarioKind {
  readonly name: string;
  /** How often it comes beside the others. */
  readonly weight: number;
  play(draft: Draft): void;
}

const FORGERIES: readonly Forgery[] = ['tampered', 'strange key', 'unsigned'];
const MORE_THAN_ANY_ORDER = '10000.01';

const cancelling = (orderNumber: string): Deed => ({ do: 'cancel', orderNumber });

/** What gateways, customers and operators do, and what it may come to. Where a race decides, each of its ends is named. */
export const SCENARIOS = [
  {
    name: 'a success',
    weight: 8,
    play(draft) {
      const order = draft.order('paid');
      draft.next(draft.callback(draft.opened(order), order, { expected: ['settled'] }));
    },
  },
  {
    name: 'copies at once',
    weight: 4,
    play(draft) {
      const order = draft.order('paid');
      const success = draft.callback(draft.opened(order), order, { expected: ['settled'] });
      draft.next(
        ...[0, 1, 0, 1].map((to): Deed => ({ do: 'send', callback: success, to: to as 0 | 1, again: null })),
      );
    },
  },
  {
    name: 'a copy later',
    weight: 2,
    play(draft) {
      const order = draft.order('paid');
      const success = draft.callback(draft.opened(order), order, { expected: ['settled'] });
      draft.next(success).pause(10, 3_000).next(success);
    },
  },
  {
    name: 'one transaction told by two events',
    weight: 3,
    play(draft) {
      const order = draft.order('paid');
      const first = draft.callback(draft.opened(order), order, { expected: ['settled', 'duplicate'] });
      draft.next(first, { ...first, key: `${first.key}b`, eventId: `${first.eventId}b` });
    },
  },
  {
    name: 'a failure, then success',
    weight: 2,
    play(draft) {
      const order = draft.order('paid');
      const payment = draft.opened(order);
      draft.next(draft.label(payment, order, 'recorded', 'stale'));
      draft.next(draft.callback(payment, order, { expected: ['settled'] }));
    },
  },
  {
    name: 'a label races success',
    weight: 3,
    play(draft) {
      const order = draft.order('paid');
      const payment = draft.opened(order);
      const success = draft.callback(payment, order, { expected: ['settled'] });
      draft.next(success, draft.label(payment, order, 'recorded', 'stale'));
    },
  },
  {
    name: 'a label after success',
    weight: 1,
    play(draft) {
      const order = draft.order('paid');
      const payment = draft.opened(order);
      draft.next(draft.callback(payment, order, { expected: ['settled'] }));
      draft.next(draft.label(payment, order, 'recorded', 'stale'));
    },
  },
  {
    name: 'a refund before success',
    weight: 1,
    play(draft) {
      const order = draft.order('paid');
      const payment = draft.opened(order);
      const success = draft.callback(payment, order, { expected: ['settled'] });
      const { transactionId } = success;
      draft.next(
        draft.callback(payment, order, { status: 'refund', transactionId, expected: ['refund_reported'] }),
      );
      draft.next(success);
    },
  },
  {
    name: 'money about the deadline',
    weight: 2,
    play(draft) {
      const order = draft.order('paid', 'pending');
      const payment = draft.opened(order, draft.dice.between(1, 2));
      draft.pause(0, 4_000).next(draft.callback(payment, order, { expected: ['settled', 'paid_late'] }));
    },
  },
  {
    name: 'a wrong amount',
    weight: 1,
    play(draft) {
      const order = draft.order('pending');
      const said = { amount: MORE_THAN_ANY_ORDER, expected: ['amount_mismatched'] } as const;
      draft.next(draft.callback(draft.opened(order), order, said));
    },
  },
  {
    name: 'a wrong amount, then the right one',
    weight: 1,
    play(draft) {
      const order = draft.order('paid');
      const payment = draft.opened(order);
      // Of two transactions the wrong one may be decided last, when the right one has paid.
      const said = { amount: MORE_THAN_ANY_ORDER, expected: ['amount_mismatched', 'paid_twice'] } as const;
      draft.next(draft.callback(payment, order, said));
      draft.next(draft.callback(payment, order, { expected: ['settled'] }));
    },
  },
  {
    name: 'one payment paid twice',
    weight: 2,
    play(draft) {
      const order = draft.order('paid');
      const payment = draft.opened(order);
      const either = { expected: ['settled', 'paid_twice'] } as const;
      draft.next(draft.callback(payment, order, either), draft.callback(payment, order, either));
    },
  },
  {
    name: 'two payments of one order',
    weight: 2,
    play(draft) {
      const order = draft.order('paid');
      const payments = [draft.opened(order), draft.opened(order)];
      const either = { expected: ['settled', 'order_not_payable'] } as const;
      draft.next(...payments.map((payment) => draft.callback(payment, order, either)));
    },
  },
  {
    name: 'one transaction for two payments',
    weight: 1,
    play(draft) {
      const orders = [draft.order('paid', 'pending'), draft.order('paid', 'pending')] as const;
      const payments = [draft.opened(orders[0]), draft.opened(orders[1])] as const;
      const first = draft.callback(payments[0], orders[0], { expected: ['settled', 'transaction_reused'] });
      const { transactionId, expected } = first;
      draft.next(first, draft.callback(payments[1], orders[1], { transactionId, expected }));
    },
  },
  {
    name: 'a cancel races success',
    weight: 3,
    play(draft) {
      const order = draft.order('cancelled');
      const said = { expected: ['settled', 'order_not_payable'] } as const;
      draft.next(draft.callback(draft.opened(order), order, said), cancelling(order.number));
    },
  },
  {
    name: 'cancelled, then paid',
    weight: 1,
    play(draft) {
      const order = draft.order('cancelled');
      const payment = draft.opened(order);
      draft.next(cancelling(order.number));
      draft.next(draft.callback(payment, order, { expected: ['order_not_payable'] }));
    },
  },
  {
    name: 'money before its payment',
    weight: 2,
    play(draft) {
      const order = draft.order('paid');
      const payment = draft.payment(order);
      draft.next(draft.callback(payment, order, { expected: ['settled'] })).pause(0, 2_000);
      draft.next({ do: 'open', payment });
    },
  },
  {
    name: 'money races its payment',
    weight: 2,
    play(draft) {
      const order = draft.order('paid');
      const payment = draft.payment(order);
      draft.next(draft.callback(payment, order, { expected: ['settled'] }), { do: 'open', payment });
    },
  },
  {
    name: 'money without a payment',
    weight: 1,
    play(draft) {
      const order = draft.order('pending');
      draft.next(draft.callback(draft.payment(order), order, { expected: ['unmatched'] }));
    },
  },
  {
    name: 'one event id, two contents',
    weight: 1,
    play(draft) {
      const order = draft.order('paid', 'pending');
      const payment = draft.opened(order);
      const right = draft.callback(payment, order, { expected: ['settled', 'conflicting'] });
      const { eventId } = right;
      const amount = MORE_THAN_ANY_ORDER;
      draft.next(
        right,
        draft.callback(payment, order, { eventId, amount, expected: ['amount_mismatched', 'conflicting'] }),
      );
    },
  },
  {
    name: 'a forgery under a genuine id',
    weight: 1,
    play(draft) {
      const order = draft.order('paid');
      const genuine = draft.callback(draft.opened(order), order, { expected: ['settled'] });
      const forgery = draft.dice.oneOf(FORGERIES);
      const forged = {
        ...genuine,
        key: `${genuine.key}f`,
        amount: MORE_THAN_ANY_ORDER,
        forgery,
        expected: [],
      };
      draft.next(forged, genuine);
    },
  },
  {
    name: 'a forgery',
    weight: 1,
    play(draft) {
      const order = draft.order('pending');
      draft.next(
        draft.callback(draft.opened(order), order, { forgery: draft.dice.oneOf(FORGERIES), expected: [] }),
      );
    },
  },
] as const satisfies readonly ScenarioKind[];
export type ScenarioName = (typeof SCENARIOS)[number]['name'];
