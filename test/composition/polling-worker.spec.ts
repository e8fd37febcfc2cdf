import { Logger } from '@nestjs/common';
import { afterEach, beforeEach, expect, jest, test } from '@jest/globals';
import { PollingWorker } from '../../src/adapters/workers/polling-worker.js';
import { Unavailable } from '../../src/application/transaction.js';

const lines: string[] = [];
const record =
  (level: string) =>
  (message: string, ...rest: unknown[]): void =>
    void lines.push(`${level} ${message} ${JSON.stringify(rest[0])}`);

beforeEach(() => {
  jest.useFakeTimers();
  lines.length = 0;
  Logger.overrideLogger({ log: record('log'), warn: record('warn'), error: record('error') });
});
afterEach(() => {
  jest.useRealTimers();
  Logger.overrideLogger(['error']);
});

/** Runs once a second; each run takes the next result, and goes on with the last one. */
function workerWith(...results: readonly (Error | boolean)[]): PollingWorker {
  let run = 0;
  const worker = new PollingWorker('counting', 1_000, async () => {
    const result = results[Math.min(run, results.length - 1)]!;
    run += 1;
    if (result instanceof Error) throw result;
    return result;
  });
  worker.start();
  return worker;
}

test('a fault that lasts is logged at once, then once a minute with the number of failures', async () => {
  const worker = workerWith(new Unavailable('no database'));
  await jest.advanceTimersByTimeAsync(125_000);
  expect(lines).toEqual([
    'warn counting: temporarily unavailable {"why":"no database"}',
    'warn counting: temporarily unavailable 60 times {"why":"no database"}',
    'warn counting: temporarily unavailable 60 times {"why":"no database"}',
  ]);
  await worker.stop();
});

test('one line says that a fault is over', async () => {
  const down = new Unavailable('no database');
  const worker = workerWith(down, down, down, false);
  await jest.advanceTimersByTimeAsync(30_000);
  expect(lines).toEqual([
    'warn counting: temporarily unavailable {"why":"no database"}',
    'log counting: works again {"failures":3}',
  ]);
  await worker.stop();
});

test('a fault that comes and goes every second logs two lines a minute', async () => {
  const down = new Unavailable('no database');
  const worker = workerWith(...Array.from({ length: 60 }, () => [down, false]).flat());
  await jest.advanceTimersByTimeAsync(59_000);
  expect(lines).toHaveLength(2);
  await worker.stop();
});

test('a bug is logged although the database is unavailable as well', async () => {
  const worker = workerWith(new Unavailable('no database'), new Error('a bug'));
  await jest.advanceTimersByTimeAsync(5_000);
  expect(lines).toEqual([
    expect.stringMatching(/^warn counting: temporarily unavailable/),
    expect.stringMatching(/^error counting failed: a bug "Error: a bug/),
  ]);
  await worker.stop();
});
