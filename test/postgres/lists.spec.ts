import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import type { DataSource } from 'typeorm';
import { PostgresCallbackQueries } from '../../src/adapters/postgres/callbacks.js';
import { PostgresDeliveryQueries } from '../../src/adapters/postgres/deliveries.js';
import { PostgresCaseQueries } from '../../src/adapters/postgres/discrepancies.js';
import { boundedSql } from '../../src/adapters/postgres/engine/bounded-query.js';
import type { PlainSql } from '../../src/adapters/postgres/engine/sql.js';
import { PostgresOrderQueries } from '../../src/adapters/postgres/orders.js';
import { PostgresPaymentQueries } from '../../src/adapters/postgres/payments.js';
import { PostgresTimelineQueries } from '../../src/adapters/postgres/timeline.js';
import type { Page, PageRequest } from '../../src/application/page.js';
import type { Timeline, TimelineItem, TimelinePosition } from '../../src/application/payments/timeline.js';
import { freshDatabase, type FreshDatabase } from '../database.js';
import { openPools, type OpenedPools } from './open-postgres.js';

let database: FreshDatabase;
let pools: OpenedPools;
let db: DataSource;
let sql: PlainSql;
beforeAll(async () => {
  database = await freshDatabase();
  pools = await openPools(database.url);
  db = pools.main;
  sql = boundedSql(db, 5_000);
  for (const statement of ROWS) await db.query(statement);
});
afterAll(async () => {
  await pools.close();
  await database.drop();
});

/** One second for each number, so that all sources of a timeline have their items in the order of time. */
const AT = `timestamptz '2026-11-23 08:00:00Z' + make_interval(secs => n)`;

/** Three numbers for each minute, and within a minute in another order than the ids, as if some had waited for a lock. */
const UNORDERED_AT = `timestamptz '2026-11-23 08:00:00Z' + make_interval(mins => n / 3, secs => n * 37 % 9)`;

