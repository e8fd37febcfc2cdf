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
    tx
      .of(SubscriberRepository)
      .addEndpoint({ url, events: null, secret: 'whsec_x', headers: {}, at: new Date() }),
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
    expect(await queries.work(new Date())).toEqual({ toFanOut: false, due: false, toDisable: false });
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

  describe('and an endpoint that is paused', () => {
    const pausedFor = (interval: string) =>
      sql.query(
        `UPDATE subscribers SET status = 'paused', paused_because = 'it failed', paused_at = now() - interval '${interval}' WHERE id = $1`,
        [endpoint],
      );
    const work = () => new PostgresDeliveryQueries(boundedSql(sql, 5_000)).work(new Date());
    const disabledBy = (relay: PostgresUnitOfWork) =>
      relay.run((tx) => tx.of(SubscriberRepository).disablePaused(7));
    const waiting = async () => (await sent()).length;

    test('for seven days by the clock of the database is disabled by one of two processes', async () => {
      await pausedFor('7 days - 1 minute');
      expect(await work()).toMatchObject({ toDisable: false });
      expect(await disabledBy(relays[0]!)).toEqual([]);
      await pausedFor('7 days');
      expect(await work()).toMatchObject({ toDisable: true });
      const disabled = await Promise.all(relays.map(disabledBy));
      expect(disabled.flat()).toMatchObject([{ id: endpoint, state: { pausedBecause: 'it failed' } }]);
      expect(await work()).toMatchObject({ toDisable: false });
    });

    test('is paused since a time of the database, whatever the clock of the process says', async () => {
      await relays[0]!.run(async (tx) => {
        const [subscriber] = await tx.of(SubscriberRepository).lock([endpoint]);
        const gone = { delivered: false, httpStatus: 410, error: 'HTTP 410', gone: true } as const;
        subscriber!.record(gone, new Date('2020-01-01T00:00:00Z'));
        await tx.of(SubscriberRepository).save([subscriber!]);
      });
      expect(await work()).toMatchObject({ toDisable: false });
      const pausedAt = async () =>
        (
          await sql.query<{ at: Date }[]>('SELECT paused_at AS at FROM subscribers WHERE id = $1', [endpoint])
        )[0]!.at;
      const first = await pausedAt();
      expect(Date.now() - first.getTime()).toBeLessThan(60_000);
      await relays[0]!.run(async (tx) =>
        tx.of(SubscriberRepository).save(await tx.of(SubscriberRepository).lock([endpoint])),
      );
      expect(await pausedAt()).toEqual(first);
    });

    test('loses what waits when it is disabled, collects nothing, and after it is resumed collects what is committed later', async () => {
      const announced = async (number: string) => {
        const client = await session();
        await announce(client, number, 'order.paid');
        return client;
      };
      await commit(await announced('D1'));
      await relay();
      await pausedFor('8 days');
      await disabledBy(relays[0]!);
      const drop = () => relays[0]!.run((tx) => tx.of(DeliveryRepository).dropWaiting(1));
      expect([await drop(), await drop(), await waiting()]).toEqual([1, 0, 0]);
      await commit(await announced('D2'));
      await relay();
      expect(await sent()).toEqual([]);
      await commit(await announced('D3'));
      const open = await announced('D4');
      await relays[0]!.run(async (tx) => {
        const [subscriber] = await tx.of(SubscriberRepository).lock([endpoint]);
        subscriber!.resume();
        await tx.of(SubscriberRepository).save([subscriber!]);
      });
      await commit(open);
      await relay();
      expect(await sent()).toEqual(['D4 order.paid']);
    });
  });

  test('replays page by page, and neither skips nor doubles an event', async () => {
    const client = await session();
    for (let index = 0; index < 50; index += 1) await announce(client, `P${index}`, 'order.paid');
    await announce(client, 'P0', 'order.shipped');
    await commit(client);
    await relay();
    const later = await addEndpoint('https://later.example');
    const page = {
      subscriberId: later,
      types: ['order.paid'] as const,
      from: new Date(Date.now() - 60_000).toISOString(),
      to: new Date(Date.now() + 60_000).toISOString(),
      limit: 20,
    };
    const replayed = async () => {
      let [queued, pages] = [0, 0];
      for (let after: string | null = null, isLast = false; !isLast; pages += 1) {
        const result = await relays[0]!.run((tx) =>
          tx.of(DeliveryRepository).replay({ ...page, after }, new Date()),
        );
        queued += result.queued;
        after = result.last;
        isLast = after === null;
      }
      return { queued, pages };
    };
    const first = await replayed();
    expect(first.queued).toBeGreaterThanOrEqual(50);
    expect(first.pages).toBeGreaterThanOrEqual(3);
    expect(await replayed()).toMatchObject({ queued: 0 });
    const [stored] = await sql.query<{ all: string; events: string; types: string[] }[]>(
      `SELECT count(*) AS all, count(DISTINCT event_id) AS events, array_agg(DISTINCT type) AS types
         FROM deliveries JOIN events ON id = event_id WHERE subscriber_id = $1`,
      [later],
    );
    expect(stored).toEqual({ all: `${first.queued}`, events: `${first.queued}`, types: ['order.paid'] });
    await sql.query(
      `UPDATE deliveries SET status = 'delivered', next_attempt_at = NULL, delivered_at = now() WHERE subscriber_id = $1`,
      [later],
    );
    expect(await replayed()).toMatchObject({ queued: first.queued });
  });
});
