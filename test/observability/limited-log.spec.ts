import { afterEach, beforeEach, expect, jest, test } from '@jest/globals';
import { LimitedLog } from '../../src/adapters/observability/limited-log.js';
import { CapturedLog } from '../captured-log.js';

let log: CapturedLog;
let limited: LimitedLog;
beforeEach(() => {
  jest.useFakeTimers();
  log = new CapturedLog();
  limited = new LimitedLog(log);
});
afterEach(() => {
  jest.useRealTimers();
});

const texts = () => log.lines.map(({ level, text }) => `${level} ${text}`);
const write = (count: number, message = 'rejected') => {
  for (let nth = 0; nth < count; nth += 1) limited.write('warn', message, { nth });
};

test('ten lines of a second are written, and within a second the number of those that were left out', () => {
  write(25);
  expect(log.lines).toHaveLength(10);
  jest.advanceTimersByTime(1_000);
  expect(texts().slice(10)).toEqual(['warn "similar lines left out" {"line":"rejected","left":15}']);
});

test('when the lines stop, one line says so, with the number of all that were left out', () => {
  for (let second = 0; second < 3; second += 1) {
    write(25);
    jest.advanceTimersByTime(1_000);
  }
  jest.advanceTimersByTime(20_000);
  const last = texts().at(-1);
  expect(last).toBe('info "similar lines have stopped" {"line":"rejected","left":45,"seconds":2}');
  expect(texts().filter((line) => line.includes('similar'))).toHaveLength(4);
});

test('while lines keep coming, nothing says that they have stopped, and the next flood is reported as the first', () => {
  write(25);
  for (let nth = 0; nth < 5; nth += 1) {
    jest.advanceTimersByTime(9_000);
    write(1);
  }
  expect(texts().join()).not.toContain('have stopped');
  jest.advanceTimersByTime(20_000);
  write(11);
  jest.advanceTimersByTime(20_000);
  expect(texts().filter((line) => line.includes('have stopped'))).toHaveLength(2);
});

test('a flood of one message hides no other', () => {
  write(1_000);
  limited.write('error', 'not stored', { why: 'unavailable' });
  expect(texts().at(-1)).toBe('error "not stored" {"why":"unavailable"}');
});

test('few lines are written as they are, and nothing is added', () => {
  write(10);
  jest.advanceTimersByTime(20_000);
  expect(log.lines).toHaveLength(10);
});
