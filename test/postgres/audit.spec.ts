import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { Client } from 'pg';
import type { AuditReport } from '../../src/application/audit/audit-money.js';
import { AuditMoney } from '../../src/application/audit/audit-money.js';
import type { AuditQueries, BrokenPiece } from '../../src/application/audit/audit-queries.js';
import { Money } from '../../src/domain/money.js';
import { freshNumber, LATE, receipt, type Said } from '../application/fixtures/receipts.js';
import { World } from '../application/fixtures/world.js';
import { freshDatabase, type FreshDatabase } from '../database.js';
import { ALWAYS, auditQueriesOn } from './fixtures/audit-of.js';
import { openPools, unitOfWorkOn } from './open-postgres.js';

let database: FreshDatabase;
let client: Client;
let queries: AuditQueries;
let world: World;

beforeAll(async () => {
  database = await freshDatabase();
  const pools = await openPools(database.url);
  world = new World({ unitOfWork: unitOfWorkOn(pools), close: () => pools.close() });
  client = new Client({ connectionString: database.url });
  await client.connect();
  // What a test breaks, no trigger mends or refuses.
  await client.query('SET session_replication_role = replica');
  await client.query('ALTER TABLE discrepancies DROP CONSTRAINT IF EXISTS discrepancies_kind_check');
  queries = await auditQueriesOn(client);
});
afterAll(async () => {
  await client.end();
  await world.database.close();
  await database.drop();
});

const audit = (): Promise<AuditReport> => new AuditMoney(queries, { now: () => new Date() }).execute(ALWAYS);
const sql = (text: string, values: readonly unknown[] = []) => client.query(text, [...values]);
const cny = (amount: string): Money => Money.of(amount, 'CNY');

interface Piece {
  readonly transactionId: string;
  readonly paymentNumber: string;
  readonly orderNumber: string;
}

async function paid(said: Said = {}): Promise<Piece> {
  const { paymentNumber, orderNumber } = await world.placeOrder();
  const transactionId = freshNumber();
  await world.receive(receipt(paymentNumber, { transactionId, ...said }));
  return { transactionId, paymentNumber, orderNumber };
}

/** Money with an open case: it came too late. */
const late = () => paid({ receivedAt: LATE });

async function cancelled(): Promise<Piece> {
  const piece = await paid();
  await world.moveOrder(piece.orderNumber, 'cancelled');
  return piece;
}

async function resolved(piece: Piece, ...how: DropFirst<Parameters<World['resolve']>>): Promise<Piece> {
  await world.resolve(await world.openCase(piece.paymentNumber), ...how);
  return piece;
}
type DropFirst<All extends readonly unknown[]> = All extends [unknown, ...infer Rest] ? Rest : never;

async function refunded(
  { transactionId, ...piece }: Piece,
  amount: string,
  more: { readonly status?: string; readonly currency?: string; readonly waiting?: boolean } = {},
): Promise<string> {
  const { status = 'succeeded', currency = 'CNY', waiting = false } = more;
  const number = freshNumber();
  await sql(
    `INSERT INTO refunds (number, gateway, transaction_id, payment_number, order_number, amount, currency, origin, status, waiting)
     VALUES ($1, 'stripe', $2, $3, $4, $5, $6, 'reported', $7, $8)`,
    [number, transactionId, piece.paymentNumber, piece.orderNumber, amount, currency, status, waiting],
  );
  return number;
}

const ofPiece = ({ transactionId }: Piece, change: string) =>
  sql(`UPDATE discrepancies SET ${change} WHERE transaction_id = $1`, [transactionId]);
const endedBy = (end: object): string =>
  `status = 'resolved', resolved_at = now(), ended_by = '${JSON.stringify(end)}'`;
const orderIs = ({ orderNumber }: Piece, status: string) =>
  sql('UPDATE orders SET status = $2 WHERE number = $1', [orderNumber, status]);

const UNKNOWN: Piece = { transactionId: '', paymentNumber: '', orderNumber: '' };

