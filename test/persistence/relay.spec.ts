import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { Client } from 'pg';
import { DataSource } from 'typeorm';
import { dataSourceOptions } from '../../src/adapters/persistence/data-source.js';
import { SqlDeliveryQueries } from '../../src/adapters/persistence/sql-delivery-queries.js';
import { TypeormUnitOfWork } from '../../src/adapters/persistence/typeorm-unit-of-work.js';
import { PUBLISHED_TYPES } from '../../src/domain/published-event.js';
import { Tally } from '../application/callback-world.js';
import { databaseOfItsOwnServer, type FreshDatabase } from '../database.js';

const ROOM = { most: { webhook: 1_000 }, taken: new Map<string, number>() };

let database: FreshDatabase;
let sources: DataSource[];
let relays: TypeormUnitOfWork[];
beforeAll(async () => {
  database = await databaseOfItsOwnServer();
  sources = await Promise.all(
    [3, 3, 1].map((size) => new DataSource(dataSourceOptions(database.url, size)).initialize()),
  );
  // Two processes, each with connections of its own.
  relays = [0, 1].map((index) => new TypeormUnitOfWork(sources[index]!, sources[2]!, new Tally()));
});
afterAll(async () => {
  await Promise.all(sources.map((source) => source.destroy()));
  await database.drop();
});

let endpoint: string;
beforeEach(async () => {
  await relay();
  await sources[0]!.query(`UPDATE subscribers SET status = 'removed'`);
  endpoint = (await relays[0]!.run(({ subscribers }) =>
    subscribers.addEndpoint({ url: 'https://a.example', events: null, secret: 'whsec_x', at: new Date() }),
  )) as string;
});

/** Turns all that may be into deliveries, in both processes at once. */
async function relay(limit = 1_000): Promise<number> {
  const counts = await Promise.all(
    relays.map((each) => each.run(({ outbox }) => outbox.fanOut(PUBLISHED_TYPES, new Date(), limit))),
  );
  const read = counts.reduce((sum, count) => sum + count, 0);
  return read > 0 ? read + (await relay(limit)) : 0;
}

/** Types by order, as they would be sent. */
async function sent(): Promise<string[]> {
  const rows: { text: string }[] = await sources[0]!.query(
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
  test('two transactions that commit out of the order of their ids: neither event is passed over', async () => {
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

  test('a transaction that has its number first and its event last is neither passed over nor put before its time', async () => {
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

  test('a transaction that stays open holds the horizon; behind it nothing is lost and every order keeps its order', async () => {
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

  test('a hundred transactions that commit in any order, read page by page by two processes: each event once, each order in order', async () => {
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

  test('of an endpoint that is added while a transaction runs, it gets the event of that transaction', async () => {
    const running = await session();
    await announce(running, 'N1', 'order.paid');
    const before = await session();
    await announce(before, 'N0', 'order.paid');
    await commit(before);
    endpoint = (await relays[0]!.run(({ subscribers }) =>
      subscribers.addEndpoint({ url: 'https://b.example', events: null, secret: 'whsec_y', at: new Date() }),
    )) as string;
    await commit(running);
    await relay();
    expect(await sent()).toEqual(['N1 order.paid']);
  });

  test('two processes that take deliveries at once never take the same one, nor two of one order', async () => {
    const client = await session();
    for (let index = 0; index < 40; index += 1)
      for (const type of ['order.paid', 'order.shipped']) await announce(client, `C${index}`, type);
    await commit(client);
    await relay();
    const room = { most: { webhook: 10 }, taken: new Map<string, number>() };
    const taken = (
      await Promise.all(
        Array.from({ length: 6 }, (_, index) =>
          relays[index % 2]!.run(({ outbox }) => outbox.lease(new Date(), 30, room)),
        ),
      )
    ).flat();
    const ids = taken.map(({ event }) => event.id);
    expect(new Set(ids).size).toBe(ids.length);
    expect(taken.every(({ event }) => event.type === 'order.paid')).toBe(true);
    expect(taken.length).toBeGreaterThan(10);
  });

  test('an idle relay knows from one statement that it has nothing to do', async () => {
    await relay();
    await relays[0]!.run(({ outbox }) => outbox.lease(new Date(), 3_600, ROOM));
    const queries = new SqlDeliveryQueries(sources[0]!);
    expect(await queries.work(new Date())).toEqual({ toFanOut: false, due: false });
  });

  test('the lag is the age of the oldest event that a subscriber has not had', async () => {
    const queries = new SqlDeliveryQueries(sources[0]!);
    const client = await session();
    await client.query(
      `INSERT INTO events (at, order_number, actor, type, data) VALUES (now() - interval '90 s', 'G1', 'test', 'order.paid', '{}')`,
    );
    await commit(client);
    await relay();
    const mine = async () => (await queries.lags()).find(({ subscriber }) => subscriber === endpoint);
    expect((await mine())!.seconds).toBeGreaterThan(89);
    const [delivery] = await relays[0]!.run(({ outbox }) => outbox.lease(new Date(), 30, ROOM));
    const result = { subscriberId: endpoint, eventNumber: delivery!.event.id, attempt: 1, retryAt: null };
    const attempted = { delivered: true as const, httpStatus: 200 };
    const at = new Date();
    await relays[0]!.run(({ outbox }) =>
      outbox.settle([{ ...result, attempted, at, changesHealth: false }], at),
    );
    expect(await mine()).toMatchObject({ seconds: 0, paused: false });
  });

  test('what was done with long ago is forgotten in bounded steps, with everything of removed endpoints', async () => {
    const client = await session();
    for (let index = 0; index < 30; index += 1) await announce(client, `F${index}`, 'order.paid');
    await commit(client);
    await relay();
    await sources[0]!.query(
      `UPDATE deliveries SET status = 'delivered', next_attempt_at = NULL, delivered_at = now() - interval '40 days',
              last_attempt_at = now() - interval '40 days'
        WHERE subscriber_id = $1 AND event_id % 3 <> 0`,
      [endpoint],
    );
    const monthAgo = new Date(Date.now() - 30 * 86_400_000);
    const forget = () => relays[0]!.run(({ outbox }) => outbox.forget(monthAgo, 15));
    while ((await forget()) > 0);
    expect(await sent()).toHaveLength(10);
    const [{ count } = { count: '' }]: { count: string }[] = await sources[0]!.query(
      `SELECT count(*) FROM subscribers WHERE status = 'removed'`,
    );
    expect(count).toBe('0');
  });
});
