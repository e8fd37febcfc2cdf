import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { Client } from 'pg';
import { PostgresCallbackQueries } from '../../src/adapters/postgres/callbacks.js';
import { PostgresDeliveryQueries } from '../../src/adapters/postgres/deliveries.js';
import { PostgresCaseQueries } from '../../src/adapters/postgres/discrepancies.js';
import { READS_PLANNER } from '../../src/adapters/postgres/engine/session.js';
import type { PlainSql } from '../../src/adapters/postgres/engine/sql.js';
import { PostgresOrderQueries } from '../../src/adapters/postgres/orders.js';
import { PostgresPaymentQueries } from '../../src/adapters/postgres/payments.js';
import { PostgresRejectionQueries } from '../../src/adapters/postgres/rejections.js';
import { PostgresTimelineQueries } from '../../src/adapters/postgres/timeline.js';
import type { Page, PageRequest } from '../../src/application/page.js';
import { freshDatabase, type FreshDatabase } from '../database.js';

/** How one statement reads one table: along which index, and how many rows of it. */
interface Scan {
  readonly table: string;
  readonly index: string;
  readonly rows: number;
}

interface PlanNode {
  readonly 'Relation Name'?: string;
  readonly 'Index Name'?: string;
  readonly 'Node Type': string;
  readonly 'Actual Rows': number;
  readonly 'Actual Loops': number;
  readonly 'Rows Removed by Filter'?: number;
  readonly Plans?: readonly PlanNode[];
}

let database: FreshDatabase;
let client: Client;
let scans: Scan[] = [];

/** Runs each statement as the pool of reads would, and records how it was read. */
const sql: PlainSql = {
  query: async <Row>(text: string, values: readonly unknown[] = []) => {
    const explained = await client.query<{ 'QUERY PLAN': [{ Plan: PlanNode }] }>(
      `EXPLAIN (ANALYZE, TIMING OFF, FORMAT JSON) ${text}`,
      [...values],
    );
    scans.push(...scansOf(explained.rows[0]!['QUERY PLAN'][0].Plan));
    return (await client.query(text, [...values])).rows as Row[];
  },
  execute: () => Promise.reject(new Error('a list changes nothing')),
};

function scansOf(node: PlanNode): Scan[] {
  const table = node['Relation Name'];
  const read = node['Actual Rows'] + (node['Rows Removed by Filter'] ?? 0);
  // A node that was never begun has read nothing.
  const isRead = table !== undefined && node['Actual Loops'] > 0;
  const own = {
    table: table!,
    index: node['Index Name'] ?? node['Node Type'],
    rows: read * node['Actual Loops'],
  };
  return [...(isRead ? [own] : []), ...(node.Plans ?? []).flatMap(scansOf)];
}