/** Every place that money can have, by the use cases that bring it there. */
async function placeEverywhere(): Promise<number> {
  await paid();
  await late();
  await paid({ money: cny('99.00') });
  await paid({ foreign: 'appid' });
  await cancelled();
  await resolved(await cancelled(), 'dismiss');
  await resolved(await cancelled(), 'refunded_elsewhere', { reference: freshNumber() });
  await resolved(await late(), 'accept');
  await resolved(await late(), 'refunded_elsewhere', { reference: freshNumber() });
  await resolved(await late(), 'refunded_elsewhere', { reference: freshNumber(), amount: cny('10.00') });
  const other = await world.placeOrder();
  await resolved(await late(), 'attach', { paymentNumber: other.paymentNumber });
  const unknown = freshNumber();
  await world.receive(receipt(unknown));
  await world.receive(receipt(unknown, { money: cny('99.00') }));
  const { paymentNumber } = await paid();
  await world.receive(receipt(paymentNumber, { transactionId: freshNumber() }));
  await world.receive(receipt(freshNumber(), { kind: 'refund' }));
  await world.store(receipt(freshNumber()), 'pending');
  await world.store(receipt(freshNumber()), 'undeliverable');
  // The money that was attached counts once, under its new payment.
  return 14;
}

test('money in every place that the law knows breaks nothing, and each piece is counted once', async () => {
  const before = await audit();
  const pieces = await placeEverywhere();
  const after = await audit();
  expect([after.broken, after.unowned, after.pieces - before.pieces]).toEqual([[], 0, pieces]);
});

/** The piece, after something has broken it. */
type Break = () => Promise<Piece>;

