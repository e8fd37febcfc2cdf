import { OPERATOR_SCENARIOS } from './operator-scenarios.js';
import type { Action, Forgery } from './plan.js';
import { DISPUTE_SCENARIOS, REFUND_SCENARIOS } from './refund-scenarios.js';
import { MORE_THAN_ANY_ORDER, type ScenarioKind } from './scenario-kind.js';

const FORGERIES: readonly Forgery[] = ['tampered', 'unknown key', 'unsigned'];

const cancelling = (orderNumber: string): Action => ({ type: 'cancel', orderNumber });

/** What gateways and customers do, and the right outcomes. If a race decides, every possible outcome is listed. */
const GATEWAY_SCENARIOS = [
  {
    name: 'a success',
    weight: 8,
    build(builder) {
      const order = builder.placeOrder('paid');
      builder.step(builder.callback(builder.openPayment(order), order, { expected: ['settled'] }));
    },
  },
  {
    name: 'copies at once',
    weight: 4,
    build(builder) {
      const order = builder.placeOrder('paid');
      const success = builder.callback(builder.openPayment(order), order, { expected: ['settled'] });
      builder.step(
        ...[0, 1, 0, 1].map((to): Action => ({
          type: 'send',
          callback: success,
          to: to as 0 | 1,
          repeatAfterMs: null,
        })),
      );
    },
  },
  {
    name: 'a copy later',
    weight: 2,
    build(builder) {
      const order = builder.placeOrder('paid');
      const success = builder.callback(builder.openPayment(order), order, { expected: ['settled'] });
      builder.step(success).pause(10, 3_000).step(success);
    },
  },
  {
    name: 'one transaction reported by two events',
    weight: 3,
    build(builder) {
      const order = builder.placeOrder('paid');
      const first = builder.callback(builder.openPayment(order), order, {
        expected: ['settled', 'duplicate'],
      });
      builder.step(first, { ...first, key: `${first.key}b`, eventId: `${first.eventId}b` });
    },
  },
  {
    name: 'a failure, then success',
    weight: 2,
    build(builder) {
      const order = builder.placeOrder('paid');
      const payment = builder.openPayment(order);
      builder.step(builder.statusUpdate(payment, order, 'recorded', 'stale'));
      builder.step(builder.callback(payment, order, { expected: ['settled'] }));
    },
  },
  {
    name: 'a status update races success',
    weight: 3,
    build(builder) {
      const order = builder.placeOrder('paid');
      const payment = builder.openPayment(order);
      const success = builder.callback(payment, order, { expected: ['settled'] });
      builder.step(success, builder.statusUpdate(payment, order, 'recorded', 'stale'));
    },
  },
  {
    name: 'a status update after success',
    weight: 1,
    build(builder) {
      const order = builder.placeOrder('paid');
      const payment = builder.openPayment(order);
      builder.step(builder.callback(payment, order, { expected: ['settled'] }));
      builder.step(builder.statusUpdate(payment, order, 'recorded', 'stale'));
    },
  },
  {
    name: 'money about the deadline',
    weight: 2,
    build(builder) {
      const order = builder.placeOrder('paid', 'pending');
      const payment = builder.openPayment(order, builder.random.integer(1, 2));
      builder.pause(0, 4_000).step(builder.callback(payment, order, { expected: ['settled', 'paid_late'] }));
    },
  },
  {
    name: 'a wrong amount',
    weight: 1,
    build(builder) {
      const order = builder.placeOrder('pending');
      const fields = { amount: MORE_THAN_ANY_ORDER, expected: ['amount_mismatched'] } as const;
      builder.step(builder.callback(builder.openPayment(order), order, fields));
    },
  },
  {
    name: 'a wrong amount, then the right one',
    weight: 1,
    build(builder) {
      const order = builder.placeOrder('paid');
      const payment = builder.openPayment(order);
      // The transaction with the wrong amount may be decided last, after the other one has paid.
      const fields = { amount: MORE_THAN_ANY_ORDER, expected: ['amount_mismatched', 'paid_twice'] } as const;
      builder.step(builder.callback(payment, order, fields));
      builder.step(builder.callback(payment, order, { expected: ['settled'] }));
    },
  },
  {
    name: 'one payment paid twice',
    weight: 2,
    build(builder) {
      const order = builder.placeOrder('paid');
      const payment = builder.openPayment(order);
      const either = { expected: ['settled', 'paid_twice'] } as const;
      builder.step(builder.callback(payment, order, either), builder.callback(payment, order, either));
    },
  },
  {
    name: 'two payments of one order',
    weight: 2,
    build(builder) {
      const order = builder.placeOrder('paid');
      const payments = [builder.openPayment(order), builder.openPayment(order)];
      const either = { expected: ['settled', 'order_not_payable'] } as const;
      builder.step(...payments.map((payment) => builder.callback(payment, order, either)));
    },
  },
  {
    name: 'one transaction for two payments',
    weight: 1,
    build(builder) {
      const orders = [builder.placeOrder('paid', 'pending'), builder.placeOrder('paid', 'pending')] as const;
      const payments = [builder.openPayment(orders[0]), builder.openPayment(orders[1])] as const;
      const first = builder.callback(payments[0], orders[0], { expected: ['settled', 'transaction_reused'] });
      const { transactionId, expected } = first;
      builder.step(first, builder.callback(payments[1], orders[1], { transactionId, expected }));
    },
  },
  {
    name: 'a cancel races success',
    weight: 3,
    build(builder) {
      const order = builder.placeOrder('cancelled');
      const fields = { expected: ['settled', 'order_not_payable'], ends: ['in its case'] } as const;
      builder.step(builder.callback(builder.openPayment(order), order, fields), cancelling(order.number));
    },
  },
  {
    name: 'cancelled, then paid',
    weight: 1,
    build(builder) {
      const order = builder.placeOrder('cancelled');
      const payment = builder.openPayment(order);
      builder.step(cancelling(order.number));
      builder.step(builder.callback(payment, order, { expected: ['order_not_payable'] }));
    },
  },
  {
    name: 'money before its payment',
    weight: 2,
    build(builder) {
      const order = builder.placeOrder('paid');
      const payment = builder.payment(order);
      builder.step(builder.callback(payment, order, { expected: ['settled'] })).pause(0, 2_000);
      builder.step({ type: 'open', payment });
    },
  },
  {
    name: 'money races its payment',
    weight: 2,
    build(builder) {
      const order = builder.placeOrder('paid');
      const payment = builder.payment(order);
      builder.step(builder.callback(payment, order, { expected: ['settled'] }), { type: 'open', payment });
    },
  },
  {
    name: 'money without a payment',
    weight: 1,
    build(builder) {
      const order = builder.placeOrder('pending');
      builder.step(builder.callback(builder.payment(order), order, { expected: ['unmatched'] }));
    },
  },
  {
    name: 'one event id, two contents',
    weight: 1,
    build(builder) {
      const order = builder.placeOrder('paid', 'pending');
      const payment = builder.openPayment(order);
      const right = builder.callback(payment, order, { expected: ['settled', 'conflicting'] });
      const { eventId } = right;
      const amount = MORE_THAN_ANY_ORDER;
      builder.step(
        right,
        builder.callback(payment, order, { eventId, amount, expected: ['amount_mismatched', 'conflicting'] }),
      );
    },
  },
  {
    name: 'a forgery under a genuine id',
    weight: 1,
    build(builder) {
      const order = builder.placeOrder('paid');
      const genuine = builder.callback(builder.openPayment(order), order, { expected: ['settled'] });
      const forgery = builder.random.oneOf(FORGERIES);
      const forged = {
        ...genuine,
        key: `${genuine.key}f`,
        amount: MORE_THAN_ANY_ORDER,
        forgery,
        expected: [],
      };
      builder.step(forged, genuine);
    },
  },
  {
    name: 'a forgery',
    weight: 1,
    build(builder) {
      const order = builder.placeOrder('pending');
      builder.step(
        builder.callback(builder.openPayment(order), order, {
          forgery: builder.random.oneOf(FORGERIES),
          expected: [],
        }),
      );
    },
  },
] as const satisfies readonly ScenarioKind[];

export const SCENARIOS = [
  ...GATEWAY_SCENARIOS,
  ...OPERATOR_SCENARIOS,
  ...REFUND_SCENARIOS,
  ...DISPUTE_SCENARIOS,
] as const;
export type ScenarioName = (typeof SCENARIOS)[number]['name'];
