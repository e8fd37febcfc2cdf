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

/** One minute for each number. */
const AT = `timestamptz '2026-11-01 00:00:00Z' + n * interval '1 min'`;

/** In every column with an index half of the rows, all of them new or all old, have the value `many`. */
const ROWS = `
INSERT INTO orders (number, total, currency, status, customer_id, created_at)
SELECT 'O' || n, 1, 'CNY', CASE WHEN n % 2 = 0 THEN 'paid' ELSE 'pending' END, CASE WHEN n % 2 = 0 THEN 'many' ELSE 'c' || n END, ${AT}
  FROM generate_series(1, 30000) AS n;
INSERT INTO payments (number, order_number, gateway, amount, currency, status, transaction_id, paid_at, expires_at, created_at)
SELECT 'P' || n, CASE WHEN n % 2 = 0 THEN 'O2' ELSE 'O' || n END, CASE n WHEN 1000 THEN 'rare' WHEN 17000 THEN 'rare' ELSE 'stripe' END,
       1, 'CNY', CASE WHEN n % 3 = 0 THEN 'succeeded' WHEN n % 2 = 0 THEN 'expired' ELSE 'init' END,
       CASE WHEN n % 3 = 0 THEN 'T' || n END, CASE WHEN n % 3 = 0 THEN now() END, now(), ${AT}
  FROM generate_series(1, 30000) AS n;
INSERT INTO callbacks (gateway, event_id, fingerprint, kind, payment_number, notice, key_id, headers, body, received_at, judged_at, outcome,
                       settled_at, next_attempt_at)
SELECT CASE n WHEN 1000 THEN 'rare' WHEN 17000 THEN 'rare' ELSE 'stripe' END, 'e' || n, '', 'succeeded',
       CASE WHEN n % 2 = 0 THEN 'P2' ELSE 'P' || n END, json_build_object('transactionId', 'T' || n), '', '{}', '', ${AT}, now(),
       CASE WHEN n <= 10 THEN 'pending' WHEN n % 3 = 0 THEN 'settled' ELSE 'stale' END, CASE WHEN n > 10 THEN now() END, now()
  FROM generate_series(1, 30000) AS n;
INSERT INTO discrepancies (kind, status, gateway, payment_number, order_number, transaction_id, callback_id, opened_at, resolved_at)
SELECT CASE WHEN n % 2 = 0 THEN 'foreign' ELSE 'unmatched' END, CASE WHEN n % 3 = 0 THEN 'open' ELSE 'resolved' END, 'stripe' || n,
       CASE WHEN n % 2 = 0 THEN 'P2' ELSE 'P' || n END, CASE WHEN n % 2 = 0 THEN 'O2' END,
       't' || n, n, ${AT}, CASE WHEN n % 3 = 0 THEN NULL ELSE now() END
  FROM generate_series(1, 30000) AS n;
INSERT INTO events (at, order_number, payment_number, callback_id, actor, type, data)
SELECT now(), 'O2', CASE WHEN n % 3 = 0 THEN NULL ELSE 'P2' END, n, 'gateway:stripe', 'callback.stale', '{}'
  FROM generate_series(1, 30000) AS n;
INSERT INTO events (at, order_number, payment_number, callback_id, actor, type, data)
SELECT now(), 'O' || n, 'P' || n, n, 'gateway:stripe', CASE WHEN n % 3 = 0 THEN 'order.paid' ELSE 'payment.created' END, '{}'
  FROM generate_series(3, 10000) AS n;
INSERT INTO subscribers (kind, url, secret, created_at) VALUES ('webhook', 'https://a.example', 's', now()), ('webhook', 'https://b.example', 's', now());
INSERT INTO deliveries (subscriber_id, event_id, lane, status, delivered_at, next_attempt_at)
SELECT 1 + n % 2, n, 'O2', CASE WHEN n = 29000 THEN 'waiting' ELSE 'delivered' END, CASE WHEN n <> 29000 THEN now() END,
       CASE WHEN n = 29000 THEN now() END
  FROM generate_series(1, 30000) AS n;
INSERT INTO rejections (gateway, reason, received_at, remote_address) SELECT 'stripe', 'r', ${AT}, 'a' FROM generate_series(1, 2000) AS n;
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
  rejections: list(new PostgresRejectionQueries(sql)),
};

/**
 * Each combination of filters, and the indexes by which its rows are found. Half of the rows are on the walk, and none has the
 * other values.
 */
// prettier-ignore
const WALKS: readonly (readonly [list: string, filter: Readonly<Record<string, string>>, indexes: string])[] = [
  ['orders', {}, 'orders_pkey'],
  ['orders', { status: 'paid' }, 'orders_pkey'],
  ['orders', { status: 'pending' }, 'order_statuses_pkey orders_pkey'],
  ['orders', { customerId: 'many' }, 'orders_by_customer'],
  ['orders', { status: 'shipped', customerId: 'many' }, 'orders_by_customer'],
  ['payments', {}, 'payments_pkey'],
  ['payments', { status: 'succeeded' }, 'payments_pkey'],
  ['payments', { status: 'expired' }, 'payment_statuses_pkey payments_pkey'],
  ['payments', { status: 'init' }, 'payment_statuses_pkey payments_pkey'],
  ['payments', { gateway: 'none' }, 'payments_pkey'],
  ['payments', { orderNumber: 'O2' }, 'payments_by_order'],
  ['payments', { status: 'expired', gateway: 'none' }, 'payment_statuses_pkey payments_pkey'],
  ['payments', { status: 'failed', orderNumber: 'O2' }, 'payments_by_order'],
  ['payments', { gateway: 'none', orderNumber: 'O2' }, 'payments_by_order'],
  ['payments', { status: 'expired', gateway: 'none', orderNumber: 'O2' }, 'payments_by_order'],
  ['callbacks', {}, 'callbacks_pkey'],
  ['callbacks', { gateway: 'none' }, 'callbacks_pkey'],
  ['callbacks', { outcome: 'stale' }, 'callbacks_unsettled'],
  ['callbacks', { outcome: 'settled' }, 'callbacks_pkey'],
  ['callbacks', { outcome: 'settled', gateway: 'none' }, 'callbacks_pkey'],
  ['callbacks', { outcome: 'stale', gateway: 'none' }, 'callbacks_unsettled'],
  ['discrepancies', {}, 'discrepancies_pkey refunds_of_piece'],
  ['discrepancies', { status: 'open' }, 'discrepancies_by_status refunds_of_piece'],
  ['discrepancies', { status: 'resolved' }, 'discrepancies_by_status refunds_of_piece'],
  ['discrepancies', { kind: 'foreign' }, 'discrepancies_by_kind refunds_of_piece'],
  ['discrepancies', { paymentNumber: 'P2' }, 'discrepancies_by_payment refunds_of_piece'],
  ['discrepancies', { orderNumber: 'O2' }, 'discrepancies_of_order refunds_of_piece'],
  ['discrepancies', { status: 'open', kind: 'paid_late' }, 'discrepancies_by_status refunds_of_piece'],
  ['discrepancies', { status: 'resolved', kind: 'foreign' }, 'discrepancies_by_kind refunds_of_piece'],
  ['discrepancies', { status: 'resolved', paymentNumber: 'P2' }, 'discrepancies_by_payment refunds_of_piece'],
  ['discrepancies', { kind: 'paid_late', paymentNumber: 'P2' }, 'discrepancies_by_payment refunds_of_piece'],
  ['discrepancies', { status: 'open', kind: 'paid_late', paymentNumber: 'P2' }, 'discrepancies_by_payment refunds_of_piece'],
  ['rejections', {}, 'rejections_pkey'],
];

const OF_PAYMENT = 'callbacks_of_payment callbacks_pkey events_order_paid_once payments_number_key';
const OF_ORDER = 'callbacks_of_payment callbacks_pkey events_order_paid_once payments_by_order';
const OF_TRANSACTION =
  'callbacks_of_payment callbacks_pkey discrepancies_of_transaction events_by_payment events_order_paid_once payments_number_key settled_transactions_pkey';
const ORDERS_OF_TRANSACTION =
  'discrepancies_of_transaction orders_number_key orders_pkey payments_by_order payments_number_key settled_transactions_pkey';

/** The filters that few rows have, the indexes that find these rows, and how many items there are. */
// prettier-ignore
const FEW: readonly (readonly [list: string, filter: Readonly<Record<string, string>>, indexes: string, items: number])[] = [
  ['orders', { orderNumber: 'O7' }, 'orders_number_key orders_pkey payments_by_order', 1],
  ['orders', { orderNumber: 'none' }, 'orders_number_key', 0],
  ['orders', { transactionId: 'T9' }, ORDERS_OF_TRANSACTION, 1],
  ['orders', { transactionId: 't9' }, ORDERS_OF_TRANSACTION, 1],
  ['orders', { transactionId: 'T9', orderNumber: 'O7', status: 'pending' }, ORDERS_OF_TRANSACTION.replace(' payments_by_order', ''), 0],
  ['payments', { transactionId: 'T9' }, 'payments_number_key payments_pkey settled_transactions_pkey', 1],
  ['payments', { transactionId: 'T9', orderNumber: 'O2', status: 'init' }, 'payments_number_key payments_pkey settled_transactions_pkey', 0],
  ['payments', { transactionId: 'none' }, 'payments_number_key settled_transactions_pkey', 0],
  ['callbacks', { paymentNumber: 'P15' }, OF_PAYMENT, 1],
  ['callbacks', { paymentNumber: 'P17' }, OF_PAYMENT, 1],
  ['callbacks', { paymentNumber: 'P17', outcome: 'stale', gateway: 'none' }, OF_PAYMENT, 0],
  ['callbacks', { orderNumber: 'O15' }, OF_ORDER, 1],
  ['callbacks', { orderNumber: 'O17', outcome: 'stale' }, OF_ORDER, 1],
  ['callbacks', { eventId: 'e17' }, 'callbacks_event_key callbacks_pkey', 1],
  ['callbacks', { eventId: 'none', outcome: 'stale' }, 'callbacks_event_key', 0],
  ['callbacks', { transactionId: 'T15' }, OF_TRANSACTION, 1],
  ['callbacks', { transactionId: 'none', orderNumber: 'O15' }, 'discrepancies_of_transaction events_order_paid_once payments_number_key settled_transactions_pkey', 0],
  ['discrepancies', { transactionId: 't9' }, 'discrepancies_of_transaction discrepancies_pkey refunds_of_piece', 1],
  ['discrepancies', { transactionId: 't10', orderNumber: 'O2', status: 'resolved' }, 'discrepancies_of_transaction discrepancies_pkey refunds_of_piece', 1],
  ['discrepancies', { transactionId: 'none', orderNumber: 'O2' }, 'discrepancies_of_transaction', 0],
];

/** A day in the middle, which has 1 440 rows of each table. */
const DAY = { from: '2026-11-11T00:00:00Z', to: '2026-11-12T00:00:00Z' };

/** What is combined with a range of time, and the indexes. */
// prettier-ignore
const RANGES: readonly (readonly [list: string, filter: Readonly<Record<string, string>>, indexes: string])[] = [
  ['orders', {}, 'orders_pkey'],
  ['orders', { status: 'pending' }, 'order_statuses_pkey orders_pkey'],
  ['orders', { customerId: 'many' }, 'orders_by_customer orders_pkey'],
  ['payments', {}, 'payments_pkey'],
  ['payments', { gateway: 'none' }, 'payments_pkey'],
  ['payments', { status: 'expired' }, 'payment_statuses_pkey payments_pkey'],
  ['payments', { orderNumber: 'O2' }, 'payments_by_order payments_pkey'],
  ['callbacks', {}, 'callbacks_pkey'],
  ['callbacks', { outcome: 'stale' }, 'callbacks_pkey callbacks_unsettled'],
  ['callbacks', { paymentNumber: 'P2' }, OF_PAYMENT],
  ['discrepancies', {}, 'discrepancies_pkey refunds_of_piece'],
  ['discrepancies', { status: 'open' }, 'discrepancies_by_status discrepancies_pkey refunds_of_piece'],
  ['discrepancies', { kind: 'foreign' }, 'discrepancies_by_kind discrepancies_pkey refunds_of_piece'],
  ['discrepancies', { paymentNumber: 'P2' }, 'discrepancies_by_payment discrepancies_pkey refunds_of_piece'],
  ['discrepancies', { orderNumber: 'O2', kind: 'paid_late' }, 'discrepancies_of_order discrepancies_pkey'],
];

const FIRST = { limit: 50, before: null };

/** The indexes that were read, without those for the payments that are shown with an order. */
const indexesRead = (name: string, indexes: string): string =>
  [...new Set(scans.map(({ index }) => index))]
    .filter((index) => name !== 'orders' || index !== 'payments_by_order' || indexes.includes(index))
    .toSorted()
    .join(' ');
const rowsRead = () => scans.reduce((sum, { rows }) => sum + rows, 0);

describe.each(['never analysed', 'analysed'])('on tables that were %s', (state) => {
  beforeAll(async () => {
    if (state === 'analysed') await client.query('ANALYZE');
  });

  test.each(WALKS)(
    '%s by %j are read along %s, and at most 10 000 rows of it',
    async (name, filter, indexes) => {
      scans = [];
      const { items, next } = await LISTS[name]!(filter, FIRST);
      expect(indexesRead(name, indexes)).toBe(indexes);
      // Reading ends with the first row that the page does not need. At least a third of the rows match, or none.
      const [walk] = scans;
      expect(walk!.rows).toBeLessThanOrEqual(items.length === 50 ? 3 * 51 : 10_000);
      expect([items.length, next === null]).toEqual([
        name === 'rejections' || items.length === 50 ? 50 : 0,
        false,
      ]);
    },
  );

  test.each(FEW)('%s by %j are found by %s, and few rows are read', async (name, filter, indexes, count) => {
    scans = [];
    const { items, next } = await LISTS[name]!(filter, FIRST);
    expect([items.length, next]).toEqual([count, null]);
    expect(indexesRead(name, indexes)).toBe(indexes);
    expect(rowsRead()).toBeLessThanOrEqual(20);
  });

  test.each(RANGES)(
    '%s of a day and by %j are read along %s, and none of another day',
    async (name, filter, indexes) => {
      for (const limit of [50, 200]) {
        scans = [];
        const { items, next } = await LISTS[name]!({ ...DAY, ...filter }, { limit, before: null });
        expect(indexesRead(name, indexes)).toBe(indexes);
        const isEmpty = filter['gateway'] === 'none' || filter['kind'] === 'paid_late';
        expect([items.length, next === null]).toEqual([isEmpty ? 0 : limit, isEmpty]);
        // The minute before the day and the minute after it are examined as well.
        expect(Math.max(...scans.map(({ rows }) => rows))).toBeLessThanOrEqual(1_442);
      }
    },
  );

  test('a range of time without rows reads only the rows of the bisection', async () => {
    for (const name of ['orders', 'payments', 'callbacks', 'discrepancies', 'rejections']) {
      for (const range of [
        ['from', '2027-01-01T00:00:00Z'],
        ['to', '2026-01-01T00:00:00Z'],
      ]) {
        scans = [];
        expect(await LISTS[name]!(Object.fromEntries([range]), FIRST)).toEqual({ items: [], next: null });
        expect(rowsRead()).toBeLessThanOrEqual(25);
      }
    }
  });

  test('the callbacks of a payment that has very many of them are read along their index, and at most 2 500', async () => {
    for (const others of [[], [['gateway', 'none']]]) {
      scans = [];
      const { items, next } = await LISTS['callbacks']!(
        { paymentNumber: 'P2', ...Object.fromEntries(others) },
        FIRST,
      );
      expect([items.length, next === null]).toEqual([others.length > 0 ? 0 : 50, false]);
      expect(indexesRead('callbacks', OF_PAYMENT)).toBe(OF_PAYMENT);
      expect(Math.max(...scans.map(({ rows }) => rows))).toBeLessThanOrEqual(2_500);
    }
  });

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
    expect(scans).toMatchObject([
      { table: 'payments', index: 'payments_number_key', rows: 1 },
      { table: 'disputes', index: 'disputes_of_payment', rows: 0 },
      { table: 'events', index: 'events_by_payment', rows: 100 },
      { table: 'refunds', index: 'refunds_of_payment' },
    ]);
    scans = [];
    await new PostgresOrderQueries(sql).find('O2');
    expect(scans).toMatchObject([
      { table: 'orders', index: 'orders_number_key', rows: 1 },
      { table: 'payments', index: 'payments_by_order', rows: 100 },
      { table: 'events', index: 'events_of_order' },
      { table: 'events', index: 'events_order_paid_once' },
      // Nothing has paid it, so no refund is looked for.
      { table: 'events', index: 'events_order_paid_once' },
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
      'events events_of_order 2500',
      'events events_order_paid_once 0',
      'events events_pkey 2500',
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