const BREAKS: Readonly<Record<string, Readonly<Record<string, Break>>>> = {
  no_owner: {
    'a success that was acknowledged, whose case is gone': async () => {
      const piece = await late();
      await sql('DELETE FROM discrepancies WHERE transaction_id = $1', [piece.transactionId]);
      return piece;
    },
    'a success whose outcome is that of a copy, without any owner': async () => {
      const transactionId = freshNumber();
      await world.store(receipt(freshNumber(), { transactionId }), 'duplicate');
      return { ...UNKNOWN, transactionId };
    },
    'money of a cancelled order without a case': async () => {
      const piece = await cancelled();
      await sql('DELETE FROM discrepancies WHERE transaction_id = $1', [piece.transactionId]);
      return piece;
    },
    'money of a cancelled order that was dismissed before it settled': async () => {
      const piece = await resolved(await cancelled(), 'dismiss');
      await ofPiece(piece, `kind = 'unmatched'`);
      return piece;
    },
    'money whose payment has succeeded, and whose order another payment has paid': async () => {
      const piece = await paid();
      await sql(
        `UPDATE events SET payment_number = 'other' WHERE order_number = $1 AND type = 'order.paid'`,
        [piece.orderNumber],
      );
      return piece;
    },
    'money whose case refunds have ended, which come to less': async () => {
      const piece = await resolved(await late(), 'refunded_elsewhere', { reference: freshNumber() });
      await sql('UPDATE refunds SET amount = 99.99 WHERE transaction_id = $1', [piece.transactionId]);
      return piece;
    },
    'money whose case refunds have ended, in another currency': async () => {
      const piece = await resolved(await late(), 'refunded_elsewhere', { reference: freshNumber() });
      await sql(`UPDATE refunds SET currency = 'USD' WHERE transaction_id = $1`, [piece.transactionId]);
      return piece;
    },
    'money whose case an earlier release has ended without a successor': async () => {
      const piece = await late();
      await ofPiece(piece, endedBy({ by: 'successor', discrepancyId: null }));
      return piece;
    },
    'a refund that does not wait, of money that never came': async () => {
      const piece = { ...UNKNOWN, transactionId: freshNumber() };
      await refunded(piece, '10.00', { status: 'processing' });
      return piece;
    },
    'a dispute that does not wait, about money that never came': async () => {
      const transactionId = freshNumber();
      await sql(
        `INSERT INTO disputes (gateway, dispute_id, transaction_id, status, opened_at, updated_at) VALUES ('stripe', $1, $1, 'inquiry', now(), now())`,
        [transactionId],
      );
      return { ...UNKNOWN, transactionId };
    },
  },
  two_owners: {
    'money that has paid its order and has an open case': async () => {
      const piece = await late();
      await resolved(piece, 'accept');
      await ofPiece(
        piece,
        `status = 'open', resolved_at = NULL, ended_by = NULL, resolution = NULL, note = NULL, resolved_by = NULL`,
      );
      return piece;
    },
    'money with two open cases': async () => {
      const piece = await late();
      await sql('DROP INDEX discrepancies_open_money');
      await sql(
        `INSERT INTO discrepancies (kind, gateway, transaction_id, opened_at, money, amount, currency)
         VALUES ('unmatched', 'stripe', $1, now(), true, 100, 'CNY')`,
        [piece.transactionId],
      );
      return piece;
    },
  },
  given_back_and_open: {
    'money of which two amounts are known, in its case when the greater went back': async () => {
      const piece = await paid({ money: cny('99.00') });
      await world.receive(receipt(piece.paymentNumber, { ...piece, receivedAt: LATE }));
      await refunded(piece, '100.00');
      return piece;
    },
    'money that has gone back, whose case is still open': async () => {
      const piece = await late();
      await refunded(piece, '60.00');
      await refunded(piece, '40.00');
      return piece;
    },
  },
  order_not_refunded: {
    'the money of the payment that paid the order has gone back, and the order is shipped': async () => {
      const piece = await paid();
      await refunded(piece, '100.00');
      await orderIs(piece, 'shipped');
      return piece;
    },
  },
  ending_not_found: {
    'a settlement that never was': async () => {
      const piece = await resolved(await late(), 'dismiss');
      await ofPiece(piece, endedBy({ by: 'settlement', paymentNumber: piece.paymentNumber }));
      return piece;
    },
    'a settlement of another payment': async () => {
      const [piece, other] = [await resolved(await late(), 'accept'), await paid()];
      await ofPiece(piece, endedBy({ by: 'settlement', paymentNumber: other.paymentNumber }));
      return piece;
    },
    'refunds of another piece of money': async () => {
      const [piece, other] = [await late(), await late()];
      const refundNumber = await refunded(other, '10.00');
      await ofPiece(piece, endedBy({ by: 'refunds', refundNumber }));
      return piece;
    },
    'a successor that does not exist': async () => {
      const piece = await resolved(await late(), 'accept');
      await ofPiece(piece, endedBy({ by: 'successor', discrepancyId: '999999999' }));
      return piece;
    },
    'a successor that is about another piece of money': async () => {
      const [piece, other] = [await resolved(await late(), 'accept'), await late()];
      const { id: discrepancyId } = await world.openCase(other.paymentNumber);
      await ofPiece(piece, endedBy({ by: 'successor', discrepancyId }));
      return piece;
    },
    'a successor whose id is no number': async () => {
      const piece = await resolved(await late(), 'accept');
      await ofPiece(piece, endedBy({ by: 'successor', discrepancyId: 'x' }));
      return piece;
    },
    'the outcome of its callback, which ends no money case': async () => {
      const piece = await resolved(await late(), 'accept');
      await ofPiece(piece, endedBy({ by: 'outcome', outcome: 'duplicate' }));
      return piece;
    },
    'a decision that no operator has made': async () => {
      const piece = await late();
      await ofPiece(piece, endedBy({ by: 'decision' }));
      return piece;
    },
    'nothing at all': async () => {
      const piece = await resolved(await late(), 'accept');
      await ofPiece(piece, 'ended_by = NULL');
      return piece;
    },
  },
  refunds_exceed_money: {
    'refunds that come to more than the money, without a case': async () => {
      const piece = await paid();
      await refunded(piece, '60.00');
      await refunded(piece, '50.00', { status: 'processing' });
      return piece;
    },
  },
  settlement_differs: {
    'a payment that has succeeded, and whose transaction is not listed': async () => {
      const piece = await paid();
      await sql('DELETE FROM settled_transactions WHERE transaction_id = $1', [piece.transactionId]);
      return piece;
    },
    'a listed transaction whose payment has another': async () => {
      const piece = await paid();
      const transactionId = freshNumber();
      await world.store(receipt(piece.paymentNumber, { transactionId }), 'settled');
      await sql(`INSERT INTO settled_transactions VALUES ($1, 'stripe', $2)`, [
        transactionId,
        piece.paymentNumber,
      ]);
      return { ...piece, transactionId };
    },
  },
};

