import type { CaseKind } from '../../src/domain/cases/kinds.js';
import type { CaseToFind, Deed, Place, PlannedCallback, PlannedOrder } from './plan.js';
import type { ScenarioBuilder } from './scenario-builder.js';
import { MORE_THAN_ANY_ORDER, type ScenarioKind } from './scenario-kind.js';

export const caseAbout = (paymentNumber: string, ...kinds: CaseKind[]): CaseToFind => ({
  kinds,
  about: { paymentNumber },
});

/** The endings of a case, each with the place where its money is then. */
const ENDINGS = {
  accept: 'settled',
  dismiss: 'ended by a decision',
  refunded_elsewhere: 'given back',
} as const satisfies Record<string, Place>;
export type EndingOfPlace = keyof typeof ENDINGS;

export const ending = (found: CaseToFind, resolution: EndingOfPlace): Extract<Deed, { type: 'resolve' }> => ({
  type: 'resolve',
  case: found,
  resolution,
});

/** The second of two operators is told that the case has ended. */
const ONE_OF_TWO = ['done', 'resolved_before'] as const;

/** Another event about the money of a callback. Gateways repeat what they have said long ago under new ids. */
export const againOf = (
  builder: ScenarioBuilder,
  callback: PlannedCallback,
  ...expected: PlannedCallback['expected']
): PlannedCallback => ({
  ...callback,
  key: builder.unique('C'),
  eventId: builder.unique('E'),
  expected,
});

export const partOf = ({ amount }: Pick<PlannedOrder, 'amount'>, share: number): string =>
  (Math.max(1, Math.floor(Number(amount) * 100 * share)) / 100).toFixed(2);

/** A payment of an order that is paid by one transaction and then by a second one. Returns the callback of the second. */
export function paidTwice(builder: ScenarioBuilder, ...ends: Place[]): PlannedCallback {
  const order = builder.placeOrder('paid');
  const payment = builder.openPayment(order);
  const second = builder.callback(payment, order, { expected: ['paid_twice'], ends });
  const first = builder.callback(payment, order, { expected: ['settled'] });
  builder.step(first).decided(first).step(second);
  return second;
}

