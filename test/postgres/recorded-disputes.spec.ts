import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { Client } from 'pg';
import { RecordedDisputes1763900000029 } from '../../migrations/29-recorded-disputes.js';
import { runMigrations } from '../../src/adapters/postgres/engine/migrate.js';
import { OWN_TABLES } from '../../src/adapters/postgres/own-tables.js';
import { migrate, SCHEMA } from '../../src/adapters/postgres/schema.js';
import { freshDatabase, type FreshDatabase } from '../database.js';
import { restoreDump } from './fixtures/restored-dump.js';

/** The schema before the migration. */
const migrations = SCHEMA.migrations.slice(0, SCHEMA.migrations.indexOf(RecordedDisputes1763900000029));
const BEFORE = { ...SCHEMA, migrations };

let database: FreshDatabase;
let sql: Client;

/** What 0.6.0 and 0.7.0 have left on a database of 0.1.0, brought up to date. */
beforeAll(async () => {
  database = await freshDatabase();
  await restoreDump(database.url);
  await runMigrations({ schema: BEFORE, url: database.url, tables: OWN_TABLES });
  sql = new Client({ connectionString: database.url });
  await sql.connect();
  await sql.query(PAYMENTS);
  await leave('TD-1', 'PD1', [
    {
      disputeId: 'du_1',
      status: 'needs_response',
      moneyTaken: false,
      dueBy: '2026-12-01T00:00:00Z',
      at: at(0),
    },
    {
      disputeId: 'du_1',
      status: 'needs_response',
      moneyTaken: true,
      dueBy: '2026-12-02T00:00:00Z',
      at: at(0),
    },
    { disputeId: 'du_2', status: 'lost', moneyTaken: true, dueBy: null, at: at(9) },
    { disputeId: 'du_2', status: 'under_review', moneyTaken: null, dueBy: null, at: at(5) },
  ]);
  await leave('TD-2', 'PD2', [
    { disputeId: 'du_3', status: 'won', moneyTaken: false, dueBy: null, at: at(0) },
  ]);
  // As releases before 0.7.0.
  await leave('TD-3', 'PD3', [null]);
  // The success of this money has not come.
  await leave('TD-4', 'PD4', [{ disputeId: 'du_4', status: null, moneyTaken: null, dueBy: null, at: null }]);
  await leave(null, 'PD4', [
    { disputeId: 'du_5', status: 'inquiry', moneyTaken: null, dueBy: null, at: null },
  ]);
  await migrate(database.url);
}, 60_000);
afterAll(async () => {
  await sql.end();
  await database.drop();
});

const at = (second: number): string => `2026-11-24T08:00:0${second}.000Z`;

const PAYMENTS = `
INSERT INTO orders (number, total, currency, status)
SELECT 'OD' || n, 100, 'CNY', CASE WHEN n < 4 THEN 'paid' ELSE 'pending' END FROM generate_series(1, 4) AS n;
INSERT INTO payments (number, order_number, gateway, amount, currency, status, transaction_id, paid_at, expires_at)
SELECT 'PD' || n, 'OD' || n, 'stripe', 100, 'CNY', CASE WHEN n < 4 THEN 'succeeded' ELSE 'init' END, CASE WHEN n < 4 THEN 'TD-' || n END,
       CASE WHEN n < 4 THEN now() END, now() FROM generate_series(1, 4) AS n`;

