import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { Client } from 'pg';
import { MoneyOfCases1763900000024 } from '../../migrations/24-money-of-cases.js';
import { runMigrations } from '../../src/adapters/postgres/engine/migrate.js';
import { OWN_TABLES } from '../../src/adapters/postgres/own-tables.js';
import { migrate, SCHEMA } from '../../src/adapters/postgres/schema.js';
import { freshDatabase, type FreshDatabase } from '../database.js';
import { auditOf } from './fixtures/audit-of.js';
import { restoreDump } from './fixtures/restored-dump.js';

/** The schema before the migration. */
const migrations = SCHEMA.migrations.slice(0, SCHEMA.migrations.indexOf(MoneyOfCases1763900000024));
const BEFORE = { ...SCHEMA, migrations };

let database: FreshDatabase;
let sql: Client;

/** A database of 0.1.0 that 0.6.0 has worked on, with what its faults have left, brought up to date. */
beforeAll(async () => {
  database = await freshDatabase();
  await restoreDump(database.url);
  await runMigrations({ schema: BEFORE, url: database.url, tables: OWN_TABLES });
  sql = new Client({ connectionString: database.url });
  await sql.connect();
  await sql.query(LEFT_BEHIND);
  await migrate(database.url);
}, 60_000);
afterAll(async () => {
  await sql.end();
  await database.drop();
});

const PAID = `{"paid":"100.00 CNY"}`;
/** A payment that transaction X-2 has settled, and one whose order was cancelled after 60.00 was accepted for it. */
const LEFT_BEHIND = `
INSERT INTO orders (number, total, currency, status) VALUES ('OX', 100, 'CNY', 'paid'), ('OY', 100, 'CNY', 'cancelled');
INSERT INTO payments (number, order_number, gateway, amount, currency, status, transaction_id, paid_at, expires_at)
VALUES ('PX', 'OX', 'stripe', 100, 'CNY', 'succeeded', 'X-2', now(), now()), ('PY', 'OY', 'stripe', 100, 'CNY', 'succeeded', 'Y-1', now(), now());
INSERT INTO events (at, order_number, payment_number, actor, type, data)
VALUES (now(), 'OY', 'PY', 'gateway:stripe', 'payment.succeeded', '{"amount":{"amount":"60.00","currency":"CNY"}}');
INSERT INTO discrepancies (kind, status, gateway, payment_number, transaction_id, details, opened_at, resolved_at, resolved_by, resolution, note, reference, reason)
VALUES ('unmatched', 'open', 'stripe', 'P-1', 'X-1', '${PAID}', now(), NULL, NULL, NULL, NULL, NULL, NULL),
       ('conflicting', 'open', 'stripe', 'P-1', 'X-1', '{"paid":"99.00 CNY"}', now(), NULL, NULL, NULL, NULL, NULL, NULL),
       ('amount_mismatched', 'open', 'stripe', 'PX', 'X-2', '{"paid":"99.00 CNY"}', now(), NULL, NULL, NULL, NULL, NULL, NULL),
       ('order_not_payable', 'resolved', 'stripe', 'PX', 'X-3', '${PAID}', now(), now(), 'admin:dev', NULL, NULL, NULL, 'replayed: duplicate'),
       ('refund_due', 'open', 'stripe', 'PY', 'Y-1', '${PAID}', now(), NULL, NULL, NULL, NULL, NULL, NULL),
       ('refund_reported', 'resolved', 'stripe', 'P-2', 'X-4', '{"paid":"20.00 CNY"}', now(), now(), 'admin:dev', 'refunded_elsewhere', 'n', 'RF', NULL),
       ('foreign', 'open', 'stripe', 'PX', 'X-2', '${PAID}', now(), NULL, NULL, NULL, NULL, NULL, NULL);
UPDATE discrepancies SET callback_id = (SELECT min(id) FROM callbacks) WHERE kind = 'refund_reported' AND transaction_id = 'X-4';
`;

async function caseOf(kind: string, transactionId: string): Promise<Record<string, unknown>> {
  const { rows } = await sql.query(
    `SELECT id, status, money, identity, amount::text, currency, ended_by AS "endedBy", reason, details, refund_number AS "refundNumber"
       FROM discrepancies WHERE kind = $1 AND transaction_id = $2`,
    [kind, transactionId],
  );
  expect(rows).toHaveLength(1);
  return rows[0] as Record<string, unknown>;
}

