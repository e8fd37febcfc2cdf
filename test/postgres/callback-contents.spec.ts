import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { Client } from 'pg';
import { CallbackQueries } from '../../src/application/callbacks/callback-queries.js';
import { CallbackRepository } from '../../src/application/callbacks/callback-repository.js';
import { PruneBodies } from '../../src/application/callbacks/prune-bodies.js';
import type { UnitOfWork } from '../../src/application/transaction.js';
import { addCallback } from '../application/fixtures/world.js';
import { receipt } from '../application/fixtures/receipts.js';
import { freshDatabase, type FreshDatabase } from '../database.js';
import { openPools, type OpenedPools, unitOfWorkOn } from './open-postgres.js';

const DAY_MS = 86_400_000;
const DAYS = 90;
const SLOTS = 32;

let database: FreshDatabase;
let pools: OpenedPools;
let unitOfWork: UnitOfWork;
let sql: Client;
let start: number;
/** The days that have passed. */
let today: number;
beforeEach(async () => {
  database = await freshDatabase();
  pools = await openPools(database.url);
  unitOfWork = unitOfWorkOn(pools);
  sql = new Client({ connectionString: database.url });
  await sql.connect();
  start = Date.now();
  today = 0;
});
afterEach(async () => {
  await sql.end();
  await pools.close();
  await database.drop();
});

const dayAt = (day: number): Date => new Date(start + day * DAY_MS);
/** The database has no clock that a test can move, so the slots become older. */
async function ageTo(day: number): Promise<void> {
  await pools.reserve.query(
    'UPDATE content_slots SET opened_at = opened_at - make_interval(days => $1), closed_at = closed_at - make_interval(days => $1)',
    [day - today],
  );
  today = day;
}
const rotate = (retentionDays = DAYS): Promise<number> =>
  unitOfWork.run((tx) => tx.of(CallbackRepository).rotateContents(retentionDays));
async function rotateAt(day: number, retentionDays = DAYS): Promise<number> {
  await ageTo(day);
  return rotate(retentionDays);
}
const store = (day: number, outcome: 'settled' | 'pending' = 'settled'): Promise<string> =>
  unitOfWork.run((tx) =>
    addCallback(tx, {
      receipt: receipt(`P${day}`, { receivedAt: dayAt(day) }),
      outcome,
      at: dayAt(day),
      deliveries: 1,
    }),
  );
const bodyOf = async (id: string): Promise<string | null> =>
  (await unitOfWork.run((tx) => tx.of(CallbackQueries).find(id)))!.bodyBase64;
const slots = async (): Promise<number[]> =>
  (await sql.query<{ slot: number }>('SELECT slot FROM content_slots ORDER BY opened_at')).rows.map(
    ({ slot }) => slot,
  );

test('each body is stored for the retention and up to a thirtieth of it longer, over several rounds of the ring', async () => {
  const stored: { day: number; id: string }[] = [];
  for (let day = 1; day <= 250; day += 1) {
    await rotateAt(day);
    stored.push({ day, id: await store(day) });
    if (day % 10 !== 0) continue;
    const { rows } = await sql.query<{ callback_id: string }>('SELECT callback_id FROM callback_contents');
    const left = new Set(rows.map((row) => row.callback_id));
    const wrong = stored.filter(({ id, day: since }) =>
      left.has(id) ? day - since > DAYS + DAYS / (SLOTS - 2) + 1 : day - since <= DAYS,
    );
    expect(wrong).toEqual([]);
  }
  expect((await slots()).length).toBeLessThanOrEqual(SLOTS);
}, 30_000);

test('bodies of pending callbacks and of open cases move to the current slot, and the others are dropped', async () => {
  const [pending, ofCase, other] = [await store(0, 'pending'), await store(0), await store(0)];
  await sql.query(
    `INSERT INTO discrepancies (kind, gateway, callback_id, opened_at) VALUES ('unreadable', 'stripe', $1, now())`,
    [ofCase],
  );
  expect(await rotateAt(4)).toBe(0);
  expect(await rotateAt(95)).toBe(1);
  expect([await bodyOf(pending), await bodyOf(ofCase), await bodyOf(other)]).toEqual(['AQID', 'AQID', null]);
  await sql.query(`UPDATE callbacks SET outcome = 'settled', settled_at = now()`);
  await sql.query(`UPDATE discrepancies SET status = 'resolved', resolved_at = now()`);
  for (let day = 96; day <= 190; day += 1) await rotateAt(day);
  expect([await bodyOf(pending), await bodyOf(ofCase)]).toEqual([null, null]);
});

test('after the retention was made longer, the oldest slots become one, and each body is stored for the new time and little more', async () => {
  const stored: { day: number; id: string }[] = [];
  for (let day = 1; day <= 230; day += 1) {
    await rotateAt(day, day <= 40 ? 30 : DAYS);
    stored.push({ day, id: await store(day) });
  }
  const { rows } = await sql.query<{ callback_id: string }>('SELECT callback_id FROM callback_contents');
  const left = new Set(rows.map((row) => row.callback_id));
  const days = stored.filter(({ id }) => left.has(id)).map(({ day }) => 230 - day);
  expect(Math.max(...days)).toBeLessThanOrEqual(DAYS + DAYS / (SLOTS - 2) + 1);
  expect(days.length).toBeGreaterThan(DAYS);
  expect((await slots()).length).toBeLessThanOrEqual(SLOTS);
});

test('contents are stored for a day at least, whatever a caller asks for', async () => {
  await expect(sql.query(`SELECT rotate_callback_contents(interval '23 hours')`)).rejects.toThrow(
    'for a day at least',
  );
});

test('while a report reads a slot it is not emptied, the reader is not stopped, and a later call empties it', async () => {
  await store(0);
  await rotateAt(4);
  await sql.query('BEGIN');
  await sql.query('SELECT FROM callback_contents');
  await expect(rotateAt(95)).rejects.toThrow('lock');
  expect((await sql.query('SELECT FROM callback_contents')).rowCount).toBe(1);
  await sql.query('COMMIT');
  expect(await rotateAt(95)).toBe(1);
  expect((await sql.query('SELECT FROM callback_contents')).rowCount).toBe(0);
});

test('two processes rotate at the same time without an error, and the slot is emptied once', async () => {
  await store(0);
  await rotateAt(4);
  await ageTo(95);
  const emptied = await Promise.all([rotate(), rotate(), rotate()]);
  expect(emptied.reduce((sum, count) => sum + count, 0)).toBe(1);
});

test('bodies that an earlier release has stored in the table of callbacks are shown, and removed page by page', async () => {
  const id = await store(0);
  await sql.query('TRUNCATE callback_contents');
  await sql.query(
    `UPDATE callbacks SET headers = '{"a": "b"}', body = 'old', settled_at = now() - interval '91 days'`,
  );
  expect(await bodyOf(id)).toBe(Buffer.from('old').toString('base64'));
  const found = await unitOfWork.run((tx) => tx.of(CallbackRepository).findById(id));
  expect(Buffer.from(found!.body!).toString()).toBe('old');
  const pruneBodies = new PruneBodies(unitOfWork, { now: () => dayAt(0) }, DAYS);
  expect(await pruneBodies.execute(null)).toMatchObject({ pruned: 1, next: null });
  expect(await bodyOf(id)).toBeNull();
});
