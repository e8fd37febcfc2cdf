import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { Client } from 'pg';
import type { DataSource } from 'typeorm';
import { boundedSql } from '../../src/adapters/postgres/engine/bounded-query.js';
import type { PostgresUnitOfWork } from '../../src/adapters/postgres/engine/unit-of-work.js';
import { PostgresDeliveryQueries } from '../../src/adapters/postgres/deliveries.js';
import { DeliveryRepository } from '../../src/application/events/delivery-repository.js';
import { SubscriberRepository } from '../../src/application/events/subscriber-repository.js';
import { PUBLISHED_TYPES } from '../../src/domain/events/published-event.js';
import { databaseOfItsOwnServer, type FreshDatabase } from '../database.js';
import { openPools, unitOfWorkOn, type OpenedPools } from './open-postgres.js';

const CAPACITY = { limits: { webhook: 1_000 }, inFlight: new Map<string, number>() };

let database: FreshDatabase;
let processes: OpenedPools[];
let relays: PostgresUnitOfWork[];
let sql: DataSource;
beforeAll(async () => {
  database = await databaseOfItsOwnServer();
  // Two processes, each with connections of its own.
  processes = await Promise.all([1, 2].map(() => openPools(database.url, { main: 3 })));
  relays = processes.map(unitOfWorkOn);
  sql = processes[0]!.main;
});
afterAll(async () => {
  await Promise.all(processes.map((each) => each.close()));
  await database.drop();
});

let endpoint: string;
beforeEach(async () => {
  await relay();
  await sql.query(`UPDATE subscribers SET status = 'removed'`);
  endpoint = await addEndpoint('https://a.example');
});

async function addEndpoint(url: string): Promise<string> {
  const added = await relays[0]!.run((tx) =>
    tx.of(SubscriberRepository).addEndpoint({ url, events: null, secret: 'whsec_x', at: new Date() }),
  );
  return added!;
}

/** Turns every event that is ready into deliveries, in both processes at once. Returns how many events were read. */
async function relay(limit = 1_000): Promise<number> {
  const counts = await Promise.all(
    relays.map((each) =>
      each.run((tx) => tx.of(DeliveryRepository).fanOut(PUBLISHED_TYPES, new Date(), limit)),
    ),
  );
  const read = counts.reduce((sum, count) => sum + count, 0);
  return read > 0 ? read + (await relay(limit)) : 0;
}

/** The order and type of each delivery, in the order in which they would be sent. */
async function sent(): Promise<string[]> {
  const rows: { text: string }[] = await sql.query(
    `SELECT order_number || ' ' || type AS text FROM deliveries JOIN events ON id = event_id WHERE subscriber_id = $1 ORDER BY id`,
    [endpoint],
  );
  return rows.map(({ text }) => text);
}

async function session(): Promise<Client> {
  const client = new Client({ connectionString: database.url });
  await client.connect();
  await client.query('BEGIN');
  return client;
}

const announce = (client: Client, orderNumber: string, type: string) =>
  client.query(
    `INSERT INTO events (at, order_number, actor, type, data) VALUES (now(), $1, 'test', $2, '{}')`,
    [orderNumber, type],
  );

async function commit(client: Client): Promise<void> {
  await client.query('COMMIT');
  await client.end();
}