/** In every column with an index half of the rows, all of them new or all old, have the value `many`. */
const ROWS = `
INSERT INTO orders (number, total, currency, status, customer_id)
SELECT 'O' || n, 1, 'CNY', CASE WHEN n % 2 = 0 THEN 'paid' ELSE 'pending' END, CASE WHEN n % 2 = 0 THEN 'many' ELSE 'c' || n END
  FROM generate_series(1, 30000) AS n;
INSERT INTO payments (number, order_number, gateway, amount, currency, status, expires_at)
SELECT 'P' || n, CASE WHEN n % 2 = 0 THEN 'O2' ELSE 'O' || n END, CASE n WHEN 1000 THEN 'rare' WHEN 17000 THEN 'rare' ELSE 'stripe' END,
       1, 'CNY', CASE WHEN n % 2 = 0 THEN 'expired' ELSE 'init' END, now()
  FROM generate_series(1, 30000) AS n;
INSERT INTO callbacks (gateway, event_id, fingerprint, kind, payment_number, notice, key_id, headers, body, received_at, judged_at, outcome,
                       settled_at, next_attempt_at)
SELECT CASE n WHEN 1000 THEN 'rare' WHEN 17000 THEN 'rare' ELSE 'stripe' END, 'e' || n, '', 'succeeded',
       CASE WHEN n % 2 = 0 THEN 'P2' ELSE 'P' || n END, '{}', '', '{}', '', now(), now(),
       CASE WHEN n <= 10 THEN 'pending' WHEN n % 2 = 0 THEN 'settled' ELSE 'stale' END, CASE WHEN n > 10 THEN now() END, now()
  FROM generate_series(1, 30000) AS n;
INSERT INTO discrepancies (kind, status, gateway, payment_number, transaction_id, opened_at, resolved_at)
SELECT CASE WHEN n % 2 = 0 THEN 'foreign' ELSE 'unmatched' END, CASE WHEN n % 3 = 0 THEN 'open' ELSE 'resolved' END, 'stripe',
       CASE WHEN n % 2 = 0 THEN 'P2' ELSE 'P' || n END, 't' || n, now(), CASE WHEN n % 3 = 0 THEN NULL ELSE now() END
  FROM generate_series(1, 30000) AS n;
INSERT INTO events (at, order_number, payment_number, callback_id, actor, type, data)
SELECT now(), 'O2', CASE WHEN n % 3 = 0 THEN NULL ELSE 'P2' END, n, 'gateway:stripe', 'callback.stale', '{}'
  FROM generate_series(1, 30000) AS n;
INSERT INTO events (at, order_number, payment_number, callback_id, actor, type, data)
SELECT now(), 'O' || n, 'P' || n, n, 'gateway:stripe', 'payment.created', '{}' FROM generate_series(3, 10000) AS n;
INSERT INTO subscribers (kind, url, secret, created_at) VALUES ('webhook', 'https://a.example', 's', now()), ('webhook', 'https://b.example', 's', now());
INSERT INTO deliveries (subscriber_id, event_id, lane, status, delivered_at, next_attempt_at)
SELECT 1 + n % 2, n, 'O2', CASE WHEN n = 29000 THEN 'waiting' ELSE 'delivered' END, CASE WHEN n <> 29000 THEN now() END,
       CASE WHEN n = 29000 THEN now() END
  FROM generate_series(1, 30000) AS n;
INSERT INTO rejections (gateway, reason, received_at, remote_address) SELECT 'stripe', 'r', now(), 'a' FROM generate_series(1, 2000);
`;

beforeAll(async () => {
  database = await freshDatabase();
  client = new Client({ connectionString: database.url });
  await client.connect();
  const { rows } = await client.query<{ name: string }>(
    `SELECT oid::regclass::text AS name FROM pg_class WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace`,
  );
  for (const { name } of rows) await client.query(`ALTER TABLE ${name} SET (autovacuum_enabled = off)`);
  await client.query(ROWS);
  for (const [name, value] of Object.entries(READS_PLANNER))
    await client.query('SELECT set_config($1, $2, false)', [name, value]);
}, 60_000);
afterAll(async () => {
  await client.end();
  await database.drop();
});

type List = (
  filter: Readonly<Record<string, string>>,
  page: PageRequest,
) => Promise<Page<Readonly<Record<string, unknown>>>>;

const list = (queries: unknown): List =>
  ((filter, page) => (queries as { list: List }).list(filter, page)) satisfies List;

const LISTS: Readonly<Record<string, List>> = {
  orders: list(new PostgresOrderQueries(sql)),
  payments: list(new PostgresPaymentQueries(sql)),
  callbacks: list(new PostgresCallbackQueries(sql)),
  discrepancies: list(new PostgresCaseQueries(sql)),
  rejections: (_filter, page) => new PostgresRejectionQueries(sql).list(page) as unknown as ReturnType<List>,
};

