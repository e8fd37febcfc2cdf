import { describe, expect, test } from '@jest/globals';
import { ORDER_EVENTS } from '../../src/domain/events.js';
import { Money } from '../../src/domain/money.js';
import { Order, ORDER_MOVES, ORDER_STATUSES, type OrderStatus } from '../../src/domain/order.js';

const AT = new Date('2026-11-23T08:00:00Z');
const by = { actor: 'admin:dev', at: AT };
const orderIn = (status: OrderStatus) => new Order('O1', Money.of('100.00', 'CNY'), status);

describe('Order', () => {
  test("the seven moves draw the specification's ten arrows and no other", () => {
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
  ])('by hand, %s leads to %j', (status, allowed) => {
    expect(orderIn(status).allowedTransitions).toEqual(allowed);
  });

  test('every pair of statuses either moves with one event or is refused, names what is allowed and changes nothing', () => {
    for (const from of ORDER_STATUSES) {
      for (const to of ORDER_STATUSES) {
        const order = orderIn(from);
        const { allowedTransitions } = order;
        const refusal = order.moveTo(to, by);
        if (allowedTransitions.includes(to)) {
          expect(refusal).toBeNull();
          expect(order.status).toBe(to);
          expect(order.events).toHaveLength(1);
          expect(order.events[0]).toMatchObject({
            at: AT,
            actor: 'admin:dev',
            orderNumber: 'O1',
            data: { from, to },
          });
        } else {
          expect(refusal).toEqual({ refused: to, status: from, allowedTransitions });
          expect(order.status).toBe(from);
          expect(order.events).toEqual([]);
        }
      }
    }
  });

  test('only a payment pays an order: by hand, pending does not lead to paid', () => {
    expect(orderIn('pending').moveTo('paid', by)).toMatchObject({ refused: 'paid' });
  });

  test.each(ORDER_STATUSES.filter((status) => status !== 'pending'))(
    'a payment cannot pay an order that is %s',
    (status) => {
      const order = orderIn(status);
      expect(order.can('pay')).toBe(false);
      expect(() => order.pay('P1', by)).toThrow('cannot be paid');
      expect(order.status).toBe(status);
      expect(order.events).toEqual([]);
    },
  );

  test('a rejected refund returns to paid by its own name, so that a late payment cannot take that way', () => {
    const order = orderIn('refunding');
    expect(order.moveTo('paid', { ...by, note: 'the parcel came back' })).toBeNull();
    expect(order.events).toMatchObject([
      {
        type: 'order.refund_rejected',
        data: { from: 'refunding', to: 'paid', move: 'rejectRefund', note: 'the parcel came back' },
      },
    ]);
  });

  test('a placed order waits for its money and announces its total', () => {
    const order = Order.place('O1', Money.of('100.00', 'CNY'), 'C7', by);
    expect([order.number, order.status, order.customerId]).toEqual(['O1', 'pending', 'C7']);
    const total = { amount: '100.00', currency: 'CNY' };
    expect(order.events).toEqual([
      { type: 'order.created', at: AT, actor: 'admin:dev', orderNumber: 'O1', data: { total } },
    ]);
  });

  test('what a person moves names no payment, and what a payment moves names it', () => {
    const [byHand, paid] = [orderIn('paid'), orderIn('pending')];
    byHand.moveTo('shipped', by);
    paid.pay('P1', by);
    expect(byHand.events[0]).not.toHaveProperty('paymentNumber');
    expect(paid.events[0]).toHaveProperty('paymentNumber', 'P1');
  });

  test('each move announces a name of its own', () => {
    expect(new Set(Object.values(ORDER_EVENTS)).size).toBe(Object.keys(ORDER_MOVES).length);
  });
});
