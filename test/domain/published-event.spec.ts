import { describe, expect, test } from '@jest/globals';
import { eventNumber, publishedEvent, type KeptEvent } from '../../src/domain/published-event.js';

const AT = new Date('2026-11-23T08:00:00Z');
const KEPT: KeptEvent = {
  id: '42',
  type: 'order.paid',
  at: AT,
  orderNumber: 'O1',
  paymentNumber: 'P1',
  data: { from: 'pending', to: 'paid' },
};

describe('an event that is sent out', () => {
  test('has the public id, the order, the payment and what is told of it', () => {
    expect(publishedEvent(KEPT)).toStrictEqual({
      id: 'evt_42',
      type: 'order.paid',
      at: AT,
      data: { orderNumber: 'O1', paymentNumber: 'P1', from: 'pending', to: 'paid' },
    });
  });

  test('names no payment where there is none, and never tells what one of our people wrote', () => {
    const { data } = publishedEvent({
      ...KEPT,
      paymentNumber: null,
      data: { to: 'shipped', note: 'fragile' },
    });
    expect(data).toStrictEqual({ orderNumber: 'O1', to: 'shipped' });
  });
});

test.each([
  ['evt_1', '1'],
  ['evt_123456789012345678', '123456789012345678'],
  ['evt_1234567890123456789', null],
  ['evt_0', null],
  ['evt_01', null],
  ['evt_', null],
  ['evt_1 ', null],
  ['evt_1x', null],
  [' evt_1', null],
  ['1', null],
  ['', null],
])('the number in the log of the public id %j is %j', (id, number) => {
  expect(eventNumber(id)).toBe(number);
});
