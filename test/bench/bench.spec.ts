import { afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Client } from 'pg';
import { freshDatabase } from '../database.js';

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
    const table = tableOf([{ distinct: { rate: 2199 }, pgbench: { rate: 1000 } }]);
    expect(textOf(table)).toMatch(/distinct ÷ pgbench, one callback.*≥ 2\.20 +FAIL$/m);
    expect(textOf(table)).not.toContain('Alipay');
    const [met] = tableOf([{ distinct: { rate: 2200 }, pgbench: { rate: 1000 } }]).filter(({ goal }) => goal);
    expect(met!.met).toBe(true);
  });

  test('compares a value with both ends of a range, and with nothing if there is no goal', () => {
    const range = { least: 0.9, most: 1.1 };
    expect([0.89, 0.9, 1.1, 1.11].map((value) => meets(range, value))).toEqual([false, true, true, false]);
    expect(meets(null, 0)).toBeNull();
  });

  test('has every goal', () => {
    const goals = rows.flatMap(({ goal }) => (goal ? [goal.least ?? goal.most] : []));
    const ofWrites = [2.2, 1.15, 8000, 100, 17, 0.6, 0.5, 0.8];
    const ofLoad = [0.95, 1.5, 0.7, 0.7, 25, 3, 2, 2, 250, 1, 0.9, 20, 10, 250, 1.2, 1, 0.1, 0.9, 250, 250];
    expect(goals).toEqual([...ofWrites, ...ofLoad, 250, 0.9, 3000, 1]);
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

  test('a request of several steps is one answer: that of its last step, or the first refusal', async () => {
    const { closedLoop } = await load<{ closedLoop: (plan: unknown, requests: unknown) => Promise<Sent> }>(
      'closed-loop.mjs',
    );
    interface Sent {
      readonly statuses: Readonly<Record<string, number>>;
      readonly acknowledged: Uint32Array;
    }
    const server = createServer((request, reply) => {
      // The payment of the second order is refused, and so is the third order.
      const status = ['/1/1', '/2/0'].includes(request.url!) ? 503 : 201;
      reply.writeHead(status, { 'content-length': 0 }).end();
    });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    const at = (index: number, step: number) => `GET /${index}/${step} HTTP/1.1\r\nhost: localhost\r\n\r\n`;
    const plan = { ports: [port], connections: 1, warmUpSeconds: 0, seconds: 60 };
    const sent = await closedLoop(plan, { count: 3, steps: 2, at });
    server.close();
    expect(sent.statuses).toEqual({ 201: 1, 503: 2 });
    expect([...sent.acknowledged]).toEqual([1, 0, 0]);
  });
});

describe('the numbers of the benchmark', () => {
  interface Numbers {
    readonly numberOf: (index: number) => string;
    readonly digitsOf: (index: number) => string;
    readonly digitsExpression: (index: string) => string;
    readonly numberFrom: (digits: string) => string;
    readonly digitsFrom: (number: string) => string;
    readonly useRandomNumbers: () => void;
    readonly FIRST_OF_HISTORY: number;
  }
  let numbers: Numbers;
  const indices = () => [
    numbers.FIRST_OF_HISTORY - 2,
    numbers.FIRST_OF_HISTORY,
    -1,
    0,
    1,
    99_999,
    40_000_000,
  ];

  beforeAll(async () => {
    numbers = await load<Numbers>('numbers.mjs');
  });
  afterEach(() => {
    delete process.env['QUITTANCE_BENCH_NUMBERS'];
  });

  async function rowsOf(sql: string, values: readonly unknown[]): Promise<unknown[]> {
    const database = await freshDatabase();
    const client = new Client({ connectionString: database.url });
    try {
      await client.connect();
      return (await client.query<Record<string, unknown>>(sql, [...values])).rows;
    } finally {
      await client.end();
      await database.drop();
    }
  }

  test('are 32 hexadecimal digits that grow with the counter, so the history comes first', () => {
    const made = indices().map((index) => numbers.numberOf(index));
    expect(made.every((number) => /^[0-9a-f]{32}$/.test(number))).toBe(true);
    expect(made).toEqual(made.toSorted());
  });

  test('are unique and in no order if they are to be like random ones', () => {
    numbers.useRandomNumbers();
    const made = Array.from({ length: 20_000 }, (_, index) => numbers.numberOf(index));
    expect(new Set(made).size).toBe(20_000);
    expect(made.slice(0, 10)).not.toEqual(made.slice(0, 10).toSorted());
    expect(made.every((number) => number.length === 32)).toBe(true);
  });

  test.each(['time-ordered', 'random'])('are what PostgreSQL computes: %s', async (kind) => {
    if (kind === 'random') numbers.useRandomNumbers();
    const digits = `(${numbers.digitsExpression('index')})::text`;
    const rows = await rowsOf(
      `SELECT number, ${numbers.digitsFrom('number')} AS digits
         FROM unnest($1::bigint[]) AS index, LATERAL (SELECT ${numbers.numberFrom(digits)} AS number) AS computed`,
      [indices()],
    );
    expect(rows).toEqual(
      indices().map((index) => ({ number: numbers.numberOf(index), digits: numbers.digitsOf(index) })),
    );
  });
});

describe('the requests that place orders', () => {
  interface Plan {
    readonly place: 'one' | 'two';
    readonly token: string;
    readonly first: number;
    readonly count: number;
  }
  const requestsOf = async (place: Plan['place']) => {
    const { placeRequests } = await load<{
      placeRequests: (plan: Plan) => { steps: number; at: (index: number, step: number) => string };
    }>('place-requests.mjs');
    return placeRequests({ place, token: 'secret', first: 7, count: 1 });
  };
  const bodyOf = (request: string) => JSON.parse(request.split('\r\n\r\n')[1]!) as Record<string, unknown>;

  test('are an order and then its payment, for the same order', async () => {
    const { steps, at } = await requestsOf('two');
    expect(steps).toBe(2);
    const number = bodyOf(at(0, 0))['orderNumber'] as string;
    expect(at(0, 1)).toContain(`POST /admin/v1/orders/${number}/payments HTTP/1.1`);
    expect(bodyOf(at(0, 1))).toEqual({ gateway: 'standard-webhooks', expiresInSeconds: 86_400 });
  });

  test('are one call that contains the payment', async () => {
    const { steps, at } = await requestsOf('one');
    expect(steps).toBe(1);
    expect(bodyOf(at(0, 0))['payment']).toEqual({ gateway: 'standard-webhooks', expiresInSeconds: 86_400 });
  });
});

describe('the rows that pgbench writes', () => {
  const sample = {
    number: '01-77-9',
    digits: '77',
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
    const settled = { changed: { payments: {}, orders: {} }, added: { callbacks: [], events: [] } };
    const placed = { changed: {}, added: { orders: [], payments: [], events: [] } };
    expect(() => ensureComplete({ settled, placed })).not.toThrow();
    const contents = { ...settled, added: { ...settled.added, callback_contents: [] } };
    expect(() => ensureComplete({ settled: contents, placed })).not.toThrow();
    const more = { ...settled, added: { ...settled.added, audit: [] } };
    expect(() => ensureComplete({ settled: more, placed })).toThrow(/audit/);
    expect(() => ensureComplete({ settled, placed: { ...placed, changed: { orders: {} } } })).toThrow(
      /orders/,
    );
    expect(() => ensureComplete({ settled, placed: { ...placed, added: { orders: [] } } })).toThrow(
      /Placing/,
    );
  });
});
