import { beforeAll, describe, expect, test } from '@jest/globals';

interface Goal {
  readonly least?: number;
  readonly most?: number;
}
interface Row {
  readonly title: string;
  readonly of: readonly string[];
  readonly goal: Goal | null;
  readonly values: readonly number[];
  readonly median: number;
  readonly met: boolean | null;
}
type Figures = Readonly<Record<string, { readonly rate: number }>>;

/** The benchmark is plain JavaScript, so that it runs without a build. The callers declare the types. */
async function load<Module>(file: string): Promise<Module> {
  return (await import(`../../tools/bench/${file}`)) as Module;
}

describe('the table of the benchmark', () => {
  let rows: readonly Row[];
  let tableOf: (rounds: readonly Figures[]) => Row[];
  let textOf: (table: readonly Row[]) => string;
  let meets: (goal: Goal | null, value: number) => boolean | null;

  beforeAll(async () => {
    ({ ROWS: rows, meets } = await load<{ ROWS: Row[]; meets: typeof meets }>('goals.mjs'));
    ({ tableOf, textOf } = await load<{ tableOf: typeof tableOf; textOf: typeof textOf }>('report.mjs'));
  });

  const titled = (table: readonly Row[], title: string) => table.find((row) => row.title.startsWith(title))!;

  test('takes a ratio within each round, and then the median of the ratios', () => {
    const round = (distinct: number, pgbench: number) => ({
      distinct: { rate: distinct },
      pgbench: { rate: pgbench },
    });
    const table = tableOf([round(9000, 3000), round(3000, 1500), round(8000, 2000)]);
    expect(titled(table, 'distinct ÷ pgbench, one callback').values).toEqual([3, 2, 4]);
    expect(titled(table, 'distinct ÷ pgbench, one callback').median).toBe(3);
    // The ratio of the two medians, 8000 and 2000, would be another value.
    expect(titled(table, 'distinct callbacks').median).toBe(8000);
  });

  test('shows FAIL for a goal that is missed by a little, and leaves out what was not measured', () => {
    const table = tableOf([{ distinct: { rate: 2599 }, pgbench: { rate: 1000 } }]);
    expect(textOf(table)).toMatch(/distinct ÷ pgbench, one callback.*≥ 2\.60 +FAIL$/m);
    expect(textOf(table)).not.toContain('Alipay');
    const [met] = tableOf([{ distinct: { rate: 2600 }, pgbench: { rate: 1000 } }]).filter(({ goal }) => goal);
    expect(met!.met).toBe(true);
  });

  test('compares a value with both ends of a range, and with nothing if there is no goal', () => {
    const range = { least: 0.9, most: 1.1 };
    expect([0.89, 0.9, 1.1, 1.11].map((value) => meets(range, value))).toEqual([false, true, true, false]);
    expect(meets(null, 0)).toBeNull();
  });

  test('has every goal', () => {
    const goals = rows.flatMap(({ goal }) => (goal ? [goal.least ?? goal.most] : []));
    expect(goals).toEqual([2.6, 1, 0.95, 1.5, 0.7, 0.7, 25, 3, 2, 1, 0.9, 0.9, 250, 250, 250, 0.9, 3000, 1]);
  });
});

test('the clients that read lists ask for all four lists in turn, with the token of the operator', async () => {
  const { LISTS, listRequests } = await load<{
    LISTS: readonly string[];
    listRequests: (plan: unknown) => { count: number; at: (index: number) => Buffer };
  }>('list-requests.mjs');
  const requests = listRequests({ lists: LISTS, token: 'secret' });
  const texts = [0, 1, 2, 3, 4].map((index) => requests.at(index).toString());
  const paths = texts.map((text) => /^GET (\S+) HTTP\/1\.1\r\n/.exec(text)?.[1]);
  expect(paths).toEqual(
    ['orders', 'payments', 'callbacks', 'discrepancies', 'orders'].map(
      (list) => `/admin/v1/${list}?limit=200`,
    ),
  );
  expect(texts.every((text) => text.endsWith('authorization: Bearer secret\r\n\r\n'))).toBe(true);
});

describe('the figures of the benchmark', () => {
  test('a quantile is one of the measured values', async () => {
    const { quantile, median } = await load<{
      quantile: (sorted: readonly number[], share: number) => number;
      median: (values: readonly number[]) => number;
    }>('quantile.mjs');
    const hundred = Array.from({ length: 100 }, (_, index) => index + 1);
    expect([0, 0.5, 0.99, 1].map((share) => quantile(hundred, share))).toEqual([1, 50, 99, 100]);
    expect(quantile([7], 0.99)).toBe(7);
    expect([median([3, 1, 2]), median([4, 1, 3, 2])]).toEqual([2, 2.5]);
  });

  test('payment numbers are unique, and equal to what SQL and pgbench compute', async () => {
    const { numberOf, numberExpression, FIRST_OF_HISTORY } = await load<{
      numberOf: (index: number) => string;
      numberExpression: (index: string) => string;
      FIRST_OF_HISTORY: number;
    }>('numbers.mjs');
    const [base, step, modulus] = numberExpression('i').match(/\d+/g)!.map(BigInt);
    const last = FIRST_OF_HISTORY + 40_000_000;
    for (const index of [0, 1, 99_999, FIRST_OF_HISTORY, last]) {
      expect(numberOf(index)).toBe(String(base! + ((BigInt(index) * step!) % modulus!)));
    }
    // pgbench and PostgreSQL compute with 64 bits.
    expect(BigInt(last) * step!).toBeLessThan(2n ** 63n);
    expect(new Set(Array.from({ length: 20_000 }, (_, index) => numberOf(index))).size).toBe(20_000);
  });
});

describe('the rows that pgbench writes', () => {
  const sample = {
    number: '77',
    callbackId: '5',
    columns: {
      payments: {
        number: { type: 'text' },
        status: { type: 'text' },
        paid_at: { type: 'timestamp with time zone' },
      },
      events: {
        id: { type: 'bigint', automatic: true },
        callback_id: { type: 'bigint' },
        data: { type: 'jsonb' },
        note: { type: 'text' },
      },
    },
    changed: { payments: { status: 'succeeded', paid_at: '2026-11-23 08:00:00+00' } },
    added: { events: [{ id: '9', callback_id: '5', data: '{"of": "T-77"}', note: null }] },
  };
  const at = { n: ':n::text', callbackId: ':callback_id' };

  test('are those of the sample callback, with its number replaced everywhere', async () => {
    const { changeOf, insertOf } = await load<{
      changeOf: (sample: unknown, table: string, at: unknown) => string;
      insertOf: (
        sample: unknown,
        table: string,
        rows: unknown,
        at: unknown,
      ) => { into: string; values: string[][] };
    }>('rows.mjs');
    expect(changeOf(sample, 'payments', at)).toBe("status = E'succeeded', paid_at = now()");
    expect(insertOf(sample, 'events', sample.added.events, at)).toEqual({
      into: 'events (callback_id, data, note)',
      values: [[':callback_id', `(E'{"of"\\x3a "T-' || :n::text || E'"}')::jsonb`, 'NULL']],
    });
  });

  test('are refused if a callback writes to a table that the scripts do not know', async () => {
    const { ensureComplete } = await load<{ ensureComplete: (sample: unknown) => void }>(
      'pgbench-scripts.mjs',
    );
    const known = { changed: { payments: {}, orders: {} }, added: { callbacks: [], events: [] } };
    expect(() => ensureComplete(known)).not.toThrow();
    const more = { ...known, added: { ...known.added, audit: [] } };
    expect(() => ensureComplete(more)).toThrow(/audit/);
  });
});
