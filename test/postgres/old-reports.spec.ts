import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { Client } from 'pg';
import { MoneyOfCases1763900000024 } from '../../migrations/24-money-of-cases.js';
import { runMigrations } from '../../src/adapters/postgres/engine/migrate.js';
import { OWN_TABLES } from '../../src/adapters/postgres/own-tables.js';
import { migrate, SCHEMA } from '../../src/adapters/postgres/schema.js';
import { OLD_REPORT_KINDS, RecordOldReports } from '../../src/application/refunds/record-old-reports.js';
import { bodyOf, LaterReader } from '../application/fixtures/world.js';
import { refundReceipt } from '../application/fixtures/receipts.js';
import { parseMarkdown, read, section } from '../docs/markdown.js';
import { freshDatabase, type FreshDatabase } from '../database.js';
import { auditOf } from './fixtures/audit-of.js';
import { restoreDump } from './fixtures/restored-dump.js';
import { openPools, type OpenedPools, unitOfWorkOn } from './open-postgres.js';

/** The schema of 0.7.0. */
const migrations = SCHEMA.migrations.slice(0, SCHEMA.migrations.indexOf(MoneyOfCases1763900000024));
const BEFORE = { ...SCHEMA, migrations };

let database: FreshDatabase;
let sql: Client;
let pools: OpenedPools;

/** What 0.6.0 and 0.7.0 have left, and what 0.7.0 stores while this release works beside it. */
beforeAll(async () => {
  database = await freshDatabase();
  await restoreDump(database.url);
  await runMigrations({ schema: BEFORE, url: database.url, tables: OWN_TABLES });
  sql = new Client({ connectionString: database.url });
  await sql.connect();
  await sql.query(PAYMENTS);
  for (const report of LEFT_BEHIND) await report();
  await migrate(database.url);
  pools = await openPools(database.url);
  await record();
  for (const report of DURING_UPGRADE) await report();
  await record();
}, 60_000);
afterAll(async () => {
  await pools.close();
  await sql.end();
  await database.drop();
});

async function record(): Promise<void> {
  const recording = new RecordOldReports(unitOfWorkOn(pools), new LaterReader(), { now: () => new Date() });
  for (const kind of OLD_REPORT_KINDS)
    for (let before: string | null = null; ;) {
      const { next }: { next: string | null } = await recording.execute(kind, before);
      if (next === null) break;
      before = next;
    }
}

/** Transaction T1 has settled payment P1, and so on. No payment has settled T8. */
const PAYMENTS = `
INSERT INTO orders (number, total, currency, status) SELECT 'OLD' || n, 100, 'CNY', 'paid' FROM generate_series(1, 7) AS n;
INSERT INTO payments (number, order_number, gateway, amount, currency, status, transaction_id, paid_at, expires_at)
SELECT 'P' || n, 'OLD' || n, 'stripe', 100, 'CNY', 'succeeded', 'T' || n, now(), now() FROM generate_series(1, 7) AS n;
INSERT INTO events (at, order_number, payment_number, actor, type, data)
SELECT now(), 'OLD' || n, 'P' || n, 'gateway:stripe', type, '{"amount":{"amount":"100.00","currency":"CNY"}}'
  FROM generate_series(1, 7) AS n, unnest(ARRAY['payment.succeeded','order.paid']) AS type`;

const at = (second: number): string => `2026-11-24T08:00:0${second}.000Z`;
const cny = (amount: string) => ({ amount, currency: 'CNY' });

interface Told {
  /** Null in the notices of releases before 0.7.0. */
  readonly report: object | null;
  readonly body?: Uint8Array;
}

const refund = (id: string, amount: string, said: object = {}): Told => ({
  report: {
    refundNumber: null,
    gatewayRefundId: id,
    amount: cny(amount),
    status: 'succeeded',
    cumulative: null,
    paid: null,
    at: at(1),
    failure: null,
    ...said,
  },
});
const dispute = (disputeId: string, status: string, second: number): Told => ({
  report: {
    kind: 'dispute',
    disputeId,
    amount: cny('100.00'),
    status,
    reason: 'fraudulent',
    dueBy: null,
    moneyTaken: true,
    at: at(second),
  },
});

