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

/** The benchmark is plain JavaScript, which runs without a build of its own; its types are told here. */
async function load<Module>(file: string): Promise<Module> {
  return (await import(`../bench/${file}`)) as Module;
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
    // The medians of both are 8000 and 2000, whose ratio no round has seen at that place.
    expect(titled(table, 'distinct callbacks').median).toBe(8000);
  });

  test('says FAIL of a goal that is missed by however little, and leaves out what was not measured', () => {
    const table = tableOf([{ distinct: { rate: 2599 }, pgbench: { rate: 1000 } }]);
    expect(textOf(table)).toMatch(/distinct ÷ pgbench, one callback.*≥ 2\.60 +FAIL$/m);
    expect(textOf(table)).not.toContain('Alipay');
    const [met] = tableOf([{ distinct: { rate: 2600 }, pgbench: { rate: 1000 } }]).filter(({ goal }) => goal);
    expect(met!.met).toBe(true);
  });

  test('holds a value to both ends of a range, and to none where there is no goal', () => {
    const range = { least: 0.9, most: 1.1 };
    expect([0.89, 0.9, 1.1, 1.11].map((value) => meets(range, value))).toEqual([false, true, true, false]);
    expect(meets(null, 0)).toBeNull();
  });

  test('has every goal that was set', () => {
    const goals = rows.flatMap(({ goal }) => (goal ? [goal.least ?? goal.most] : []));
    expect(goals).toEqual([2.6, 1, 1.5, 0.7, 0.7, 25, 3, 1, 0.9, 0.9, 250, 250, 0.9, 3000, 1]);
  });
});

describe('the figures of the benchmark', () => {
  test('a quantile is a value that was measured', async () => {
    const { quantile, median } = await load<{
      quantile: (sorted: readonly number[], share: number) => number;
      median: (values: readonly number[]) => number;
    }>('quantile.mjs');
    const hundred = Array.from({ length: 100 }, (_, index) => index + 1);
    expect([0, 0.5, 0.99, 1].map((share) => quantile(hundred, share))).toEqual([1, 50, 99, 100]);
    expect(quantile([7], 0.99)).toBe(7);
    expect([median([3, 1, 2]), median([4, 1, 3, 2])]).toEqual([2, 2.5]);
  });

  test('payments have numbers as SQL and pgbench reckon them, and no two have the same', async () => {
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
    // pgbench and PostgreSQL reckon in 64 bits.
    expect(BigInt(last) * step!).toBeLessThan(2n ** 63n);
    expect(new Set(Array.from({ length: 20_000 }, (_, index) => numberOf(index))).size).toBe(20_000);
  });
});

describe('the rows that pgbench writes', () => {
  const specimen = {
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

  test('are those of the callback that was read, with another number in each place of its own', async () => {
    const { changeOf, insertOf } = await load<{
      changeOf: (specimen: unknown, table: string, at: unknown) => string;
      insertOf: (
        specimen: unknown,
        table: string,
        rows: unknown,
        at: unknown,
      ) => { into: string; values: string[][] };
    }>('rows.mjs');
    expect(changeOf(specimen, 'payments', at)).toBe("status = E'succeeded', paid_at = now()");
    expect(insertOf(specimen, 'events', specimen.added.events, at)).toEqual({
      into: 'events (callback_id, data, note)',
      values: [[':callback_id', `(E'{"of"\\x3a "T-' || :n::text || E'"}')::jsonb`, 'NULL']],
    });
  });

  test('are refused where a callback writes to a table that the scripts do not know', async () => {
    const { ensureComplete } = await load<{ ensureComplete: (specimen: unknown) => void }>(
      'pgbench-scripts.mjs',
    );
    const known = { changed: { payments: {}, orders: {} }, added: { callbacks: [], events: [] } };
    expect(() => ensureComplete(known)).not.toThrow();
    const more = { ...known, added: { ...known.added, audit: [] } };
    expect(() => ensureComplete(more)).toThrow(/audit/);
  });
});