const ROWS = [
  // Forty rows of each list, with values that are shared by some of them. Two gateways may use the same id of a transaction.
  `INSERT INTO orders (number, total, currency, status, customer_id, created_at)
   SELECT 'O' || n, 1, 'CNY', CASE n % 3 WHEN 0 THEN 'paid' ELSE 'pending' END, CASE n % 4 WHEN 0 THEN 'c' END, ${UNORDERED_AT}
     FROM generate_series(1, 40) AS n`,
  `INSERT INTO payments (number, order_number, gateway, amount, currency, status, transaction_id, paid_at, expires_at, created_at)
   SELECT 'P' || n, 'O' || 1 + n % 5, CASE n % 2 WHEN 0 THEN 'stripe' ELSE 'alipay' END, 1, 'CNY',
          CASE WHEN n % 5 = 0 THEN 'succeeded' WHEN n % 3 = 0 THEN 'expired' ELSE 'init' END,
          CASE n % 5 WHEN 0 THEN 'T' || n / 10 END, CASE n % 5 WHEN 0 THEN now() END, now(), ${UNORDERED_AT}
     FROM generate_series(1, 40) AS n`,
  // A payment is settled by one callback.
  `INSERT INTO callbacks (gateway, event_id, fingerprint, kind, payment_number, notice, key_id, headers, body, received_at, judged_at,
                          outcome, settled_at, next_attempt_at)
   SELECT CASE n % 2 WHEN 0 THEN 'stripe' ELSE 'alipay' END, 'e' || n / 2, '', 'succeeded', CASE n % 4 WHEN 0 THEN 'P1' END,
          json_build_object('transactionId', 'T' || n / 2), '', '{}', '', ${AT}, ${AT},
          CASE WHEN n = 36 OR n % 12 = 3 THEN 'settled' ELSE 'stale' END, now(), now()
     FROM generate_series(1, 40) AS n`,
  `INSERT INTO discrepancies (kind, status, gateway, payment_number, order_number, transaction_id, callback_id, opened_at, resolved_at)
   SELECT CASE n % 2 WHEN 0 THEN 'foreign' ELSE 'unmatched' END, CASE n % 3 WHEN 0 THEN 'resolved' ELSE 'open' END, 'stripe',
          CASE n % 4 WHEN 0 THEN 'P1' END, CASE n % 5 WHEN 0 THEN 'O3' END, 'T' || n / 2, n, ${AT}, CASE n % 3 WHEN 0 THEN ${AT} END
     FROM generate_series(1, 40) AS n`,
  `INSERT INTO discrepancy_notes (discrepancy_id, at, actor, note)
   SELECT 4 + 4 * (n % 3), ${AT}, 'admin:dev', 'note ' || n FROM generate_series(1, 10) AS n`,
  // Each event of the payment names a callback, in another order than theirs, and some that do not name the payment.
  `INSERT INTO events (at, order_number, payment_number, callback_id, actor, type, data)
   SELECT ${AT}, 'O2', CASE n % 3 WHEN 0 THEN NULL ELSE 'P1' END, CASE n % 3 WHEN 0 THEN NULL ELSE 1 + n * 7 % 40 END, 'gateway:stripe',
          CASE n % 5 WHEN 0 THEN 'discrepancy.opened' ELSE 'payment.failed' END, '{}'
     FROM generate_series(1, 60) AS n`,
  `INSERT INTO subscribers (kind, url, secret, created_at)
   SELECT 'webhook', 'https://a.example', 's', now() FROM generate_series(1, 3)`,
  `INSERT INTO deliveries (subscriber_id, event_id, lane, status, delivered_at)
   SELECT subscribers.id, events.id, 'O2', 'delivered', now() FROM subscribers, events WHERE events.id % 2 = 0`,
  `INSERT INTO events (at, order_number, payment_number, callback_id, actor, type, data)
   SELECT ${AT}, 'O2', 'P1', 36, 'gateway:stripe', 'order.paid', '{"move":"pay","from":"pending","to":"paid"}' FROM generate_series(61, 61) AS n`,
  // An order with a long history, and payments with long logs.
  `INSERT INTO events (at, order_number, actor, type, data)
   SELECT ${AT}, 'O40', 'admin:dev', 'order.refund_requested', json_build_object('from', 'paid', 'to', 'refunding', 'move', 'requestRefund', 'note', n::text)
     FROM generate_series(1, 250) AS n`,
  `INSERT INTO events (at, order_number, payment_number, actor, type, data)
   SELECT ${AT}, 'O1', number, 'gateway:stripe', 'callback.stale', json_build_object('number', n, 'reason', repeat('x', 200))
     FROM (VALUES ('P39', 300), ('P40', 20000)) AS log (number, length), generate_series(1, length) AS n`,
  `INSERT INTO payments (number, order_number, gateway, amount, currency, status, expires_at)
   SELECT 'M' || n, 'O39', 'stripe', 1, 'CNY', 'init', now() FROM generate_series(1, 120) AS n`,
];

type Read<Item> = (page: PageRequest) => Promise<Page<Item> | null>;

/** All pages of a list, joined. */
async function all<Item>(read: Read<Item>, limit: number): Promise<Item[]> {
  const items: Item[] = [];
  for (let before: string | null = null; ;) {
    const page: Page<Item> | null = await read({ limit, before });
    items.push(...page!.items);
    if (page!.next === null) return items;
    before = page!.next;
  }
}