/** As 0.7.0 stores it: all reports of a transaction join one case, open or ended. */
async function told(kind: 'refund' | 'dispute', money: number, { report, body }: Told): Promise<void> {
  const number = money === 8 ? null : `P${money}`;
  const nothing = { paymentNumber: null, paidAt: null, reason: null, foreign: null };
  const said = { kind, transactionId: `T${money}`, ...cny('90.00') };
  const notice = { ...nothing, ...said, ...(report && { [kind]: report }) };
  const { rows } = await sql.query<{ id: string }>(
    `INSERT INTO callbacks (gateway, event_id, fingerprint, kind, notice, key_id, received_at, judged_at, outcome, settled_at, body, headers)
     VALUES ('stripe', gen_random_uuid()::text, 'f', $1::text, $2, 'k', clock_timestamp(), now(), $1::text || '_reported', clock_timestamp(), $3, $4)
     RETURNING id`,
    [kind, JSON.stringify(notice), body ?? null, body ? '{}' : null],
  );
  await sql.query(
    `INSERT INTO discrepancies (kind, gateway, payment_number, order_number, transaction_id, callback_id, details, opened_at)
     VALUES ($1::text || '_reported', 'stripe', $2, $3, $4, $5, '{"paid":"90.00 CNY","reason":null}', now()) ON CONFLICT DO NOTHING`,
    [kind, number, number && number.replace('P', 'OLD'), `T${money}`, rows[0]!.id],
  );
}

const ended = (money: number, resolution: string | null) =>
  sql.query(
    `UPDATE discrepancies SET status = 'resolved', resolved_at = clock_timestamp(), resolved_by = 'admin:dev', resolution = $2::text,
            note = CASE WHEN $2::text IS NOT NULL THEN 'n' END, reason = CASE WHEN $2::text IS NULL THEN 'recorded as a refund' END
      WHERE transaction_id = $1`,
    [`T${money}`, resolution],
  );

const LEFT_BEHIND: readonly (() => Promise<unknown>)[] = [
  () => told('refund', 1, refund('re_2', '70.00', { at: at(2) })),
  () => told('refund', 1, refund('re_1', '30.00')),
  () =>
    told(
      'refund',
      1,
      refund('-', '-', { gatewayRefundId: null, amount: null, cumulative: cny('100.00'), at: at(2) }),
    ),
  () => told('dispute', 2, dispute('du_2', 'lost', 5)),
  () => told('dispute', 2, dispute('du_1', 'needs_response', 1)),
  () => told('dispute', 2, dispute('du_2', 'under_review', 3)),
  // A person has ended the case, and then another refund came.
  () => told('refund', 3, refund('re_3', '10.00')),
  () => ended(3, 'dismiss'),
  () => told('refund', 3, refund('re_4', '20.00')),
  // 0.8.0 has recorded the report of the case alone.
  () => told('refund', 4, refund('re_5', '10.00')),
  () => told('refund', 4, refund('re_6', '20.00')),
  () => ended(4, null),
  () => told('refund', 5, { report: null, body: bodyOf(refundReceipt('P5', {}, { transactionId: 'T5' })) }),
  () => told('refund', 5, { report: null }),
  // A person has seen the first of two refunds alone.
  () => told('refund', 7, refund('re_11', '10.00')),
  () => told('refund', 7, refund('re_12', '20.00')),
  () => ended(7, 'dismiss'),
  () => told('refund', 8, refund('re_8', '40.00')),
  () => told('refund', 8, refund('re_9', '50.00')),
];
const DURING_UPGRADE: readonly (() => Promise<unknown>)[] = [
  () =>
    told(
      'refund',
      1,
      refund('re_1', '30.00', { status: 'failed', at: at(9), failure: { code: 'declined', message: null } }),
    ),
  () => told('dispute', 2, dispute('du_1', 'won', 7)),
  () => told('refund', 6, refund('re_7', '10.00')),
  () => told('refund', 6, refund('re_10', '90.00')),
];

/** As in "re_1 succeeded 30.00", and the status of the order. */
async function refunds(money: number): Promise<(string | null)[]> {
  const { rows } = await sql.query<{ text: string }>(
    `SELECT number || ' ' || status || ' ' || amount || CASE WHEN waiting THEN ' waiting' ELSE '' END AS text
       FROM refunds WHERE transaction_id = $1 ORDER BY number`,
    [`T${money}`],
  );
  const { rows: orders } = await sql.query<{ status: string }>(
    `SELECT status FROM orders WHERE number = $1`,
    [`OLD${money}`],
  );
  return [...rows.map(({ text }) => text), ...orders.map(({ status }) => status)];
}

