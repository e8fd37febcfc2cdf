import { expect, test } from '@jest/globals';
import { judgedTime } from '../../../src/domain/callbacks/judged-time.js';
import { SUCCESS } from '../settlement/situations.js';

const received = new Date('2026-11-23T08:20:00Z');
const earlier = new Date('2026-11-23T08:15:00Z');
const later = new Date('2026-11-23T08:25:00Z');

test.each([
  ['received_at' as const, earlier, received],
  ['paid_at' as const, earlier, earlier],
  ['paid_at' as const, null, received],
  ['paid_at' as const, later, received],
])('by %s, a payment that was made at %s is judged at %s', (by, paidAt, judged) => {
  expect(judgedTime({ ...SUCCESS, paidAt }, received, by)).toEqual(judged);
});