describe('paging', () => {
  const TIMES = [
    '2026-11-23T08:00:00Z',
    '2026-11-23T08:00:20Z',
    '2026-11-23T16:03:20.5+08:00',
    '2026-11-23T08:06:40Z',
    '2026-11-23T08:20:00Z',
  ];
  const RANGE = { from: TIMES, to: TIMES };
  const TRANSACTIONS = ['T1', 'T2', 'T4', 'T18', 'none'];
  const filters = {
    orders: {
      status: ['paid', 'pending', 'shipped'],
      customerId: ['c', 'none'],
      orderNumber: ['O2', 'O4', 'none'],
      transactionId: TRANSACTIONS,
      ...RANGE,
    },
    payments: {
      status: ['expired', 'init', 'succeeded'],
      gateway: ['stripe', 'none'],
      orderNumber: ['O1', 'none'],
      transactionId: TRANSACTIONS,
      ...RANGE,
    },
    callbacks: {
      outcome: ['settled', 'stale'],
      gateway: ['stripe', 'none'],
      paymentNumber: ['P1', 'none'],
      orderNumber: ['O2', 'O1', 'none'],
      transactionId: TRANSACTIONS,
      eventId: ['e1', 'e18', 'none'],
      ...RANGE,
    },
    discrepancies: {
      status: ['open', 'resolved'],
      kind: ['foreign', 'paid_late'],
      paymentNumber: ['P1', 'none'],
      orderNumber: ['O3', 'none'],
      transactionId: TRANSACTIONS,
      ...RANGE,
    },
  } as const;
  const lists = () => ({
    orders: new PostgresOrderQueries(sql),
    payments: new PostgresPaymentQueries(sql),
    callbacks: new PostgresCallbackQueries(sql),
    discrepancies: new PostgresCaseQueries(sql),
  });
  type Rows = Readonly<Record<string, unknown>>;
  type AnyList = { list(filter: Readonly<Record<string, string>>, page: PageRequest): Promise<Page<Rows>> };
  const whole = (name: keyof typeof filters) =>
    all((page) => (lists()[name] as unknown as AnyList).list({}, page), 200);

  /** The filters that are about other tables, by list and name: whether a row matches. */
  async function matchers(): Promise<Record<string, (row: Rows, value: string) => boolean>> {
    const [payments, cases] = [await whole('payments'), await whole('discrepancies')];
    const orderOf = (paymentNumber: unknown) =>
      payments.find((payment) => payment['paymentNumber'] === paymentNumber)?.['orderNumber'];
    return {
      'orders.transactionId': ({ orderNumber }, value) => {
        const named = [...payments, ...cases].filter(({ transactionId }) => transactionId === value);
        return named.some((each) => (each['orderNumber'] ?? orderOf(each['paymentNumber'])) === orderNumber);
      },
      'callbacks.orderNumber': ({ paymentNumber }, value) => orderOf(paymentNumber) === value,
      'callbacks.transactionId': ({ id }, value) => `T${Math.floor(Number(id) / 2)}` === value,
    };
  }

  const timeOf = ({ createdAt, receivedAt, openedAt }: Rows) => (createdAt ?? receivedAt ?? openedAt) as Date;

  test.each(Object.keys(filters) as (keyof typeof filters)[])(
    'a list of %s shows each row that matches once, newest first, whatever its filters and the size of the pages are',
    async (name) => {
      const queries = lists()[name] as unknown as AnyList;
      const [rows, special] = [await whole(name), await matchers()];
      const matches = (row: Rows, [filter, value]: readonly [string, string]): boolean => {
        if (filter === 'from') return timeOf(row) >= new Date(value);
        if (filter === 'to') return timeOf(row) < new Date(value);
        return special[`${name}.${filter}`]?.(row, value) ?? row[filter] === value;
      };
      const values = Object.entries(filters[name]) as [string, readonly string[]][];
      // At most three filters, because more of them match nothing.
      const filterOf = fc
        .subarray(values, { maxLength: 3 })
        .chain((used) =>
          fc.record(Object.fromEntries(used.map(([each, of]) => [each, fc.constantFrom(...of)]))),
        );
      let shown = 0;
      await fc.assert(
        fc.asyncProperty(filterOf, fc.integer({ min: 1, max: 60 }), async (filter, limit) => {
          const matching = rows.filter((row) => Object.entries(filter).every((each) => matches(row, each)));
          expect(await all((page) => queries.list(filter, page), limit)).toEqual(matching);
          shown += matching.length;
        }),
        { numRuns: 100 },
      );
      expect(shown).toBeGreaterThan(0);
    },
  );

  test('the deliveries of an endpoint are shown once each', async () => {
    const queries = new PostgresDeliveryQueries(sql);
    const whole = await all((page) => queries.deliveries('2', page), 200);
    expect(whole).toHaveLength(30);
    expect(await all((page) => queries.deliveries('2', page), 7)).toEqual(whole);
  });
});

