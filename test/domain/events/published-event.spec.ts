import { describe, expect, test } from '@jest/globals';
import { eventNumber, publishedEvent, type StoredEvent } from '../../../src/domain/events/published-event.js';

const AT = new Date('2026-11-23T08:00:00Z');
const STORED: StoredEvent = {
  id: '42',
  type: 'order.paid',
  at: AT,
  orderNumber: 'O1',
  paymentNumber: 'P1',
  data: { from: 'pending', to: 'paid' },
};

describe('a published event', () => {
  test('has its public id, the order, the payment and the data of the log', () => {
    expect(publishedEvent(STORED)).toStrictEqual({
      id: 'evt_42',
      type: 'order.paid',
      at: AT,
      data: { orderNumber: 'O1', paymentNumber: 'P1', from: 'pending', to: 'paid' },
    });
  });

  test('of an earlier release, with less data, is published with the data that it has', () => {
    const data = { kind: 'unmatched', gateway: 'stripe', transactionId: 'T1' };
    const stored = { ...STORED, type: 'discrepancy.opened' as const, orderNumber: null, data };
    expect(publishedEvent(stored).data).toStrictEqual({ orderNumber: null, paymentNumber: 'P1', ...data });
  });

  test('contains no payment number if there is none, and never a note', () => {
    const { data } = publishedEvent({
      ...STORED,
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
])('the number of the event with the public id %j is %j', (id, number) => {
  expect(eventNumber(id)).toBe(number);
});
