import { afterEach, beforeEach, expect, jest, test } from '@jest/globals';
import { loggerFor } from '../src/logger.js';

const written: string[] = [];
beforeEach(() => {
  written.length = 0;
  for (const name of ['stdout', 'stderr'] as const) {
    jest.spyOn(process[name], 'write').mockImplementation((text) => {
      written.push(`${name}: ${String(text)}`);
      return true;
    });
  }
});
afterEach(() => void jest.restoreAllMocks());
const turn = () => new Promise((resolve) => setImmediate(resolve));

test('lines that are told in one turn of the event loop are one write, each a line of JSON', async () => {
  const log = loggerFor({ logLevel: 'info', logFormat: 'json' });
  log.log('callback', { outcome: 'settled' }, 'Callback');
  log.warn('callback', { outcome: 'paid_late' }, 'Callback');
  expect(written).toEqual([]);
  await turn();
  expect(written).toHaveLength(1);
  const lines = written[0]!.slice('stdout: '.length).trimEnd().split('\n');
  expect(lines.map((line) => JSON.parse(line) as object)).toMatchObject([
    { level: 'log', context: 'Callback', message: 'callback', outcome: 'settled' },
    { level: 'warn', context: 'Callback', message: 'callback', outcome: 'paid_late' },
  ]);
});

test('an error is told at once, and after what was told before it', async () => {
  const log = loggerFor({ logLevel: 'info', logFormat: 'json' });
  log.log('first');
  log.error('second');
  log.log('third');
  await turn();
  expect(written.map((text) => /^(\w+): .*"message":"(\w+)"/.exec(text)?.slice(1))).toEqual([
    ['stdout', 'first'],
    ['stderr', 'second'],
    ['stdout', 'third'],
  ]);
});

test('what the framework wires is told to nobody', async () => {
  const log = loggerFor({ logLevel: 'debug', logFormat: 'json' });
  log.log('AppModule dependencies initialized', 'InstanceLoader');
  await turn();
  expect(written).toEqual([]);
});

test('what JSON cannot say is told all the same', async () => {
  const log = loggerFor({ logLevel: 'info', logFormat: 'json' });
  const circle: { itself?: object } = {};
  circle.itself = circle;
  log.warn('odd', { circle, amount: 10n });
  await turn();
  expect(JSON.parse(written[0]!.slice('stdout: '.length))).toMatchObject({ level: 'warn', message: 'odd' });
});