describe('a payment with 20 000 events', () => {
  test('is a small item of a list', async () => {
    const { items } = await new PostgresPaymentQueries(sql).list(
      { orderNumber: 'O1' },
      { limit: 200, before: null },
    );
    expect(items.map(({ paymentNumber }) => paymentNumber)).toContain('P40');
    expect(items.filter((item) => 'log' in item)).toEqual([]);
    expect(JSON.stringify(items).length).toBeLessThan(400 * items.length);
  });

  test('is shown with its newest 100 entries, oldest first', async () => {
    const { log } = (await new PostgresPaymentQueries(sql).find('P40'))!;
    expect(log.map(({ data }) => data['number'])).toEqual(
      Array.from({ length: 100 }, (_, index) => 19_901 + index),
    );
  });

  test('has a timeline whose pages are small', async () => {
    const queries = new PostgresTimelineQueries(sql);
    const first = (await queries.find('P40', { limit: 200, before: null }))!;
    const second = (await queries.find('P40', { limit: 200, before: first.next }))!;
    const numbers = [...second.items, ...first.items].map(
      (item) => item.kind === 'event' && item.data['number'],
    );
    expect(numbers).toEqual(Array.from({ length: 400 }, (_, index) => 19_601 + index));
  });
});

test('a log of 300 entries is shown in pages, newest first', async () => {
  const queries = new PostgresPaymentQueries(sql);
  const log = await all((page) => queries.log('P39', page), 70);
  expect(log.map(({ data }) => data['number'])).toEqual(
    Array.from({ length: 300 }, (_, index) => 300 - index),
  );
  expect(log[0]).toMatchObject({ event: 'callback.stale', actor: 'gateway:stripe', at: expect.any(Date) });
  expect(await queries.log('nowhere', { limit: 1, before: null })).toBeNull();
});

describe('an order with 250 changes of its status and 120 payments', () => {
  test('is a small item of a list, with its newest 20 payments', async () => {
    const { items } = await new PostgresOrderQueries(sql).list({}, { limit: 2, before: null });
    expect(items.map(({ orderNumber }) => orderNumber)).toEqual(['O40', 'O39']);
    expect(items.filter((item) => 'statusHistory' in item)).toEqual([]);
    expect(items[1]!.payments.map(({ paymentNumber }) => paymentNumber)).toEqual(
      Array.from({ length: 20 }, (_, index) => `M${120 - index}`),
    );
  });

  test('is shown with the newest 100 changes, oldest first, and with its newest 100 payments', async () => {
    const queries = new PostgresOrderQueries(sql);
    const { statusHistory } = (await queries.find('O40'))!;
    expect(statusHistory.map(({ note }) => note)).toEqual(
      Array.from({ length: 100 }, (_, index) => `${151 + index}`),
    );
    expect((await queries.find('O39'))!.payments).toHaveLength(100);
  });

  test('has a history with all changes, in pages, newest first', async () => {
    const queries = new PostgresOrderQueries(sql);
    const history = await all((page) => queries.history('O40', page), 60);
    expect(history.map(({ note }) => note)).toEqual(
      Array.from({ length: 250 }, (_, index) => `${250 - index}`),
    );
    const { at, ...first } = history[0]!;
    expect(first).toEqual({
      from: 'paid',
      to: 'refunding',
      move: 'requestRefund',
      actor: 'admin:dev',
      note: '250',
    });
    expect(at).toEqual(new Date('2026-11-23T08:04:10Z'));
    expect(await queries.history('nowhere', { limit: 1, before: null })).toBeNull();
  });
});

describe('a timeline', () => {
  /** All pages, oldest first. */
  async function timeline(paymentNumber: string, limit: number): Promise<TimelineItem[]> {
    const queries = new PostgresTimelineQueries(sql);
    const items: TimelineItem[] = [];
    for (let before: TimelinePosition | null = null; ;) {
      const page: Timeline = (await queries.find(paymentNumber, { limit, before }))!;
      expect(page.items.length).toBeLessThanOrEqual(limit);
      items.unshift(...page.items);
      if (!page.next) return items;
      before = page.next;
    }
  }

  test('has in its pages what one page of all items has, of every source and in the same order', async () => {
    const whole = await timeline('P1', 200);
    const kinds = whole.map(({ kind }) => kind);
    const counts = kinds.map((kind) => [kind, kinds.filter((each) => each === kind).length]);
    // 10 callbacks name the payment, and the events name 33, of which 8 are the same.
    expect(Object.fromEntries(counts)).toEqual({
      callback: 35,
      event: 49,
      discrepancy: 13,
      note: 10,
      delivery: 60,
    });
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 1, max: 50 }), async (limit) => {
        expect(await timeline('P1', limit)).toEqual(whole);
      }),
      { numRuns: 8 },
    );
  });

  test('exists for no number that nothing names', async () => {
    const request = { limit: 200, before: null };
    expect(await new PostgresTimelineQueries(sql).find('nowhere', request)).toBeNull();
  });
});

