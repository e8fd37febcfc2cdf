import { Logger } from '@nestjs/common';
import { afterEach, beforeEach, expect, jest, test } from '@jest/globals';
import { Metrics } from '../../src/adapters/observability/metrics.js';
import { AuditWorker } from '../../src/adapters/workers/audit-worker.js';
import { AuditMoney } from '../../src/application/audit/audit-money.js';
import { WatchMoney } from '../../src/application/audit/watch-money.js';
import { Unavailable } from '../../src/application/transaction.js';
import { ScriptedAudit, brokenPiece } from '../application/fixtures/scripted-audit.js';

const lines: string[] = [];
const record =
  (level: string) =>
  (message: string, ...rest: unknown[]): void =>
    void lines.push(`${level} ${message} ${JSON.stringify(rest[0])}`);

let queries: ScriptedAudit;
let metrics: Metrics;
let worker: AuditWorker;
beforeEach(() => {
  jest.useFakeTimers({ doNotFake: ['performance'] });
  lines.length = 0;
  Logger.overrideLogger({ log: record('log'), warn: record('warn'), error: record('error') });
  queries = new ScriptedAudit();
  metrics = new Metrics();
  const clock = { now: () => new Date() };
  worker = new AuditWorker(new WatchMoney(new AuditMoney(queries, clock), queries, clock), metrics);
});
afterEach(async () => {
  await worker.beforeApplicationShutdown();
  jest.useRealTimers();
  Logger.overrideLogger(['error']);
});

async function gauge(name: string): Promise<number> {
  const text = await metrics.text({
    pending: null,
    openCases: null,
    lags: null,
    disputes: null,
    refunds: null,
  });
  return Number(new RegExp(`^${name} (\\S+)$`, 'm').exec(text)?.[1]);
}

test('a violation is logged once, and the gauge tells of it until it is over', async () => {
  const piece = brokenPiece({ transactionId: 'T-lost', orderNumber: 'O-1' });
  queries.pages.callbacks = [[piece]];
  worker.onApplicationBootstrap();
  expect(await gauge('quittance_unowned_money')).toBe(0);
  await jest.advanceTimersByTimeAsync(190_000);
  expect(lines).toEqual([
    'error money without exactly one owner: no_owner {"gateway":"stripe","transactionId":"T-lost","paymentNumber":null,"orderNumber":"O-1","discrepancyId":null}',
  ]);
  expect(await gauge('quittance_unowned_money')).toBe(1);
  queries.pages.callbacks = [[]];
  queries.isBroken = () => false;
  await jest.advanceTimersByTimeAsync(60_000);
  expect([await gauge('quittance_unowned_money'), lines.length]).toEqual([0, 1]);
});

test('the gauge tells until when the process has audited', async () => {
  const startedAt = await gauge('quittance_audited_until_timestamp_seconds');
  expect(startedAt).toBeCloseTo(Date.now() / 1_000, 0);
  worker.onApplicationBootstrap();
  await jest.advanceTimersByTimeAsync(125_000);
  expect(await gauge('quittance_audited_until_timestamp_seconds')).toBeCloseTo(startedAt + 120, 0);
});

test('a page that the database cannot serve for a moment is read again, and the audit goes on', async () => {
  const page = queries.page.bind(queries);
  let failures = 0;
  queries.page = async (walk) => {
    if (walk.source === 'refunds' && failures < 3) throw new Unavailable(`failure ${(failures += 1)}`);
    return page(walk);
  };
  worker.onApplicationBootstrap();
  await jest.advanceTimersByTimeAsync(100_000);
  expect([failures, lines]).toEqual([3, []]);
  expect(queries.read.filter((each) => each === 'payments 0')).toHaveLength(2);
});
