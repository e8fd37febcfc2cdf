import { afterAll, afterEach, beforeAll, beforeEach, expect, jest, test } from '@jest/globals';
import { Logger } from '@nestjs/common';
import { Client } from 'pg';
import type { DataSource } from 'typeorm';
import { boundedSql } from '../../src/adapters/postgres/engine/bounded-query.js';
import type { PostgresUnitOfWork } from '../../src/adapters/postgres/engine/unit-of-work.js';
import { PostgresDeliveryQueries } from '../../src/adapters/postgres/deliveries.js';
import { migrate } from '../../src/adapters/postgres/schema.js';
import { DeliveryRepository } from '../../src/application/events/delivery-repository.js';
import { SubscriberRepository } from '../../src/application/events/subscriber-repository.js';
import { PUBLISHED_TYPES } from '../../src/domain/events/published-event.js';
import { databaseOfItsOwnServer, type FreshDatabase } from '../database.js';
import { restoreDump } from './fixtures/restored-dump.js';
import { openPools, unitOfWorkOn, type OpenedPools } from './open-postgres.js';

/** The endpoint of the dump that receives every event. 245 of its deliveries are done. */
const ENDPOINT = '1';
const DELIVERED = 245;
/** The dump's numbers of transactions, which are far beyond those of a new server. */
const NUMBERS = /4295088(\d{3})/g;

let server: FreshDatabase;
let processes: OpenedPools[] = [];
let relays: PostgresUnitOfWork[];
let sql: DataSource;
beforeAll(async () => {
  server = await databaseOfItsOwnServer();
});
afterAll(() => server.drop());

const warnings = jest.spyOn(Logger.prototype, 'warn');
beforeEach(() => {
  warnings.mockReset();
  warnings.mockReturnValue(undefined);
});
afterEach(() => Promise.all(processes.map((each) => each.close())));

/** Restores the dump, migrates it and opens it in two processes. */
async function restore(alter?: (text: string) => string): Promise<void> {
  await restoreDump(server.url, alter);
  await migrate(server.url);
  processes = await Promise.all([1, 2].map(() => openPools(server.url, { main: 2 })));
  relays = processes.map(unitOfWorkOn);
  sql = processes[0]!.main;
}

/** Relays all that is ready, in both processes at once. Returns how many events were read. */
async function relay(limit = 7): Promise<number> {
  const counts = await Promise.all(
    relays.map((each) =>
      each.run((tx) => tx.of(DeliveryRepository).fanOut(PUBLISHED_TYPES, new Date(), limit), {
        pipelined: true,
      }),
    ),
  );
  const read = counts.reduce((sum, count) => sum + count, 0);
  return read > 0 ? read + (await relay(limit)) : 0;
}

const announce = (on: { query(text: string): Promise<unknown> }, orderNumber: string, type: string) =>
  on.query(
    `INSERT INTO events (at, order_number, actor, type, data) VALUES (now(), '${orderNumber}', 'test', '${type}', '{}')`,
  );

/** The deliveries of the endpoint by the id of their events, in the order in which they would be sent. */
async function deliveries(
  endpoint = ENDPOINT,
): Promise<{ id: number; type: string; lane: string; status: string }[]> {
  return await sql.query(
    `SELECT event_id::int AS id, type, lane, status FROM deliveries JOIN events ON id = event_id
      WHERE subscriber_id = $1 ORDER BY event_id`,
    [endpoint],
  );
}

/** The events that the endpoint must have, each once. */
async function published(): Promise<number[]> {
  const rows: { id: number }[] = await sql.query(
    `SELECT id::int FROM events WHERE type = ANY($1) ORDER BY id`,
    [PUBLISHED_TYPES],
  );
  return rows.map(({ id }) => id);
}

const addEndpoint = async (): Promise<string> =>
  (await relays[0]!.run((tx) =>
    tx.of(SubscriberRepository).addEndpoint({
      url: 'https://a.example',
      events: null,
      secret: 'whsec_x',
      headers: {},
      at: new Date(),
    }),
  ))!;

async function expectEachOnce(): Promise<void> {
  const all = await deliveries();
  expect(all.map(({ id }) => id)).toEqual(await published());
  expect(all.filter(({ status }) => status === 'delivered')).toHaveLength(DELIVERED);
}