describe('the migration of cases', () => {
  test('leaves one open case for each piece of money; it has all amounts, and the others say that it is their successor', async () => {
    const [first, second] = [await caseOf('unmatched', 'X-1'), await caseOf('conflicting', 'X-1')];
    expect(second).toMatchObject({ status: 'open', money: true, amount: '99.00' });
    expect(second.details).toMatchObject({ amounts: ['99.00 CNY', '100.00 CNY'] });
    expect(first).toMatchObject({
      status: 'resolved',
      endedBy: { by: 'successor', discrepancyId: second.id },
    });
    const { rows } = await sql.query(
      `SELECT data FROM events WHERE type = 'discrepancy.resolved' AND data->>'id' = $1`,
      [first.id],
    );
    expect(rows).toMatchObject([
      { data: { endedBy: first.endedBy, amount: { amount: '100.00', currency: 'CNY' } } },
    ]);
  });

  test('ends the cases of money that has settled a payment since', async () => {
    expect(await caseOf('amount_mismatched', 'X-2')).toMatchObject({
      status: 'resolved',
      endedBy: { by: 'settlement', paymentNumber: 'PX' },
    });
    expect(await caseOf('foreign', 'X-2')).toMatchObject({
      status: 'open',
      money: false,
      identity: 'foreign stripe PX X-2',
    });
  });

  test('opens a case again that a replay has ended without an owner for its money', async () => {
    expect(await caseOf('order_not_payable', 'X-3')).toMatchObject({ status: 'open', endedBy: null });
  });

  test('lets the case of a cancelled order tell what came', async () => {
    expect(await caseOf('refund_due', 'Y-1')).toMatchObject({
      amount: '60.00',
      details: { paid: '60.00 CNY' },
    });
  });

  test('records what operators have refunded elsewhere as refunds of that amount', async () => {
    const { refundNumber } = await caseOf('refund_reported', 'X-4');
    const { rows } = await sql.query(
      `SELECT amount::text, currency, origin, status, reference FROM refunds WHERE number = $1 AND transaction_id = 'X-4'`,
      [refundNumber],
    );
    expect(rows).toEqual([
      { amount: '20.00', currency: 'CNY', origin: 'reported', status: 'succeeded', reference: 'RF' },
    ]);
  });

  test('completes every case of 0.1.0: what owns money and what does not, and what has ended it', async () => {
    const { rows } = await sql.query(
      `SELECT count(*)::int AS count FROM discrepancies
        WHERE money IS NULL OR money = (identity IS NOT NULL) OR (status = 'resolved') <> (ended_by IS NOT NULL)`,
    );
    expect(rows).toEqual([{ count: 0 }]);
    const { rows: recorded } = await sql.query(
      `SELECT count(*)::int AS count FROM discrepancies LEFT JOIN refunds ON refunds.number = refund_number
        WHERE resolution = 'refunded_elsewhere' AND refunds.amount IS DISTINCT FROM discrepancies.amount`,
    );
    expect(recorded).toEqual([{ count: 0 }]);
  });
});

test('after the migration each piece of money of 0.1.0 has its owner, and the audit names what 0.6.0 has left without', async () => {
  const { pieces, broken } = await auditOf(database.url);
  const named = broken.map(({ transactionId, violations }) => [transactionId, ...violations]);
  expect(named).toEqual([['X-2', 'no_owner']]);
  expect(pieces).toBeGreaterThan(100);
});

/** As 0.6.0 writes: without the new columns. Returns the ids of the rows that were written. */
const open060 = async (kind: string, number: string, transactionId: string): Promise<string[]> => {
  const { rows } = await sql.query<{ id: string }>(
    `INSERT INTO discrepancies (kind, gateway, payment_number, order_number, transaction_id, callback_id, details, opened_at)
     VALUES ($1, 'stripe', $2, NULL, $3, NULL, '${PAID}', now()) ON CONFLICT DO NOTHING RETURNING id`,
    [kind, number, transactionId],
  );
  return rows.map(({ id }) => id);
};

describe('beside this release, 0.6.0', () => {
  test('opens cases that this release understands, and no second one for the same money or the same fact', async () => {
    expect(await open060('paid_late', 'P-6', 'X-6')).toHaveLength(1);
    expect(await open060('order_not_payable', 'P-6', 'X-6')).toEqual([]);
    expect(await caseOf('paid_late', 'X-6')).toMatchObject({
      money: true,
      amount: '100.00',
      currency: 'CNY',
    });
    expect(await open060('transaction_reused', 'P-6', 'X-2')).toHaveLength(1);
    expect(await open060('transaction_reused', 'P-6', 'X-2')).toEqual([]);
    expect(await caseOf('transaction_reused', 'X-2')).toMatchObject({
      money: false,
      identity: 'transaction_reused stripe P-6 X-2',
    });
  });

  test('ends cases in ways that this release understands, and records a refund that it knows nothing of', async () => {
    const [id] = await open060('unmatched', 'P-7', 'X-7');
    await sql.query(
      `UPDATE discrepancies SET status = 'resolved', resolved_at = now(), resolved_by = 'admin:dev', resolution = 'refunded_elsewhere',
              note = 'n', reference = 'RF-7' WHERE id = $1`,
      [id],
    );
    expect(await caseOf('unmatched', 'X-7')).toMatchObject({
      endedBy: { by: 'refunds', refundNumber: `case-${id}-1` },
    });
    const { rows } = await sql.query(`SELECT amount::text, reference FROM refunds WHERE number = $1`, [
      `case-${id}-1`,
    ]);
    expect(rows).toEqual([{ amount: '100.00', reference: 'RF-7' }]);
    // The same money once more is a fact that is known.
    expect(await open060('unmatched', 'P-7', 'X-7')).toEqual([]);
  });

  test('cannot take the owner from money by a replay', async () => {
    const [id] = await open060('order_not_payable', 'P-8', 'X-8');
    await sql.query(
      `UPDATE discrepancies SET status = 'resolved', resolved_at = now(), resolved_by = 'admin:dev', reason = 'replayed: duplicate'
        WHERE id = $1`,
      [id],
    );
    expect(await caseOf('order_not_payable', 'X-8')).toMatchObject({ status: 'open', reason: null });
  });
});
