import { afterEach, beforeEach, expect, jest, test } from '@jest/globals';
import { StreamCondition } from '../../src/adapters/nats/stream-condition.js';
import { CapturedLog } from '../captured-log.js';

const SUBJECT = 'quittance.order.paid';
const MINUTE_MS = 60_000;

let log: CapturedLog;
let condition: StreamCondition;
beforeEach(() => {
  jest.useFakeTimers();
  log = new CapturedLog();
  condition = new StreamCondition('QUITTANCE', log);
});
afterEach(() => {
  jest.useRealTimers();
});

const levels = () => log.lines.map(({ level }) => level);
const refuse = (event: string, why = 'full') => condition.rejected(event, SUBJECT, why);

test('a refusal that lasts is logged at once and then once a minute, with the number of refusals', () => {
  condition.established();
  for (let second = 0; second < 180; second += 1) {
    for (let nth = 0; nth < 5; nth += 1) refuse(`evt_${nth}`);
    jest.advanceTimersByTime(1_000);
  }
  expect(levels()).toEqual(['info', 'warn', 'warn', 'warn']);
  expect(log.lines.slice(1).map(({ text }) => /"refusals":(\d+)/.exec(text)![1])).toEqual([
    '1',
    '301',
    '601',
  ]);
});

test('each cause is logged by itself, and a server that invents causes is logged at a bounded rate', () => {
  for (let nth = 0; nth < 1_000; nth += 1) refuse(`evt_${nth}`, `cause ${nth}`);
  expect(log.lines.length).toBeLessThanOrEqual(17);
});

test('it is over when every event that was refused is accepted, and the next trouble is logged at once', () => {
  condition.established();
  refuse('evt_1');
  refuse('evt_2', 'too large');
  condition.accepted('evt_1');
  condition.accepted('evt_3');
  expect(condition.state().lastError).toBe('too large');
  condition.accepted('evt_2');
  expect(condition.state()).toEqual({ stream: 'QUITTANCE', connected: true, lastError: null });
  expect(log.lines.at(-1)!.text).toContain(
    '"JetStream accepts events again" {"stream":"QUITTANCE","refusals":2}',
  );
  refuse('evt_4');
  expect(levels()).toEqual(['info', 'warn', 'warn', 'info', 'warn']);
});

test('an event that another process has sent since is no trouble for ever', () => {
  condition.established();
  refuse('evt_1');
  jest.advanceTimersByTime(3 * MINUTE_MS);
  expect(condition.state().lastError).toBeNull();
});

test('a connection that is lost is logged once for each reason, and no more when the process stops', () => {
  condition.lost('refused');
  condition.lost('refused');
  expect(condition.state()).toEqual({ stream: 'QUITTANCE', connected: false, lastError: 'refused' });
  condition.established();
  condition.lost('refused');
  condition.ended();
  condition.lost('closed');
  expect(levels()).toEqual(['warn', 'info', 'warn']);
});