describe('the relay', () => {
  test('skips no event of two transactions that commit in another order than their ids', async () => {
    const [early, late] = [await session(), await session()];
    await announce(early, 'E1', 'order.shipped');
    await announce(late, 'L1', 'order.shipped');
    await commit(late);
    await relay();
    expect(await sent()).toEqual([]);
    await commit(early);
    await relay();
    expect(await sent()).toEqual(['E1 order.shipped', 'L1 order.shipped']);
  });

  test('neither skips nor reorders the event of a transaction that got its number first and wrote its event last', async () => {
    const [first, second] = [await session(), await session()];
    await first.query('SELECT pg_current_xact_id()');
    await announce(second, 'X1', 'order.paid');
    await commit(second);
    await relay();
    await announce(first, 'X1', 'order.shipped');
    await relay();
    expect(await sent()).toEqual([]);
    await commit(first);
    await relay();
    expect(await sent()).toEqual(['X1 order.paid', 'X1 order.shipped']);
  });

  test('waits for a transaction that stays open, and then loses nothing and keeps the sequence of each order', async () => {
    const open = await session();
    await announce(open, 'S0', 'order.shipped');
    const moves = ['order.paid', 'order.shipped', 'order.completed'];
    for (const type of moves)
      for (const number of ['S1', 'S2']) {
        const client = await session();
        await announce(client, number, type);
        await commit(client);
        await relay();
      }
    expect(await sent()).toEqual([]);
    await commit(open);
    expect(await relay(2)).toBe(7);
    const all = await sent();
    expect(all).toHaveLength(7);
    for (const number of ['S1', 'S2'])
      expect(all.filter((text) => text.startsWith(number))).toEqual(moves.map((type) => `${number} ${type}`));
  });

  test('in two processes, page by page, reads each event of a hundred transactions once, and those of an order in sequence', async () => {
    const seeds = Array.from({ length: 25 }, (_, index) => `R${index}`);
    const reader = { isDone: false };
    const reading = (async () => {
      while (!reader.isDone) await relay(3);
    })();
    await Promise.all(
      seeds.map(async (number, index) => {
        for (const type of ['order.paid', 'order.shipped', 'order.completed', 'order.refund_requested']) {
          const client = await session();
          if (index % 3 === 0) await client.query('SELECT pg_current_xact_id(), pg_sleep(0.01)');
          await announce(client, number, type);
          if (index % 2 === 0) await client.query('SELECT pg_sleep(0.005)');
          await commit(client);
        }
      }),
    );
    reader.isDone = true;
    await reading;
    await relay(3);
    const all = await sent();
    expect(all).toHaveLength(100);
    for (const number of seeds)
      expect(all.filter((text) => text.startsWith(`${number} `))).toEqual([
        `${number} order.paid`,
        `${number} order.shipped`,
        `${number} order.completed`,
        `${number} order.refund_requested`,
      ]);
  });

  test('gives an endpoint that is added while a transaction runs the event of that transaction', async () => {
    const running = await session();
    await announce(running, 'N1', 'order.paid');
    const before = await session();
    await announce(before, 'N0', 'order.paid');
    await commit(before);
    endpoint = await addEndpoint('https://b.example');
    await commit(running);
    await relay();
    expect(await sent()).toEqual(['N1 order.paid']);
  });

  test('in two processes at once, never leases the same delivery twice, nor two of one order', async () => {
    const client = await session();
    for (let index = 0; index < 40; index += 1)
      for (const type of ['order.paid', 'order.shipped']) await announce(client, `C${index}`, type);
    await commit(client);
    await relay();
    const capacity = { limits: { webhook: 10 }, inFlight: new Map<string, number>() };
    const taken = (
      await Promise.all(
        Array.from({ length: 6 }, (_, index) =>
          relays[index % 2]!.run((tx) => tx.of(DeliveryRepository).lease(new Date(), 30, capacity)),
        ),
      )
    ).flat();
    const ids = taken.map(({ event }) => event.id);
    expect(new Set(ids).size).toBe(ids.length);
    expect(taken.every(({ event }) => event.type === 'order.paid')).toBe(true);
    expect(taken.length).toBeGreaterThan(10);
  });

  test('learns from one statement that there is nothing to do', async () => {
    await relay();
    await relays[0]!.run((tx) => tx.of(DeliveryRepository).lease(new Date(), 3_600, CAPACITY));
    const queries = new PostgresDeliveryQueries(boundedSql(sql, 5_000));
    expect(await queries.work(new Date())).toEqual({ toFanOut: false, due: false });
  });

  test('reports as lag the age of the oldest event that a subscriber has not received', async () => {
    const queries = new PostgresDeliveryQueries(boundedSql(sql, 5_000));
    const client = await session();
    await client.query(
      `INSERT INTO events (at, order_number, actor, type, data) VALUES (now() - interval '90 s', 'G1', 'test', 'order.paid', '{}')`,
    );
    await commit(client);
    await relay();
    const mine = async () => (await queries.lags()).find(({ subscriber }) => subscriber === endpoint);
    expect((await mine())!.seconds).toBeGreaterThan(89);
    const [delivery] = await relays[0]!.run((tx) =>
      tx.of(DeliveryRepository).lease(new Date(), 30, CAPACITY),
    );
    const at = new Date();
    const record = {
      subscriberId: endpoint,
      eventNumber: delivery!.event.id,
      attempt: 1,
      result: { delivered: true as const, httpStatus: 200 },
      retryAt: null,
      at,
      changesHealth: false,
    };
    await relays[0]!.run((tx) => tx.of(DeliveryRepository).record([record], at));
    expect(await mine()).toMatchObject({ seconds: 0, paused: false });
  });

  test('removes old deliveries in bounded steps, and everything of removed endpoints', async () => {
    const client = await session();
    for (let index = 0; index < 30; index += 1) await announce(client, `F${index}`, 'order.paid');
    await commit(client);
    await relay();
    await sql.query(
      `UPDATE deliveries SET status = 'delivered', next_attempt_at = NULL, delivered_at = now() - interval '40 days',
              last_attempt_at = now() - interval '40 days'
        WHERE subscriber_id = $1 AND event_id % 3 <> 0`,
      [endpoint],
    );
    const monthAgo = new Date(Date.now() - 30 * 86_400_000);
    const prune = () => relays[0]!.run((tx) => tx.of(DeliveryRepository).prune(monthAgo, 15));
    while ((await prune()) > 0);
    expect(await sent()).toHaveLength(10);
    const [{ count } = { count: '' }]: { count: string }[] = await sql.query(
      `SELECT count(*) FROM subscribers WHERE status = 'removed'`,
    );
    expect(count).toBe('0');
  });
});
