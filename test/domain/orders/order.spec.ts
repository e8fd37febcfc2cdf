import { describe, expect, test } from '@jest/globals';
import { Money } from '../../../src/domain/money.js';
import {
  Order,
  ORDER_EVENTS,
  ORDER_MOVES,
  ORDER_STATUSES,
  type OrderStatus,
} from '../../../src/domain/orders/order.js';

const AT = new Date('2026-11-23T08:00:00Z');
const by = { actor: 'admin:dev', at: AT };
const TOTAL = Money.of('100.00', 'CNY');
const orderIn = (status: OrderStatus) => new Order('O1', TOTAL, status);
/** An operator may accept another amount than the total. */
const PAYMENT = { number: 'P1', gateway: 'stripe', transactionId: 'T1', money: Money.of('99.00', 'CNY') };

describe('the transitions of an order', () => {
  test("are the ten of the specification's matrix", () => {
    const arrows = Object.values(ORDER_MOVES).flatMap(({ from, to }) =>
      from.map((start) => `${start} → ${to}`),
    );
    expect(arrows.toSorted()).toEqual([
      'completed → refunding',
      'paid → cancelled',
      'paid → refunding',
      'paid → shipped',
      'pending → cancelled',
      'pending → paid',
      'refunding → paid',
      'refunding → refunded',
      'shipped → completed',
      'shipped → refunding',
    ]);
  });

  test.each<[OrderStatus, OrderStatus[]]>([
    ['pending', ['cancelled']],
    ['paid', ['shipped', 'refunding', 'cancelled']],
    ['shipped', ['completed', 'refunding']],
    ['completed', ['refunding']],
    ['refunding', ['refunded', 'paid']],
    ['refunded', []],
    ['cancelled', []],
  ])('that a person may make from %s lead to %j', (status, allowed) => {
    expect(orderIn(status).allowedTransitions).toEqual(allowed);
  });

  const pairs = ORDER_STATUSES.flatMap((from) => ORDER_STATUSES.map((to) => [from, to] as const));
  test.each(pairs)(
    'from %s to %s either are made with one event, or are refused and change nothing',
    (from, to) => {
      const order = orderIn(from);
      const { allowedTransitions } = order;
      const refusal = order.moveTo(to, by);
      const isAllowed = allowedTransitions.includes(to);
      expect(refusal).toEqual(isAllowed ? null : { refused: to, status: from, allowedTransitions });
      expect(order.status).toBe(isAllowed ? to : from);
      const data = { from, to, total: TOTAL.toJSON() };
      const event = { at: AT, actor: 'admin:dev', orderNumber: 'O1', data };
      expect(order.events).toMatchObject(isAllowed ? [event] : []);
    },
  );

  test('each announce an event type of their own', () => {
    expect(new Set(Object.values(ORDER_EVENTS)).size).toBe(Object.keys(ORDER_MOVES).length);
  });
});

describe('paying an order', () => {
  test('is only possible by a payment: a person cannot move it from pending to paid', () => {
    expect(orderIn('pending').moveTo('paid', by)).toMatchObject({ refused: 'paid' });
  });

  test.each(ORDER_STATUSES.filter((status) => status !== 'pending'))(
    'that is %s is a bug: it throws and changes nothing',
    (status) => {
      const order = orderIn(status);
      expect(order.can('pay')).toBe(false);
      expect(() => order.pay(PAYMENT, by)).toThrow('cannot be paid');
      expect(order.status).toBe(status);
      expect(order.events).toEqual([]);
    },
  );

  test('names the payment in its event, and a transition by a person names none', () => {
    const [byHand, paid] = [orderIn('paid'), orderIn('pending')];
    byHand.moveTo('shipped', by);
    paid.pay(PAYMENT, by);
    expect(byHand.events[0]).not.toHaveProperty('paymentNumber');
    expect(paid.events[0]).toHaveProperty('paymentNumber', 'P1');
  });

  test('announces the money that came, its transaction and its gateway', () => {
    const order = orderIn('pending');
    order.pay(PAYMENT, by);
    expect(order.events[0]!.data).toStrictEqual({
      from: 'pending',
      to: 'paid',
      move: 'pay',
      note: null,
      amount: { amount: '99.00', currency: 'CNY' },
      transactionId: 'T1',
      gateway: 'stripe',
    });
  });

  test('after a rejected refund has another name than paying it, so that a late payment cannot do it', () => {
    const order = orderIn('refunding');
    expect(order.moveTo('paid', { ...by, note: 'the parcel came back' })).toBeNull();
    expect(order.events).toMatchObject([
      {
        type: 'order.refund_rejected',
        data: { from: 'refunding', to: 'paid', move: 'rejectRefund', note: 'the parcel came back' },
      },
    ]);
  });
});

test("the scheduled cancellation announces its reason, and an operator's note is announced as a note alone", () => {
  const [bySchedule, byHand] = [orderIn('pending'), orderIn('pending')];
  bySchedule.cancelUnpaid({ actor: 'clock', at: AT, note: 'no payment came in time' });
  byHand.moveTo('cancelled', { ...by, note: 'Mrs Smith has called' });
  expect(bySchedule.events).toMatchObject([{ data: { reason: 'no payment came in time' } }]);
  expect(byHand.events).toMatchObject([{ data: { note: 'Mrs Smith has called' } }]);
  expect(byHand.events[0]!.data).not.toHaveProperty('reason');
});

test('a new order is pending and announces its total', () => {
  const order = Order.place('O1', Money.of('100.00', 'CNY'), 'C7', by);
  expect([order.number, order.status, order.customerId]).toEqual(['O1', 'pending', 'C7']);
  const total = { amount: '100.00', currency: 'CNY' };
  expect(order.events).toEqual([
    { type: 'order.created', at: AT, actor: 'admin:dev', orderNumber: 'O1', data: { total } },
  ]);
});

test('an order of zero is paid when it is placed, its history says why, and its event names no transaction', () => {
  const order = Order.place('O1', Money.of('0', 'CNY'), null, by);
  expect(order.status).toBe('paid');
  expect(order.allowedTransitions).toEqual(['shipped', 'refunding', 'cancelled']);
  const [created, paid] = order.events;
  expect(created).toMatchObject({ type: 'order.created', data: { total: { amount: '0.00' } } });
  expect(paid).toStrictEqual({
    type: 'order.paid',
    at: AT,
    actor: 'admin:dev',
    orderNumber: 'O1',
    data: {
      from: 'pending',
      to: 'paid',
      move: 'pay',
      note: 'nothing was due',
      amount: { amount: '0.00', currency: 'CNY' },
      reason: 'nothing was due',
    },
  });
});

test.each(ORDER_STATUSES)(
  'the scheduled expiry cancels an order that is %s only if it is pending',
  (status) => {
    const order = orderIn(status);
    order.cancelUnpaid({ actor: 'clock', at: AT });
    const isPending = status === 'pending';
    expect(order.status).toBe(isPending ? 'cancelled' : status);
    expect(order.events).toHaveLength(isPending ? 1 : 0);
  },
);