describe.each(Object.entries(BREAKS))('%s', (violation, breaks) => {
  test.each(Object.entries(breaks))('%s', async (_what, breakIt) => {
    const { transactionId } = await breakIt();
    const found = (await audit()).broken.find((each) => each.transactionId === transactionId);
    expect(found?.violations).toContain(violation);
    expect(await queries.examine([found!])).toEqual([found]);
  });
});

const FINE: Readonly<Record<string, () => Promise<Piece>>> = {
  'a refund that waits for its money': async () => {
    const piece = { ...UNKNOWN, transactionId: freshNumber() };
    await refunded(piece, '10.00', { waiting: true });
    return piece;
  },
  'a part of the money of a paid order that went back': async () => {
    const piece = await paid();
    await refunded(piece, '99.99');
    return piece;
  },
  'money of a refunded order, all of which went back': async () => {
    const piece = await paid();
    await refunded(piece, '100.00');
    await orderIs(piece, 'refunded');
    return piece;
  },
  'money of a cancelled order, all of which went back': async () => {
    const piece = await cancelled();
    await sql('DELETE FROM discrepancies WHERE transaction_id = $1', [piece.transactionId]);
    await refunded(piece, '100.00');
    return piece;
  },
  'money that went back before its success was decided, in its case': async () => {
    const piece = await cancelled();
    await ofPiece(piece, `kind = 'order_not_payable', details = details || '{"reason":"money_back"}'`);
    await refunded(piece, '100.00');
    return piece;
  },
  'refunds that come to more than the money, with their case': async () => {
    const piece = await paid();
    await refunded(piece, '110.00');
    await orderIs(piece, 'refunded');
    await besideMoney(piece, 'refund_exceeds_payment');
    return piece;
  },
  'money of an ended case whose refund has failed, in the case of the refund': async () => {
    const piece = await resolved(await late(), 'refunded_elsewhere', { reference: freshNumber() });
    await sql(`UPDATE refunds SET status = 'failed' WHERE transaction_id = $1`, [piece.transactionId]);
    await besideMoney(piece, 'refund_failed');
    return piece;
  },
  'money of which two amounts are known, in its case when the smaller went back': async () => {
    const piece = await paid({ money: cny('99.00') });
    await world.receive(receipt(piece.paymentNumber, { ...piece, receivedAt: LATE }));
    await resolved(piece, 'refunded_elsewhere', { reference: freshNumber() });
    return piece;
  },
  'settled money that was named with a smaller amount before, when that much went back': async () => {
    const piece = await paid({ money: cny('60.00') });
    await world.receive(receipt(piece.paymentNumber, piece));
    await refunded(piece, '60.00');
    return piece;
  },
  'money whose case the sum of its gateway has ended, in the case of the refund when the sum is less':
    async () => {
      const piece = await late();
      await ofPiece(piece, endedBy({ by: 'refunds', refundNumber: null }));
      await refunded(piece, '30.00');
      await besideMoney(piece, 'refund_failed');
      return piece;
    },
};

const besideMoney = ({ transactionId }: Piece, kind: string) =>
  sql(
    `INSERT INTO discrepancies (kind, gateway, transaction_id, opened_at, money, identity) VALUES ($2, 'stripe', $1, now(), false, $1 || $2)`,
    [transactionId, kind],
  );

describe('no violation', () => {
  test.each(Object.entries(FINE))('%s', async (_what, make) => {
    const { transactionId, paymentNumber } = await make();
    expect((await audit()).broken.filter((each) => each.transactionId === transactionId)).toEqual([]);
    expect(await queries.examine([{ gateway: 'stripe', transactionId, paymentNumber }])).toEqual([]);
  });
});

