import { expect, test } from '@jest/globals';
import { retryAt } from '../../../src/domain/events/retry.js';
import type { SubscriberKind } from '../../../src/domain/events/subscriber.js';

const AT = new Date('2026-11-23T08:00:00Z');
const secondsToRetry = (kind: SubscriberKind, attempt: number, jitter = 0, retryAfterSeconds?: number) => {
  const at = retryAt(kind, { attempt, at: AT, retryAfterSeconds }, jitter);
  return at && (at.getTime() - AT.getTime()) / 1_000;
};

test.each([
  [1, 5],
  [2, 10],
  [3, 20],
  [10, 2_560],
  [11, 3_600],
  [80, 3_600],
  [81, null],
])('a webhook is retried after attempt %i in %j seconds', (attempt, seconds) => {
  expect(secondsToRetry('webhook', attempt)).toBe(seconds);
});

test.each([
  [1, 5],
  [2, 10],
  [4, 40],
  [5, 60],
  [1_000, 60],
])('JetStream is retried after attempt %i in %i seconds, and never given up', (attempt, seconds) => {
  expect(secondsToRetry('nats', attempt)).toBe(seconds);
});

test('jitter adds up to a tenth of the delay', () => {
  expect(secondsToRetry('webhook', 2, 0.5)).toBe(10.5);
  expect(secondsToRetry('webhook', 2, 1)).toBe(11);
});

test.each([
  [1, 60, 60],
  [1, 3, 5],
  [1, 0, 5],
  [11, 60, 3_600],
  [1, 86_400, 86_400],
  [1, 86_401, 86_400],
  [1, Number.MAX_SAFE_INTEGER, 86_400],
  [81, 60, null],
])(
  'after attempt %i a receiver that asks for a pause of %i seconds gets the event again in %j: a day at most, and never earlier than without it',
  (attempt, asked, seconds) => {
    expect(secondsToRetry('webhook', attempt, 0, asked)).toBe(seconds);
  },
);
