import { afterEach, beforeEach, expect, jest, test } from '@jest/globals';
import { loggerFor } from '../../src/adapters/observability/logger.js';

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
const nextTurn = () => new Promise((resolve) => setImmediate(resolve));

test('lines of one turn of the event loop are one write, each a line of JSON', async () => {
  const log = loggerFor({ logLevel: 'info', logFormat: 'json' });
  log.log('callback', { outcome: 'settled' }, 'Callback');
  log.warn('callback', { outcome: 'paid_late' }, 'Callback');
  expect(written).toEqual([]);
  await nextTurn();
  expect(written).toHaveLength(1);
  const lines = written[0]!.slice('stdout: '.length).trimEnd().split('\n');
  expect(lines.map((line) => JSON.parse(line) as object)).toMatchObject([
    { level: 'log', context: 'Callback', message: 'callback', outcome: 'settled' },
    { level: 'warn', context: 'Callback', message: 'callback', outcome: 'paid_late' },
  ]);
});

test('an error is written at once, after the lines before it', async () => {
  const log = loggerFor({ logLevel: 'info', logFormat: 'json' });
  log.log('first');
  log.error('second');
  log.log('third');
  await nextTurn();
  expect(written.map((text) => /^(\w+): .*"message":"(\w+)"/.exec(text)?.slice(1))).toEqual([
    ['stdout', 'first'],
    ['stderr', 'second'],
    ['stdout', 'third'],
  ]);
});

test('lines about the wiring of the framework are not written', async () => {
  const log = loggerFor({ logLevel: 'debug', logFormat: 'json' });
  log.log('AppModule dependencies initialized', 'InstanceLoader');
  await nextTurn();
  expect(written).toEqual([]);
});

test('values that JSON cannot represent do not prevent the line', async () => {
  const log = loggerFor({ logLevel: 'info', logFormat: 'json' });
  const circular: { self?: object } = {};
  circular.self = circular;
  log.warn('odd', { circular, amount: 10n });
  await nextTurn();
  expect(JSON.parse(written[0]!.slice('stdout: '.length))).toMatchObject({ level: 'warn', message: 'odd' });
});

test('what Nest logs about a start that failed is left out, because the process says it in one line', async () => {
  for (const logFormat of ['json', 'pretty'] as const) {
    const log = loggerFor({ logLevel: 'info', logFormat });
    log.error('Unable to connect to the database', 'Error: a stack', 'TypeOrmModule');
    log.error(new Error('password authentication failed'), 'ExceptionHandler');
    log.error('Error: listen EADDRINUSE', 'NestApplication');
    await nextTurn();
    expect(written).toEqual([]);
    log.error('a bug', 'Error: a stack', 'Worker');
    await nextTurn();
    expect(written.splice(0).join('')).toContain('a bug');
  }
});
