import { afterEach, beforeEach, expect, jest, test } from '@jest/globals';
import { AuditMoney } from '../../../src/application/audit/audit-money.js';
import { ScriptedAudit } from '../fixtures/scripted-audit.js';

const PERIOD = { from: '2026-11-01T00:00:00Z', to: '2026-11-02T00:00:00Z' };
const PAGE_MS = 20;

beforeEach(() => void jest.useFakeTimers());
afterEach(() => void jest.useRealTimers());

/** An audit of five payments pages and nothing else. Each takes 20 ms, and `onPage` happens during the page of this index. */
function pacedAudit(onPage: (index: number, queries: ScriptedAudit) => void) {
  const queries = new ScriptedAudit();
  queries.newestCallback = '7';
  queries.pages.payments = [[], [], [], [], []];
  const begun: number[] = [];
  const page = queries.page.bind(queries);
  queries.page = (walk) => {
    begun.push(performance.now());
    onPage(begun.length - 1, queries);
    jest.advanceTimersByTime(PAGE_MS);
    return page(walk);
  };
  const audit = new AuditMoney(queries, { now: () => new Date() });
  const execute = (signal?: AbortSignal) => {
    const turn = <Page>(run: () => Promise<Page>): Promise<Page> => {
      signal?.throwIfAborted();
      return run();
    };
    return audit.execute(PERIOD, { sources: ['payments'], turn, signal });
  };
  return { begun, execute };
}

const gaps = (times: readonly number[]): number[] =>
  times.slice(1).map((time, index) => Math.round(time - times[index]!));

test('an audit rests for four times as long as a page took if a callback was stored since the page before', async () => {
  const { begun, execute } = pacedAudit((index, queries) => {
    if (index === 1 || index === 3) queries.newestCallback = `${index}00`;
  });
  const report = execute();
  await jest.runAllTimersAsync();
  await report;
  expect(gaps(begun)).toEqual([PAGE_MS, PAGE_MS + 4 * PAGE_MS, PAGE_MS, PAGE_MS + 4 * PAGE_MS]);
});

test('an audit without callbacks reads one page after the other', async () => {
  const { begun, execute } = pacedAudit(() => undefined);
  await execute();
  expect(gaps(begun)).toEqual([PAGE_MS, PAGE_MS, PAGE_MS, PAGE_MS]);
});

test('an audit that is stopped while it rests ends at once', async () => {
  const { begun, execute } = pacedAudit((index, queries) => (queries.newestCallback = String(index)));
  const stopping = new AbortController();
  const ended = execute(stopping.signal).then(
    () => 'done',
    (error: unknown) => String(error),
  );
  await jest.advanceTimersByTimeAsync(1);
  expect(begun).toHaveLength(2);
  stopping.abort(new Error('stopped'));
  expect(await ended).toBe('Error: stopped');
  expect([begun.length, jest.getTimerCount()]).toEqual([2, 0]);
});

test('a page that has waited very long is followed by a rest of one second', async () => {
  const { begun, execute } = pacedAudit((index, queries) => {
    queries.newestCallback = String(index);
    if (index === 1) jest.advanceTimersByTime(5_000);
  });
  const report = execute();
  await jest.runAllTimersAsync();
  await report;
  expect(gaps(begun)[1]).toBe(5_000 + PAGE_MS + 1_000);
});