/** Each combination of filters, and the index of its walk. Half of the rows are on it, and none has the other values. */
// prettier-ignore
const WALKS: readonly (readonly [list: string, filter: Readonly<Record<string, string>>, index: string])[] = [
  ['orders', {}, 'orders_pkey'],
  ['orders', { status: 'paid' }, 'orders_by_status'],
  ['orders', { customerId: 'many' }, 'orders_by_customer'],
  ['orders', { status: 'shipped', customerId: 'many' }, 'orders_by_customer'],
  ['payments', {}, 'payments_pkey'],
  ['payments', { status: 'expired' }, 'payments_by_status'],
  ['payments', { gateway: 'none' }, 'payments_pkey'],
  ['payments', { orderNumber: 'O2' }, 'payments_by_order'],
  ['payments', { status: 'expired', gateway: 'none' }, 'payments_by_status'],
  ['payments', { status: 'failed', orderNumber: 'O2' }, 'payments_by_order'],
  ['payments', { gateway: 'none', orderNumber: 'O2' }, 'payments_by_order'],
  ['payments', { status: 'expired', gateway: 'none', orderNumber: 'O2' }, 'payments_by_order'],
  ['callbacks', {}, 'callbacks_pkey'],
  ['callbacks', { gateway: 'none' }, 'callbacks_pkey'],
  ['callbacks', { outcome: 'stale' }, 'callbacks_unsettled'],
  ['callbacks', { outcome: 'settled' }, 'callbacks_pkey'],
  ['callbacks', { outcome: 'settled', gateway: 'none' }, 'callbacks_pkey'],
  ['callbacks', { outcome: 'stale', gateway: 'none' }, 'callbacks_unsettled'],
  ['callbacks', { paymentNumber: 'P2' }, 'callbacks_by_payment'],
  ['callbacks', { paymentNumber: 'P2', gateway: 'none' }, 'callbacks_by_payment'],
  ['callbacks', { paymentNumber: 'P2', outcome: 'foreign' }, 'callbacks_by_payment'],
  ['callbacks', { paymentNumber: 'P2', outcome: 'settled', gateway: 'none' }, 'callbacks_by_payment'],
  ['discrepancies', {}, 'discrepancies_pkey'],
  ['discrepancies', { status: 'open' }, 'discrepancies_by_status'],
  ['discrepancies', { status: 'resolved' }, 'discrepancies_by_status'],
  ['discrepancies', { kind: 'foreign' }, 'discrepancies_by_kind'],
  ['discrepancies', { paymentNumber: 'P2' }, 'discrepancies_by_payment'],
  ['discrepancies', { status: 'open', kind: 'paid_late' }, 'discrepancies_by_status'],
  ['discrepancies', { status: 'resolved', kind: 'foreign' }, 'discrepancies_by_kind'],
  ['discrepancies', { status: 'resolved', paymentNumber: 'P2' }, 'discrepancies_by_payment'],
  ['discrepancies', { kind: 'paid_late', paymentNumber: 'P2' }, 'discrepancies_by_payment'],
  ['discrepancies', { status: 'open', kind: 'paid_late', paymentNumber: 'P2' }, 'discrepancies_by_payment'],
  ['rejections', {}, 'rejections_pkey'],
];

const FIRST = { limit: 50, before: null };

