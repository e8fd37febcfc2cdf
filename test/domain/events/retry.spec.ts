import { expect, test } from '@jest/globals';
import { retryAt } from '../../../src/domain/events/retry.js';
import type { SubscriberKind } from '../../../src/domain/events/subscriber.js';

const AT = new Date('2026-11-23T08:00:00Z');
const secondsToRetry = (kind: SubscriberKind, attempt: number, jitter = 0) => {
  const at = retryAt(kind, attempt, AT, jitter);
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
