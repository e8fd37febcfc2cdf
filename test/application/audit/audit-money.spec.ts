import { expect, test } from '@jest/globals';
import { AuditMoney } from '../../../src/application/audit/audit-money.js';
import type { BrokenPiece } from '../../../src/application/audit/audit-queries.js';
import { WatchMoney } from '../../../src/application/audit/watch-money.js';
import { NOW } from '../fixtures/receipts.js';
import { ScriptedAudit, brokenPiece } from '../fixtures/scripted-audit.js';

const MINUTE_MS = 60_000;
const DAY_MS = 1_440 * MINUTE_MS;
const PERIOD = { from: '2026-11-01T00:00:00Z', to: '2026-11-02T00:00:00Z' };
const atOnce = <Page>(page: () => Promise<Page>): Promise<Page> => page();

function watched() {
  const queries = new ScriptedAudit();
  const clock = { at: NOW, now: () => new Date(clock.at) };
  const audit = new AuditMoney(queries, clock);
  return { queries, clock, audit, watch: new WatchMoney(audit, queries, clock) };
}

test('an audit reads every page of every table that names money, and counts a piece once that is found twice', async () => {
  const { queries, audit } = watched();
  const [first, second] = [brokenPiece(), brokenPiece()];
  queries.pages.payments = [[first], [], [second]];
  queries.pages.callbacks = [[first]];
  const report = await audit.execute(PERIOD);
  expect(queries.read).toEqual([
    'payments 0',
    'payments 1',
    'payments 2',
    'discrepancies 0',
    'callbacks 0',
    'refunds 0',
    'disputes 0',
  ]);
  expect(report).toEqual({
    ...PERIOD,
    checkedAt: new Date(NOW),
    pieces: 70,
    unowned: 2,
    broken: [first, second],
  });
});

test('an audit that finds very many violations names the first thousand and counts the rest', async () => {
  const { queries, audit } = watched();
  queries.pages.payments = [Array.from({ length: 1_500 }, () => brokenPiece())];
  const { unowned, broken } = await audit.execute(PERIOD);
  expect([unowned, broken.length]).toEqual([1_500, 1_000]);
});

test('what is new is audited from a minute before the last audit on, with the log, and a failed audit is made up for', async () => {
  const { queries, clock, watch } = watched();
  clock.at += MINUTE_MS;
  await watch.auditNew(atOnce);
  expect(queries.read.at(-1)).toBe('events 0');
  clock.at += MINUTE_MS;
  await expect(watch.auditNew(() => Promise.reject(new Error('no database')))).rejects.toThrow('no database');
  clock.at += MINUTE_MS;
  await watch.auditNew(atOnce);
  const from = (ms: number) => new Date(NOW + ms).toISOString();
  expect(queries.periods).toEqual([
    { from: from(-MINUTE_MS), to: from(MINUTE_MS) },
    { from: from(0), to: from(3 * MINUTE_MS) },
  ]);
});

test('all of the last 90 days is audited after the start and then once a day', async () => {
  const { queries, clock, watch } = watched();
  expect(await watch.auditAll(atOnce)).toMatchObject({ unowned: 0 });
  clock.at += DAY_MS - 1;
  expect(await watch.auditAll(atOnce)).toBeNull();
  clock.at += 1;
  await watch.auditAll(atOnce);
  expect(queries.periods).toEqual([
    { from: new Date(NOW - 90 * DAY_MS).toISOString(), to: new Date(NOW).toISOString() },
    { from: new Date(NOW - 89 * DAY_MS).toISOString(), to: new Date(NOW + DAY_MS).toISOString() },
  ]);
});

test('a violation is found once, and is counted until the piece has its owner again', async () => {
  const { queries, watch } = watched();
  const [old, fresh] = [brokenPiece({ violations: ['no_owner', 'ending_not_found'] }), brokenPiece()];
  queries.pages.payments = [[old]];
  const { violations: _, ...piece } = old;
  expect(await watch.auditAll(atOnce)).toMatchObject({
    unowned: 1,
    found: [
      { ...piece, violation: 'no_owner' },
      { ...piece, violation: 'ending_not_found' },
    ],
  });
  queries.pages.payments = [[]];
  queries.pages.callbacks = [[fresh]];
  expect(await watch.auditNew(atOnce)).toMatchObject({
    unowned: 2,
    found: [{ transactionId: fresh.transactionId }],
  });
  expect(await watch.auditNew(atOnce)).toMatchObject({ unowned: 2, found: [] });
  queries.pages.callbacks = [[]];
  queries.isBroken = ({ transactionId }) => transactionId !== old.transactionId;
  expect(await watch.auditNew(atOnce)).toMatchObject({ unowned: 1, found: [] });
  queries.isBroken = () => false;
  expect(await watch.auditNew(atOnce)).toMatchObject({ unowned: 0, found: [] });
});

test('pieces beyond those that are known by name are counted until the next audit of everything', async () => {
  const { queries, watch } = watched();
  queries.pages.payments = [Array.from({ length: 1_500 }, () => brokenPiece())];
  expect(await watch.auditAll(atOnce)).toMatchObject({ unowned: 1_500 });
  queries.pages.payments = [[]];
  queries.isBroken = () => false;
  expect(await watch.auditNew(atOnce)).toMatchObject({ unowned: 500 });
});

test('what one audit finds while the other examines again is not lost', async () => {
  const { queries, watch } = watched();
  const [first, second] = [brokenPiece(), brokenPiece()];
  queries.pages.payments = [[first]];
  await watch.auditAll(atOnce);
  const examine = queries.examine.bind(queries);
  queries.examine = async (asked) => {
    queries.examine = examine;
    await watch.auditNew(atOnce);
    return asked.filter(({ transactionId }) => transactionId === first.transactionId) as BrokenPiece[];
  };
  queries.pages.payments = [[]];
  queries.pages.callbacks = [[]];
  const page = queries.page.bind(queries);
  let pages = 0;
  // Only the other audit finds the second piece.
  queries.page = async (walk) => {
    const found = await page(walk);
    return (pages += 1) === 7 ? { ...found, broken: [second] } : found;
  };
  expect(await watch.auditNew(atOnce)).toMatchObject({ unowned: 2 });
});