/** As in "dispute open", and how the old ones have ended. */
async function cases(money: number): Promise<string[]> {
  const { rows } = await sql.query<{ text: string }>(
    `SELECT kind || ' ' || status || coalesce(' ' || (SELECT successor.kind FROM discrepancies AS successor
              WHERE successor.id = (discrepancies.ended_by->>'discrepancyId')::bigint), '') AS text
       FROM discrepancies WHERE transaction_id = $1 ORDER BY id`,
    [`T${money}`],
  );
  return rows.map(({ text }) => text);
}

test('all refunds that have joined one case are recorded, and one that fails during the upgrade has a case', async () => {
  expect(await refunds(1)).toEqual(['re_1 failed 30.00', 're_2 succeeded 70.00', 'refunded']);
  expect(await cases(1)).toEqual([
    'refund_reported resolved',
    'refund_reported resolved',
    'refund_reported resolved',
    'refund_reported resolved refund_failed',
    'refund_failed open',
  ]);
});

test('each dispute that a case was about is stored as its newest report says, and has the case that it needs', async () => {
  const { rows } = await sql.query(
    `SELECT dispute_id, status, money_taken, waiting, order_number FROM disputes WHERE transaction_id = 'T2' ORDER BY dispute_id`,
  );
  const common = { money_taken: true, waiting: false, order_number: 'OLD2' };
  expect(rows).toEqual([
    { dispute_id: 'du_1', status: 'won', ...common },
    { dispute_id: 'du_2', status: 'lost', ...common },
  ]);
  expect((await cases(2)).filter((text) => text.endsWith('open'))).toEqual(['dispute_lost open']);
});

test('a refund that came after a person had ended the case is recorded, and one before it is not', async () => {
  expect(await refunds(3)).toEqual(['re_4 succeeded 20.00', 'paid']);
});

test('what joined a case before a person ended it is found by the query of upgrading.md, and recorded by its statement', async () => {
  const guide = section(
    read('docs/operations/upgrading.md'),
    'Refunds that joined a case that a person has ended',
  );
  const [find, open] = parseMarkdown(guide).fences.map(({ lines }) => lines.join('\n'));
  const { rows } = await sql.query<{ callback: string; discrepancy: string }>(find!);
  const found = { gateway: 'stripe', payment_number: 'P7', refund: 're_12', amount: '20.00' };
  expect(rows).toMatchObject([
    { ...found, status: 'succeeded', resolution: 'dismiss', resolved_by: 'admin:dev' },
  ]);
  const { callback, discrepancy } = rows[0]!;
  await sql.query(open!.replace('= 4711', `= ${callback}`).replace('= 12', `= ${discrepancy}`));
  await record();
  expect(await refunds(7)).toEqual(['re_12 succeeded 20.00', 'paid']);
  expect((await sql.query(find!)).rows).toEqual([]);
});

test('what has joined a case that 0.8.0 has ended is recorded too', async () => {
  expect(await refunds(4)).toEqual(['re_6 succeeded 20.00', 'paid']);
});

test('a report without its content is read from its body; without a body, its case says so and stays', async () => {
  expect(await refunds(5)).toEqual(['re-P5 succeeded 40.00', 'paid']);
  const { rows } = await sql.query(
    `SELECT details FROM discrepancies WHERE transaction_id = 'T5' AND status = 'open'`,
  );
  expect(rows).toEqual([
    {
      details: {
        paid: '90.00 CNY',
        reason: 'the report cannot be read again: the body of its callback was removed',
      },
    },
  ]);
});

test('two reports of one payment that reach 0.7.0 during the upgrade have a case each, and are recorded', async () => {
  expect(await refunds(6)).toEqual(['re_10 succeeded 90.00', 're_7 succeeded 10.00', 'refunded']);
  expect(await cases(6)).toEqual(['refund_reported resolved', 'refund_reported resolved']);
});

test('refunds of money that is not known wait for it', async () => {
  expect(await refunds(8)).toEqual(['re_8 succeeded 40.00 waiting', 're_9 succeeded 50.00 waiting']);
});

test('no refund or case changes when the migration and the worker run again', async () => {
  const content = async () =>
    (
      await sql.query(
        `SELECT id, status, details FROM discrepancies UNION ALL SELECT id, status, failure FROM refunds ORDER BY 1`,
      )
    ).rows;
  const before = await content();
  await sql.query(`DELETE FROM migrations WHERE name LIKE 'OneCaseForAReport%'`);
  await migrate(database.url);
  await record();
  expect(await content()).toEqual(before);
});

test('the audit finds an owner for all money', async () => {
  expect((await auditOf(database.url)).broken).toEqual([]);
});