/** The callbacks of the reports, and the one case that the first of them opened. */
async function leave(
  transactionId: string | null,
  number: string,
  reports: readonly (object | null)[],
): Promise<void> {
  const ids: string[] = [];
  for (const said of reports) {
    const report = said && {
      kind: 'dispute',
      amount: { amount: '100.00', currency: 'CNY' },
      reason: 'fraudulent',
      ...said,
    };
    const notice = {
      kind: 'dispute',
      paymentNumber: null,
      transactionId,
      amount: '100.00',
      currency: 'CNY',
      paidAt: null,
      reason: null,
      foreign: null,
    };
    const { rows } = await sql.query<{ id: string }>(
      `INSERT INTO callbacks (gateway, event_id, fingerprint, kind, notice, key_id, received_at, judged_at, outcome, settled_at)
       VALUES ('stripe', gen_random_uuid()::text, 'f', 'dispute', $1, 'k', now(), now(), 'dispute_reported', now()) RETURNING id`,
      [JSON.stringify(report ? { ...notice, dispute: report } : notice)],
    );
    ids.push(rows[0]!.id);
    await sql.query(
      `INSERT INTO events (at, order_number, payment_number, callback_id, actor, type, data)
       VALUES (now(), $1, $2, $3, 'gateway:stripe', 'callback.dispute_reported', '{}')`,
      [number.replace('P', 'O'), number, rows[0]!.id],
    );
  }
  await sql.query(
    `INSERT INTO discrepancies (kind, gateway, payment_number, order_number, transaction_id, callback_id, details, opened_at)
     VALUES ('dispute_reported', 'stripe', $1, $2, $3, $4, '{"paid":"100.00 CNY"}', now())`,
    [number, number.replace('P', 'O'), transactionId, ids[0]],
  );
}

async function disputes(number: string): Promise<unknown[]> {
  const { rows } = await sql.query(
    `SELECT dispute_id, status, money_taken, due_by, waiting, closed_at IS NOT NULL AS closed, order_number, amount::text FROM disputes
      WHERE payment_number = $1 ORDER BY id`,
    [number],
  );
  return rows;
}

/** As in "dispute open", and how the old one has ended. */
async function cases(number: string): Promise<string[]> {
  const { rows } = await sql.query<{ text: string }>(
    `SELECT kind || ' ' || status || coalesce(' ' || (SELECT successor.kind FROM discrepancies AS successor
              WHERE successor.id = (discrepancies.ended_by->>'discrepancyId')::bigint), '') AS text
       FROM discrepancies WHERE payment_number = $1 ORDER BY id`,
    [number],
  );
  return rows.map(({ text }) => text);
}

test('each dispute that a case was about is stored as its newest report says, and has its case', async () => {
  const common = { waiting: false, order_number: 'OD1', amount: '100.00' };
  expect(await disputes('PD1')).toEqual([
    {
      dispute_id: 'du_1',
      status: 'needs_response',
      money_taken: true,
      due_by: expect.any(Date),
      closed: false,
      ...common,
    },
    { dispute_id: 'du_2', status: 'lost', money_taken: true, due_by: null, closed: true, ...common },
  ]);
  expect(await cases('PD1')).toEqual([
    'dispute_reported resolved dispute_lost',
    'dispute open',
    'dispute_lost open',
  ]);
});

test('a dispute that was won needs no case, and its old one says that none has followed', async () => {
  expect(await disputes('PD2')).toMatchObject([{ dispute_id: 'du_3', status: 'won', closed: true }]);
  expect(await cases('PD2')).toEqual(['dispute_reported resolved']);
});

test('a dispute whose id was not stored is taken for one that awaits the shop', async () => {
  expect(await disputes('PD3')).toMatchObject([
    { dispute_id: expect.stringMatching(/^case-\d+$/), status: 'needs_response' },
  ]);
  expect(await cases('PD3')).toEqual(['dispute_reported resolved dispute', 'dispute open']);
});

test('a dispute of money that has not come waits for it; one that names no money has a case', async () => {
  expect(await disputes('PD4')).toMatchObject([
    { dispute_id: 'du_4', waiting: true, status: 'needs_response' },
  ]);
  expect(await cases('PD4')).toEqual([
    'dispute_reported resolved',
    'dispute_reported resolved unmatched',
    'unmatched open',
  ]);
});

test('every change is in the log', async () => {
  const { rows } = await sql.query<{ type: string; count: string }>(
    `SELECT type, count(*) FROM events WHERE payment_number LIKE 'PD%' AND actor = 'clock' GROUP BY type ORDER BY type`,
  );
  expect(rows.map(({ type, count }) => `${type} ${count}`)).toEqual([
    'discrepancy.opened 4',
    'discrepancy.resolved 5',
    'dispute.closed 2',
    'dispute.opened 5',
  ]);
});
