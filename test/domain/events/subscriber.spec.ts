import { describe, expect, test } from '@jest/globals';
import {
  Subscriber,
  type SubscriberKind,
  type SubscriberStatus,
} from '../../../src/domain/events/subscriber.js';

const AT = new Date('2026-11-23T08:00:00Z');
const after = (seconds: number) => new Date(AT.getTime() + seconds * 1_000);

const FAILED = { delivered: false, httpStatus: 500, error: 'HTTP 500' } as const;
const GONE = { delivered: false, httpStatus: 410, error: 'HTTP 410', gone: true } as const;
const HEALTHY = { failures: 0, failingSince: null, pausedBecause: null, pausedAt: null, heldUntil: null };

const subscriber = (kind: SubscriberKind = 'webhook', status: SubscriberStatus = 'active') =>
  new Subscriber('1', kind, { ...HEALTHY, status });

/** Records so many failures, all but the last at once and the last after so many seconds. Returns whether the last has paused it. */
function fail(failing: Subscriber, times: number, seconds: number): boolean {
  for (let each = 1; each < times; each += 1) expect(failing.record(FAILED, AT)).toBe(false);
  return failing.record(FAILED, after(seconds));
}

describe('a subscriber that fails', () => {
  test.each([
    [20, 300, true],
    [21, 300, true],
    [20, 299, false],
    [19, 300, false],
    [19, 86_400, false],
    [40, 299, false],
  ])('%i times in a row within %i seconds is paused: %j', (times, seconds, isPaused) => {
    const failing = subscriber();
    expect(fail(failing, times, seconds)).toBe(isPaused);
    const because = `${times} attempts in a row failed, the last one with: HTTP 500`;
    expect(failing.state).toEqual({
      status: isPaused ? 'paused' : 'active',
      failures: times,
      failingSince: AT,
      pausedBecause: isPaused ? because : null,
      pausedAt: isPaused ? after(seconds) : null,
      heldUntil: null,
    });
  });

  test('with 410 Gone is paused at once, and the reason is stored', () => {
    const failing = subscriber();
    expect(failing.record(GONE, AT)).toBe(true);
    expect(failing.state).toMatchObject({
      status: 'paused',
      pausedBecause: 'it answered 410 Gone',
      pausedAt: AT,
    });
  });

  test('counts from zero again after a successful attempt', () => {
    const failing = subscriber();
    fail(failing, 19, 300);
    expect(failing.record({ delivered: true, httpStatus: 200 }, after(301))).toBe(false);
    expect(failing.state).toEqual({ ...HEALTHY, status: 'active' });
    expect(failing.record(FAILED, after(900))).toBe(false);
    expect(failing.state).toMatchObject({ failures: 1, failingSince: after(900) });
  });

  test('is never paused if it is JetStream, which belongs to this installation', () => {
    const stream = subscriber('nats');
    expect(fail(stream, 40, 86_400)).toBe(false);
    expect(stream.record(GONE, after(86_401))).toBe(false);
    expect(stream.state).toMatchObject({ status: 'active', failures: 41, pausedBecause: null });
  });

  test.each(['paused', 'off'] as const)('and is %s already is not paused again', (status) => {
    const failing = subscriber('webhook', status);
    expect(failing.record(GONE, AT)).toBe(false);
    expect(failing.state).toMatchObject({ status, failures: 1, pausedBecause: null, pausedAt: null });
  });

  test('and is resumed starts without any failure', () => {
    const failing = subscriber();
    failing.record(GONE, AT);
    failing.resume();
    expect(failing.state).toEqual({ ...HEALTHY, status: 'active' });
  });

  test('and asks for a pause is sent nothing before its end, and the deliveries that were in flight count as one failure', () => {
    const failing = subscriber();
    const busy = (retryAfterSeconds: number) => ({ ...FAILED, httpStatus: 429, retryAfterSeconds });
    for (let each = 0; each < 32; each += 1) failing.record(busy(60), AT);
    expect(failing.state).toMatchObject({ status: 'active', failures: 1, heldUntil: after(60) });
    failing.record(busy(10), after(1));
    expect(failing.state).toMatchObject({ failures: 1, heldUntil: after(60) });
    failing.record(busy(120), after(2));
    expect(failing.state).toMatchObject({ failures: 1, heldUntil: after(122) });
    failing.record(busy(30), after(122));
    expect(failing.state).toMatchObject({ failures: 2, heldUntil: after(152) });
    failing.record({ delivered: true, httpStatus: 200 }, after(153));
    expect(failing.state).toMatchObject({ failures: 0, failingSince: null });
    failing.record(busy(999_999), after(200));
    expect(failing.state).toMatchObject({ failures: 1, heldUntil: after(200 + 86_400) });
    failing.resume();
    expect(failing.state).toEqual({ ...HEALTHY, status: 'active' });
  });
});