test('a dump that is restored into a younger cluster loses no event: those that waited and those written since are relayed once', async () => {
  await restore();
  const [{ lane } = { lane: '' }] = (await deliveries()).slice(-1);
  const queries = new PostgresDeliveryQueries(boundedSql(sql, 5_000));
  expect(await queries.work(new Date())).toMatchObject({ toFanOut: true });
  await announce(sql, lane, 'order.completed');
  expect(await relay()).toBe(61);
  await announce(sql, lane, 'order.refunded');
  expect(await relay()).toBe(1);
  await expectEachOnce();
  const ofOrder = (await deliveries()).filter((each) => each.lane === lane).map(({ type }) => type);
  expect(ofOrder.slice(-2)).toEqual(['order.completed', 'order.refunded']);
  expect(await queries.work(new Date())).toMatchObject({ toFanOut: false });
  expect(warnings.mock.calls).toEqual([
    [expect.stringContaining('was restored from a dump of another cluster')],
  ]);
});

test('a transaction that was open while a restore was noticed is relayed when it commits', async () => {
  await restore();
  const open = new Client({ connectionString: server.url });
  await open.connect();
  await open.query('BEGIN');
  await announce(open, 'slow', 'order.paid');
  await announce(sql, 'fast', 'order.paid');
  expect(await relay()).toBe(60);
  await open.query('COMMIT');
  await open.end();
  expect(await relay()).toBe(2);
  await expectEachOnce();
});

test('an endpoint that is added after a restore receives only what is written after it', async () => {
  await restore();
  await relay();
  await announce(sql, 'before', 'order.paid');
  const added = await addEndpoint();
  await announce(sql, 'after', 'order.paid');
  await relay();
  expect((await deliveries(added)).map(({ lane }) => lane)).toEqual(['after']);
  await expectEachOnce();
});

test('a dump that was made while a window was open is finished where it was, in a younger cluster', async () => {
  await restore();
  const waiting: { id: string; tx: string }[] = await sql.query(
    `SELECT id, tx FROM events WHERE tx >= (SELECT horizon FROM relay) ORDER BY id`,
  );
  await sql.query('UPDATE relay SET until = $1, after_id = $2, last_id = $3', [
    waiting[40]!.tx,
    waiting[0]!.id,
    waiting[39]!.id,
  ]);
  await announce(sql, 'new', 'order.paid');
  expect(await relay()).toBe(39 + 20 + 1);
  const expected = (await published()).filter((id) => id !== Number(waiting[0]!.id));
  expect((await deliveries()).map(({ id }) => id)).toEqual(expected);
});

test('a dump that is restored into an older cluster loses no event and repeats none', async () => {
  await restore((text) => text.replaceAll(NUMBERS, (_, digits: string) => String(Number(digits))));
  await announce(sql, 'new', 'order.paid');
  expect(await relay()).toBe(61);
  await expectEachOnce();
});

test('a database that was restored twice, the second time while restored events waited, still relays each event once', async () => {
  await restore();
  await announce(sql, 'first', 'order.paid');
  // One page of the first restore's window.
  await relays[0]!.run((tx) => tx.of(DeliveryRepository).fanOut(PUBLISHED_TYPES, new Date(), 7), {
    pipelined: true,
  });
  // What the second restore looks like: every number of this cluster is far ahead of its counter, and rows have other creators.
  await sql.query(`ALTER TABLE events DISABLE TRIGGER events_append_only`);
  await sql.query(
    `UPDATE events SET tx = (tx::text::numeric + 5000000)::text::xid8 WHERE id > (SELECT restored_id FROM relay)`,
  );
  await sql.query(`ALTER TABLE events ENABLE TRIGGER events_append_only`);
  await sql.query(`UPDATE relay SET resume_at = (resume_at::text::numeric + 5000000)::text::xid8`);
  await sql.query(`UPDATE subscribers SET since = '5000700:5000700:'`);
  await announce(sql, 'second', 'order.paid');
  await relay();
  await announce(sql, 'third', 'order.paid');
  await relay();
  await expectEachOnce();
});

test('restored events with numbers that this cluster reaches later are passed over, and delay nothing', async () => {
  await restore((text) => text.replaceAll(NUMBERS, (_, digits: string) => String(Number(digits) + 5_000)));
  await relay();
  const [{ xid } = { xid: 0 }]: { xid: number }[] = await sql.query(
    'SELECT pg_current_xact_id()::text::int AS xid',
  );
  expect(xid).toBeLessThan(5_000);
  await sql.query(`DO $$ BEGIN WHILE pg_current_xact_id() < '5700' LOOP COMMIT; END LOOP; END $$`);
  await announce(sql, 'new', 'order.paid');
  expect(await relay()).toBe(1);
  await expectEachOnce();
  const queries = new PostgresDeliveryQueries(boundedSql(sql, 5_000));
  expect(await queries.work(new Date())).toMatchObject({ toFanOut: false });
});