test('the callbacks of a transaction are those of its payment and of its cases, also if they do not name the payment', async () => {
  await db.query(
    `INSERT INTO payments (number, order_number, gateway, amount, currency, status, transaction_id, paid_at, expires_at)
     VALUES ('R1', 'O38', 'stripe', 1, 'CNY', 'succeeded', 'TR', now(), now())`,
  );
  const store = async (eventId: string, paymentNumber: string | null, outcome: string): Promise<string> => {
    const [row] = await db.query(
      `INSERT INTO callbacks (gateway, event_id, fingerprint, kind, payment_number, notice, key_id, received_at, judged_at, outcome, settled_at)
       VALUES ('stripe', $1, '', 'k', $2, '{"transactionId":"TR"}', '', now(), now(), $3, now()) RETURNING id`,
      [eventId, paymentNumber, outcome],
    );
    return row.id;
  };
  const log = (type: string, callbackId: string) =>
    db.query(
      `INSERT INTO events (at, order_number, payment_number, callback_id, actor, type, data) VALUES (now(), 'O38', 'R1', $2, 'a', $1, '{}')`,
      [type, callbackId],
    );
  await log('order.paid', await store('paid', 'R1', 'settled'));
  await store('copy', 'R1', 'duplicate');
  await db.query(
    `INSERT INTO discrepancies (kind, gateway, transaction_id, callback_id, opened_at) VALUES ('foreign', 'stripe', 'TR', $1, now())`,
    [await store('first refund', null, 'refund_reported')],
  );
  await log('callback.refund_reported', await store('second refund', null, 'refund_reported'));
  const queries = new PostgresCallbackQueries(sql);
  for (const limit of [1, 3, 50]) {
    const found = await all((page) => queries.list({ transactionId: 'TR' }, page), limit);
    expect(found.map(({ eventId }) => eventId)).toEqual(['second refund', 'first refund', 'copy', 'paid']);
  }
  const settled = await queries.list(
    { transactionId: 'TR', outcome: 'settled' },
    { limit: 50, before: null },
  );
  expect(settled.items.map(({ eventId }) => eventId)).toEqual(['paid']);
  const ofPayment = await all((page) => queries.list({ paymentNumber: 'R1' }, page), 1);
  expect(ofPayment.map(({ eventId }) => eventId)).toEqual(['copy', 'paid']);
});

test('a callback whose money was accepted is listed once: it paid the order, and its outcome is not settled', async () => {
  await db.query(
    `INSERT INTO payments (number, order_number, gateway, amount, currency, status, expires_at)
     VALUES ('L1', 'O37', 'stripe', 1, 'CNY', 'init', now())`,
  );
  const [late] = await db.query(
    `INSERT INTO callbacks (gateway, event_id, fingerprint, kind, payment_number, notice, key_id, received_at, judged_at, outcome, settled_at)
     VALUES ('stripe', 'late', '', 'k', 'L1', '{}', '', now(), now(), 'paid_late', now()) RETURNING id`,
  );
  await db.query(
    `INSERT INTO events (at, order_number, payment_number, callback_id, actor, type, data)
     VALUES (now(), 'O37', 'L1', $1, 'a', 'order.paid', '{}')`,
    [late.id],
  );
  const queries = new PostgresCallbackQueries(sql);
  for (const filter of [{ paymentNumber: 'L1' }, { orderNumber: 'O37' }])
    expect((await all((page) => queries.list(filter, page), 1)).map(({ id }) => id)).toEqual([late.id]);
});