/** What operators do while gateways go on, and the right answers. Two who act at the same time may both be told that they have won only if they have. */
export const OPERATOR_SCENARIOS = [
  {
    name: 'a wrong amount that is accepted',
    weight: 1,
    build(builder) {
      const order = builder.placeOrder('paid');
      const payment = builder.openPayment(order);
      const wrong = builder.callback(payment, order, {
        amount: MORE_THAN_ANY_ORDER,
        expected: ['amount_mismatched'],
        ends: ['settled'],
      });
      const accept = ending(caseAbout(payment.number, 'amount_mismatched'), 'accept');
      builder.step(wrong).step(builder.deed(accept, ['done']));
      builder.step(againOf(builder, wrong, 'duplicate'));
    },
  },
  {
    name: 'two operators end a wrong amount',
    weight: 2,
    build(builder) {
      const resolutions = builder.random.oneOf<readonly EndingOfPlace[]>([
        ['accept'],
        ['accept', 'dismiss'],
        ['dismiss', 'refunded_elsewhere'],
        ['accept', 'dismiss', 'refunded_elsewhere'],
      ]);
      const order = resolutions.includes('accept')
        ? builder.placeOrder('paid', 'pending')
        : builder.placeOrder('pending');
      const payment = builder.openPayment(order);
      const amount = MORE_THAN_ANY_ORDER;
      const ends = resolutions.map((resolution) => ENDINGS[resolution]);
      builder.step(builder.callback(payment, order, { amount, expected: ['amount_mismatched'], ends }));
      const found = caseAbout(payment.number, 'amount_mismatched');
      builder.stepOfBoth(
        resolutions.map((resolution) => ending(found, resolution)),
        ONE_OF_TWO,
      );
    },
  },
  {
    name: 'late money that is accepted',
    weight: 1,
    build(builder) {
      const order = builder.placeOrder('paid');
      const payment = builder.openPayment(order, 1);
      const late = builder.callback(payment, order, {
        // A clock that has jumped back decides that it is in time.
        expected: ['settled', 'paid_late'],
        ends: ['settled'],
      });
      const accept = ending(caseAbout(payment.number, 'paid_late'), 'accept');
      builder
        .pause(1_500, 3_000)
        .step(late)
        .stepOfBoth([accept], [...ONE_OF_TWO, 'no case']);
    },
  },
  {
    name: 'late money for a cancelled order is accepted',
    weight: 1,
    build(builder) {
      const order = builder.placeOrder('cancelled');
      const payment = builder.openPayment(order, 1);
      const late = builder.callback(payment, order, { expected: ['order_not_payable', 'paid_late'] });
      const accept = ending(caseAbout(payment.number, 'paid_late'), 'accept');
      builder.step(builder.deed({ type: 'move', orderNumber: order.number, to: 'cancelled' }, ['done']));
      builder
        .pause(1_500, 3_000)
        .step(late)
        .step(builder.deed(accept, ['done', 'no case']));
    },
  },
  {
    name: 'unmatched money is attached',
    weight: 2,
    build(builder) {
      const order = builder.placeOrder('paid');
      const unknown = builder.payment(order);
      const money = builder.callback(unknown, order, { expected: ['unmatched'], ends: ['settled'] });
      builder.step(money);
      const { number: paymentNumber } = builder.openPayment(order);
      const found = caseAbout(unknown.number, 'unmatched');
      const attach: Deed = { type: 'resolve', case: found, resolution: 'attach', paymentNumber };
      builder.step(builder.deed(attach, ['done']), againOf(builder, money, 'unmatched', 'duplicate'));
      builder.step(againOf(builder, money, 'duplicate'));
    },
  },
  {
    name: 'an attachment races the money of the payment',
    weight: 2,
    build(builder) {
      const order = builder.placeOrder('paid');
      const unknown = builder.payment(order);
      const ends: readonly Place[] = ['settled', 'in its case'];
      builder.step(builder.callback(unknown, order, { expected: ['unmatched'], ends }));
      const payment = builder.openPayment(order);
      const { number: paymentNumber } = payment;
      const found = caseAbout(unknown.number, 'unmatched');
      const attach: Deed = { type: 'resolve', case: found, resolution: 'attach', paymentNumber };
      builder.step(
        builder.deed(attach, ['done', 'not_attachable']),
        builder.callback(payment, order, { expected: ['settled', 'paid_twice'] }),
      );
    },
  },
  {
    name: 'dismissed money whose payment is opened later',
    weight: 1,
    build(builder) {
      const order = builder.placeOrder('paid');
      const payment = builder.payment(order);
      const dismiss = ending(caseAbout(payment.number, 'unmatched'), 'dismiss');
      builder.step(builder.callback(payment, order, { expected: ['settled'] }));
      builder.step(builder.deed(dismiss, ['done'])).step({ type: 'open', payment });
    },
  },
  {
    name: 'money goes back in parts',
    weight: 2,
    build(builder) {
      const second = paidTwice(builder, 'given back');
      const found = caseAbout(second.paymentNumber, 'paid_twice');
      const elsewhere = (fields: { amount?: string; reference?: string }): Deed => ({
        ...ending(found, 'refunded_elsewhere'),
        ...fields,
      });
      const part = elsewhere({ amount: partOf(second, 0.3), reference: builder.unique('R') });
      // Both operators have heard of the same refund.
      builder.stepOfBoth([part], ['done', 'refund_recorded']);
      builder.step(builder.deed(elsewhere({ amount: second.amount }), ['exceeds_refundable']));
      builder.stepOfBoth([elsewhere({})], ONE_OF_TWO);
      builder.step(againOf(builder, second, 'duplicate'));
    },
  },
  {
    name: 'a part of money goes back',
    weight: 1,
    build(builder) {
      const second = paidTwice(builder, 'in its case');
      const found = caseAbout(second.paymentNumber, 'paid_twice');
      const parts = [0.4, 0.35].map((share): Deed => ({
        ...ending(found, 'refunded_elsewhere'),
        amount: partOf(second, share),
      }));
      builder.step(
        ...parts.map((part) => builder.deed(part, ['done'])),
        againOf(builder, second, 'paid_twice'),
      );
    },
  },
  {
    name: 'a paid order is cancelled or shipped',
    weight: 2,
    build(builder) {
      const order = builder.placeOrder('cancelled', 'shipped');
      const { number: orderNumber } = order;
      const payment = builder.openPayment(order);
      const resolution = builder.random.oneOf<EndingOfPlace>(['dismiss', 'refunded_elsewhere']);
      const ends: readonly Place[] = ['settled', ENDINGS[resolution]];
      const success = builder.callback(payment, order, { expected: ['settled'], ends });
      builder.step(success);
      const refundDue = caseAbout(payment.number, 'refund_due');
      builder
        .pause(0, 300)
        .step(
          builder.deed({ type: 'move', orderNumber, to: 'cancelled' }, ['done', 'transition_not_allowed']),
          builder.deed({ type: 'move', orderNumber, to: 'shipped' }, ['done', 'transition_not_allowed']),
        );
      builder.stepOfBoth([ending(refundDue, resolution)], [...ONE_OF_TWO, 'no case']);
    },
  },
  {
    name: 'a refund by hand is asked for and rejected',
    weight: 1,
    build(builder) {
      const order = builder.placeOrder('paid', 'refunded');
      const { number: orderNumber } = order;
      const move = (to: 'shipped' | 'refunding' | 'refunded' | 'paid'): Deed => ({
        type: 'move',
        orderNumber,
        to,
      });
      const success = builder.callback(builder.openPayment(order), order, { expected: ['settled'] });
      builder.step(success).decided(success);
      if (builder.random.chance(0.5)) builder.step(builder.deed(move('shipped'), ['done']));
      builder.stepOfBoth([move('refunding')], ['done', 'transition_not_allowed']);
      builder.stepOfBoth([move('paid'), move('refunded')], ['done', 'transition_not_allowed']);
    },
  },
  {
    name: 'a replay beside the ending of a case',
    weight: 2,
    build(builder) {
      const order = builder.placeOrder('cancelled');
      const { number: orderNumber } = order;
      const payment = builder.openPayment(order);
      const resolution = builder.random.oneOf<EndingOfPlace>(['dismiss', 'refunded_elsewhere']);
      const money = builder.callback(payment, order, {
        expected: ['order_not_payable'],
        ends: [ENDINGS[resolution]],
      });
      const replay: Deed = { type: 'replay', callback: money };
      builder.step(builder.deed({ type: 'move', orderNumber, to: 'cancelled' }, ['done'])).step(money);
      builder.step(builder.deed(replay, ['done']));
      builder.step(
        builder.deed(replay, ['done', 'money_refunded']),
        builder.deed(ending(caseAbout(payment.number, 'order_not_payable'), resolution), ['done']),
      );
    },
  },
  {
    name: 'a replay races the payment',
    weight: 1,
    build(builder) {
      const order = builder.placeOrder('paid');
      const payment = builder.payment(order);
      const money = builder.callback(payment, order, { expected: ['settled'] });
      const replay: Deed = { type: 'replay', callback: money };
      builder.step(money);
      builder.step({ type: 'open', payment }, builder.deed(replay, ['done']), builder.deed(replay, ['done']));
    },
  },
  {
    name: 'notes and assignments beside the ending of a case',
    weight: 1,
    build(builder) {
      const order = builder.placeOrder('pending');
      const payment = builder.payment(order);
      const found = caseAbout(payment.number, 'unmatched');
      const ends: readonly Place[] = ['ended by a decision'];
      builder.step(builder.callback(payment, order, { expected: ['unmatched'], ends }));
      builder.step(
        builder.deed({ type: 'assign', case: found, assignee: 'anna' }, ['done']),
        builder.deed({ type: 'assign', case: found, assignee: 'ben' }, ['done']),
        builder.deed({ type: 'note', case: found }, ['done']),
        builder.deed(ending(found, 'dismiss'), ['done']),
      );
      builder.step(builder.deed(ending(found, 'refunded_elsewhere'), ['resolved_before']));
    },
  },
  {
    name: 'an ending that the case does not allow',
    weight: 1,
    build(builder) {
      const second = paidTwice(builder, 'in its case');
      const found = caseAbout(second.paymentNumber, 'paid_twice');
      builder.step(builder.deed(ending(found, 'accept'), ['ending_not_allowed']));
    },
  },
] as const satisfies readonly ScenarioKind[];