test('what is new is found through the log, though the money came long ago', async () => {
  const piece = await cancelled();
  await sql('DELETE FROM discrepancies WHERE transaction_id = $1', [piece.transactionId]);
  const ofLog = new AuditMoney(queries, world.clock).execute(ALWAYS, { sources: ['events'] });
  const found = (await ofLog).broken.find((each) => each.transactionId === piece.transactionId);
  expect(found).toMatchObject({
    violations: ['no_owner'],
    orderNumber: piece.orderNumber,
  } satisfies Partial<BrokenPiece>);
});

test('the log names transactions whose money has not come, and these are no pieces of money', async () => {
  const undeliverable = receipt(freshNumber());
  await world.store(undeliverable, 'undeliverable');
  const { paymentNumber, transactionId: undecided } = undeliverable.notification;
  await resolved({ ...UNKNOWN, paymentNumber: paymentNumber! }, 'dismiss');
  await sql(
    `INSERT INTO events (at, actor, type, data) VALUES (now(), 'gateway:stripe', 'refund.succeeded', '{"gateway":"stripe","transactionId":"waits"}')`,
  );
  const { broken } = await new AuditMoney(queries, world.clock).execute(ALWAYS, { sources: ['events'] });
  const names = [undecided, 'waits'];
  expect(broken.filter(({ transactionId }) => names.includes(transactionId))).toEqual([]);
});

test('a period without rows is audited, and nothing is found', async () => {
  const before = { from: '2001-01-01T00:00:00Z', to: '2001-02-01T00:00:00Z' };
  const report = await new AuditMoney(queries, world.clock).execute(before);
  expect(report).toMatchObject({ pieces: 0, unowned: 0, broken: [] });
});

/** More than an audit reads beside a page, each between the first and the last one of the tests before. None of them is broken. */
const PAID_ORDERS_BETWEEN = `
WITH range AS (SELECT min(transaction_id) AS transaction_id, min(number) AS number, min(order_number) AS order_number FROM payments
                WHERE transaction_id IS NOT NULL AND gateway = 'stripe'),
     between AS (SELECT transaction_id || '-' || n AS transaction_id, number || '-' || n AS number, order_number || '-' || n AS order_number
                   FROM range, generate_series(1, 10001) AS n),
     orders AS (INSERT INTO orders (number, total, currency, status) SELECT order_number, 10, 'CNY', 'paid' FROM between),
     payments AS (INSERT INTO payments (number, order_number, gateway, amount, currency, status, transaction_id, expires_at, paid_at)
                  SELECT number, order_number, 'stripe', 10, 'CNY', 'succeeded', transaction_id, now(), now() FROM between),
     settled AS (INSERT INTO settled_transactions SELECT transaction_id, 'stripe', number FROM between),
     refunds AS (INSERT INTO refunds (number, gateway, transaction_id, amount, currency, origin, status, waiting)
                 SELECT number, 'stripe', transaction_id || '-waits', 1, 'CNY', 'reported', 'succeeded', true FROM between),
     cases AS (INSERT INTO discrepancies (kind, gateway, transaction_id, details, opened_at, money)
               SELECT 'conflicting', 'stripe', transaction_id || '-no-money', '{}', now(), false FROM between)
INSERT INTO events (at, actor, type, order_number, payment_number, data)
SELECT now(), 'gateway:stripe', 'order.paid', order_number, number, '{"amount": {"amount": "10.00", "currency": "CNY"}}' FROM between`;

test('the same money is broken if more rows of other money lie between than an audit reads at once', async () => {
  const before = await audit();
  expect(before.unowned).toBeGreaterThan(20);
  await sql(PAID_ORDERS_BETWEEN);
  const after = await audit();
  expect(after.broken.toSorted(byTransaction)).toEqual(before.broken.toSorted(byTransaction));
  expect(after.pieces - before.pieces).toBe(10_001);
});
const byTransaction = (left: BrokenPiece, right: BrokenPiece) =>
  left.transactionId.localeCompare(right.transactionId);