describe.each(['never analysed', 'analysed'])('on tables that were %s', (state) => {
  beforeAll(async () => {
    if (state === 'analysed') await client.query('ANALYZE');
  });

  test.each(WALKS)(
    '%s by %j are read along %s, and at most 10 000 rows of it',
    async (name, filter, index) => {
      scans = [];
      const { items, next } = await LISTS[name]!(filter, FIRST);
      const [walk, ...others] = scans.filter(({ table }) => table === name);
      expect([walk?.index, others]).toEqual([index, []]);
      // Reading ends with the first row that the page does not need. At least a third of the rows match, or none.
      expect(walk!.rows).toBeLessThanOrEqual(items.length === 50 ? 3 * 51 : 10_000);
      expect([items.length, next === null]).toEqual([
        name === 'rejections' || items.length === 50 ? 50 : 0,
        false,
      ]);
    },
  );

  test('a list of orders reads at most 20 payments of each', async () => {
    scans = [];
    await LISTS['orders']!({}, { limit: 200, before: '100' });
    const [read] = scans.filter(({ table }) => table === 'payments');
    expect(read).toMatchObject({ index: 'payments_by_order' });
    expect(read!.rows).toBeLessThanOrEqual(100 + 20);
  });

  test('a payment and an order are read with the newest entries only', async () => {
    scans = [];
    await new PostgresPaymentQueries(sql).find('P2');
    expect(scans).toEqual([
      { table: 'payments', index: 'payments_number_key', rows: 1 },
      { table: 'events', index: 'events_by_payment', rows: 100 },
    ]);
    scans = [];
    await new PostgresOrderQueries(sql).find('O2');
    expect(scans).toMatchObject([
      { table: 'orders', index: 'orders_number_key', rows: 1 },
      { table: 'payments', index: 'payments_by_order', rows: 100 },
      { table: 'events', index: 'events_by_order' },
    ]);
  });

  test('a log, a history and the deliveries of an endpoint are read along their own index', async () => {
    scans = [];
    await new PostgresPaymentQueries(sql).log('P2', FIRST);
    await new PostgresOrderQueries(sql).history('O2', FIRST);
    await new PostgresDeliveryQueries(sql).deliveries('1', FIRST);
    await new PostgresDeliveryQueries(sql).endpoints(FIRST);
    expect(scans.map(({ table, index, rows }) => `${table} ${index} ${rows}`)).toEqual([
      'payments payments_number_key 1',
      'events events_by_payment 51',
      'orders orders_number_key 1',
      'events events_by_order 10000',
      'deliveries deliveries_pkey 51',
      'events events_pkey 51',
      'events events_pkey 51',
      'subscribers subscribers_pkey 2',
    ]);
  });

  test('a timeline reads only rows of its payment and its order', async () => {
    scans = [];
    const timelines = new PostgresTimelineQueries(sql);
    const { next } = (await timelines.find('P5', { limit: 200, before: null }))!;
    expect(next).toBeNull();
    expect(scans.filter(({ rows }) => rows > 10)).toEqual([]);
  });

  test('the counts of the metrics read no table as a whole', async () => {
    scans = [];
    const { count } = await new PostgresCallbackQueries(sql).pending();
    const open = await new PostgresCaseQueries(sql).countOpen();
    const lags = await new PostgresDeliveryQueries(sql).lags();
    expect([count, open.foreign, lags.length]).toEqual([10, 5_000, 2]);
    const read = (name: string) => scans.filter(({ table }) => table === name);
    expect(read('callbacks')).toMatchObject([{ rows: 10 }]);
    expect(read('discrepancies')).toMatchObject([{ rows: 10_000 }]);
    expect(read('deliveries').map(({ index, rows }) => [index, rows <= 2])).toEqual([
      ['deliveries_undone', true],
    ]);
    expect(read('events').filter(({ rows }) => rows > 2)).toEqual([]);
  });

  test.each(['payments', 'callbacks'])(
    'pages of %s by a rare filter are short or empty, and have each hit once',
    async (name) => {
      const pages = await pagesOf(LISTS[name]!, { gateway: 'rare' }, 10, () => Promise.resolve());
      // The third page ends with the last of 30 000 rows, at its limit, so it cannot know that there are no more.
      expect(pages.map(({ items }) => items.length)).toEqual([0, 1, 1, 0]);
      expect(pages.flatMap(({ items }) => items).map(numberOf)).toEqual([17_000, 1_000]);
    },
  );
});

test('rows that are inserted between two pages are on neither of them', async () => {
  const pages = await pagesOf(LISTS['payments']!, { gateway: 'rare' }, 1, insertPayment);
  expect(pages.flatMap(({ items }) => items).map(numberOf)).toEqual([17_000, 1_000]);
  const [newest] = (await LISTS['payments']!({ gateway: 'rare' }, FIRST)).items;
  expect(newest).toMatchObject({ paymentNumber: `N${inserted}` });
});

const numberOf = ({ eventId, paymentNumber }: Readonly<Record<string, unknown>>) =>
  Number(String(eventId ?? paymentNumber).slice(1));

async function pagesOf(
  read: List,
  filter: Readonly<Record<string, string>>,
  limit: number,
  between: () => Promise<void>,
): Promise<Awaited<ReturnType<List>>[]> {
  const pages: Awaited<ReturnType<List>>[] = [];
  for (let before: string | null = null; ;) {
    const page: Awaited<ReturnType<List>> = await read(filter, { limit, before });
    pages.push(page);
    if (page.next === null) return pages;
    before = page.next;
    await between();
  }
}

let inserted = 0;
async function insertPayment(): Promise<void> {
  await client.query(
    `INSERT INTO payments (number, order_number, gateway, amount, currency, status, expires_at)
     VALUES ($1, 'O1', 'rare', 1, 'CNY', 'init', now())`,
    [`N${(inserted += 1)}`],
  );
}
