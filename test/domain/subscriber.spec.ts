import { describe, expect, test } from '@jest/globals';
import {
  retryAt,
  Subscriber,
  type SubscriberKind,
  type SubscriberStatus,
} from '../../src/domain/subscriber.js';

const AT = new Date('2026-11-23T08:00:00Z');
const after = (seconds: number) => new Date(AT.getTime() + seconds * 1_000);
const secondsToRetry = (kind: SubscriberKind, attempt: number, luck = 0) => {
  const at = retryAt(kind, attempt, AT, luck);
  return at && (at.getTime() - AT.getTime()) / 1_000;
};

describe('the next attempt', () => {
  test.each([
    [1, 5],
    [2, 10],
    [3, 20],
    [10, 2_560],
    [11, 3_600],
    [80, 3_600],
    [81, null],
  ])('at a webhook, after attempt %i, comes in %j seconds', (attempt, seconds) => {
    expect(secondsToRetry('webhook', attempt)).toBe(seconds);
  });

  test.each([
    [1, 5],
    [2, 10],
    [4, 40],
    [5, 60],
    [1_000, 60],
  ])('at JetStream, after attempt %i, comes in %i seconds and is never given up', (attempt, seconds) => {
    expect(secondsToRetry('nats', attempt)).toBe(seconds);
  });

  test('luck spreads a crowd over a tenth of the delay more', () => {
    expect(secondsToRetry('webhook', 2, 0.5)).toBe(10.5);
    expect(secondsToRetry('webhook', 2, 1)).toBe(11);
  });
});

describe('a subscriber that fails', () => {
  const failed = { delivered: false, httpStatus: 500, error: 'HTTP 500' } as const;
  const gone = { delivered: false, httpStatus: 410, error: 'HTTP 410', gone: true } as const;
  const fresh = { failures: 0, failingSince: null, pausedBecause: null, pausedAt: null };
  const subscriber = (kind: SubscriberKind = 'webhook', status: SubscriberStatus = 'active') =>
    new Subscriber('1', kind, { ...fresh, status });
  /** So many failures, the first at once and the last after so many seconds; whether the last one has paused it. */
  const fail = (failing: Subscriber, times: number, seconds: number): boolean => {
    for (let each = 1; each < times; each += 1) expect(failing.record(failed, AT)).toBe(false);
    return failing.record(failed, after(seconds));
  };

  test.each([
    [20, 300, true],
    [21, 300, true],
    [20, 299, false],
    [19, 300, false],
    [19, 86_400, false],
    [40, 299, false],
  ])('%i times in a row, over %i seconds: paused is %j', (times, seconds, isPaused) => {
    const failing = subscriber();
    expect(fail(failing, times, seconds)).toBe(isPaused);
    const because = `${times} attempts in a row failed, the last one with: HTTP 500`;
    expect(failing.state).toEqual({
      status: isPaused ? 'paused' : 'active',
      failures: times,
      failingSince: AT,
      pausedBecause: isPaused ? because : null,
      pausedAt: isPaused ? after(seconds) : null,
    });
  });

  test('with 410 Gone is paused at once, and says why', () => {
    const failing = subscriber();
    expect(failing.record(gone, AT)).toBe(true);
    expect(failing.state).toMatchObject({
      status: 'paused',
      pausedBecause: 'it answered 410 Gone',
      pausedAt: AT,
    });
  });

  test('and then delivers begins to count anew', () => {
    const failing = subscriber();
    fail(failing, 19, 300);
    expect(failing.record({ delivered: true, httpStatus: 200 }, after(301))).toBe(false);
    expect(failing.state).toEqual({ ...fresh, status: 'active' });
    expect(failing.record(failed, after(900))).toBe(false);
    expect(failing.state).toMatchObject({ failures: 1, failingSince: after(900) });
  });

  test('is not paused where it is JetStream, which belongs to whoever runs this', () => {
    const stream = subscriber('nats');
    expect(fail(stream, 40, 86_400)).toBe(false);
    expect(stream.record(gone, after(86_401))).toBe(false);
    expect(stream.state).toMatchObject({ status: 'active', failures: 41, pausedBecause: null });
  });

  test.each(['paused', 'off'] as const)('and is %s already is not paused once more', (status) => {
    const failing = subscriber('webhook', status);
    expect(failing.record(gone, AT)).toBe(false);
    expect(failing.state).toMatchObject({ status, failures: 1, pausedBecause: null, pausedAt: null });
  });

  test('and is resumed starts as if nothing had been', () => {
    const failing = subscriber();
    failing.record(gone, AT);
    failing.resume();
    expect(failing.state).toEqual({ ...fresh, status: 'active' });
  });
});
