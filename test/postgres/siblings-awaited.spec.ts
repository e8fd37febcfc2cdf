import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import type { Session } from '../../src/adapters/postgres/engine/transaction.js';
import { PostgresUnitOfWork } from '../../src/adapters/postgres/engine/unit-of-work.js';
import { Unavailable, type Transaction } from '../../src/application/transaction.js';
import { CountingTelemetry } from '../application/fixtures/counting-telemetry.js';
import { freshDatabase, type FreshDatabase } from '../database.js';
import { openPools, type OpenedPools } from './open-postgres.js';

/** Work that ends while other statements of its transaction are still running. They must not outlive it. */

/** A port that runs statements of the test's own table. */
abstract class Marks {
  abstract readonly session: Session;
}

let database: FreshDatabase;
let pools: OpenedPools;
let engine: PostgresUnitOfWork;
beforeAll(async () => {
  database = await freshDatabase();
  // One connection, so that the next transaction runs on the one that was released last.
  pools = await openPools(database.url, { main: 1 });
  await pools.reserve.query('CREATE TABLE marks (id serial, name text)');
  const ports = new Map([[Marks, (session: Session) => ({ session })]]);
  engine = new PostgresUnitOfWork(
    pools.main,
    pools.reserve,
    { ports, uniqueFaults: new Map() },
    new CountingTelemetry(),
  );
});
beforeEach(() => pools.reserve.query('TRUNCATE marks'));
afterAll(async () => {
  await pools.close();
  await database.drop();
});

const INSERT = 'INSERT INTO marks (name) VALUES ($1)';
const marks = async (): Promise<string[]> => {
  const rows = await pools.reserve.query<{ name: string }[]>('SELECT name FROM marks ORDER BY id');
  return rows.map(({ name }) => name);
};
const bug = () => Promise.reject(new Error('a bug'));

/** Each way in which a repository makes a change. */
const CHANGES: [string, (session: Session, name: string) => Promise<unknown>][] = [
  ['a prepared change', ({ prepared }, name) => prepared.change(INSERT, [name])],
  ['a prepared write', ({ prepared }, name) => prepared.write(INSERT, [name])],
  ['a plain change', ({ plain }, name) => plain.execute(INSERT, [name])],
  ["a change of TypeORM's manager", ({ orm }, name) => orm.run((manager) => manager.query(INSERT, [name]))],
];

/** Work that opens its transaction by a first change, so that later statements need not wait for the BEGIN. */
const opened = (work: (session: Session) => Promise<unknown>) => async (tx: Transaction) => {
  const { session } = tx.of(Marks);
  await session.prepared.change(INSERT, ['first']);
  await work(session);
};

describe.each([
  ['whose BEGIN travels with the first reads', true],
  ['that TypeORM begins', false],
])('in a transaction %s,', (_how, pipelined) => {
  const unitOfWork: Pick<PostgresUnitOfWork, 'run'> = {
    run: (work, options) => engine.run(work, { pipelined, ...options }),
  };

  describe('work that throws', () => {
    test.each(CHANGES)('rolls back %s that was called at the same moment', async (_what, change) => {
      const work = opened((session) => Promise.all([change(session, 'sibling'), bug()]));
      await expect(unitOfWork.run(work)).rejects.toThrow('a bug');
      await unitOfWork.run(async () => undefined);
      expect(await marks()).toEqual([]);
    });

    test.each(CHANGES)('rolls back %s that waits for the BEGIN', async (_what, change) => {
      const work = (tx: Transaction) => Promise.all([change(tx.of(Marks).session, 'sibling'), bug()]);
      await expect(unitOfWork.run(work)).rejects.toThrow('a bug');
      await unitOfWork.run(async () => undefined);
      expect(await marks()).toEqual([]);
    });

    test.each(CHANGES)(
      'rolls back %s that is called in any of the next ticks, or refuses it',
      async (_what, change) => {
        for (let ticks = 0; ticks < 12; ticks += 1) {
          const work = opened(async (session) => {
            const late = async () => {
              for (let tick = 0; tick < ticks; tick += 1) await Promise.resolve();
              await change(session, 'sibling');
            };
            await Promise.all([bug(), late()]);
          });
          await expect(unitOfWork.run(work)).rejects.toThrow('a bug');
        }
        expect(await marks()).toEqual([]);
      },
    );

    test('keeps its connection until every statement is answered', async () => {
      const events: string[] = [];
      const work = opened(async ({ plain, prepared }) => {
        const sleep = 'SELECT pg_sleep(0.2)';
        void plain.query(sleep).then(() => events.push('plain answered'));
        void prepared.query(sleep, []).then(() => events.push('prepared answered'));
        await bug();
      });
      const first = unitOfWork.run(work);
      const second = unitOfWork.run(async () => void events.push('next transaction'));
      await expect(first).rejects.toThrow('a bug');
      await second;
      expect(events).toEqual(['plain answered', 'prepared answered', 'next transaction']);
    });

    test('stops a sibling of several statements before its next one', async () => {
      let sibling!: Promise<unknown>;
      const work = opened(async (session) => {
        sibling = (async () => {
          await session.plain.query('SELECT pg_sleep(0.1)');
          await session.plain.execute(INSERT, ['sibling']);
        })();
        await Promise.all([sibling, bug()]);
      });
      await expect(unitOfWork.run(work)).rejects.toThrow('a bug');
      await expect(sibling).rejects.toThrow('the transaction has ended');
      expect(await marks()).toEqual([]);
    });

    test('does not wait for a sibling beyond its deadline', async () => {
      const since = performance.now();
      const work = opened(({ plain }) => Promise.all([plain.query('SELECT pg_sleep(4)'), bug()]));
      await expect(unitOfWork.run(work, { deadline: since + 200 })).rejects.toThrow(Unavailable);
      expect(performance.now() - since).toBeLessThan(3_000);
      await unitOfWork.run(async () => undefined);
      expect(await marks()).toEqual([]);
    });

    test('ends the transaction even if it throws before it returns a promise', async () => {
      const throwing = (): Promise<void> => {
        throw new Error('a bug');
      };
      await expect(unitOfWork.run(throwing)).rejects.toThrow('a bug');
      await unitOfWork.run((tx) => tx.of(Marks).session.plain.execute(INSERT, ['next']));
      expect(await marks()).toEqual(['next']);
    });
  });

  describe('work that returns', () => {
    test.each(CHANGES)('commits %s that it has not awaited', async (_what, change) => {
      await unitOfWork.run(opened(async (session) => void change(session, 'sibling')));
      expect(await marks()).toEqual(['first', 'sibling']);
    });

    test('has run its statements in the order of the calls, in whichever way each is sent', async () => {
      const names = ['second', 'third', 'fourth', 'fifth', 'sixth', 'seventh'];
      const work = opened((session) =>
        Promise.all(names.map((name, index) => CHANGES[index % CHANGES.length]![1](session, name))),
      );
      await unitOfWork.run(work);
      expect(await marks()).toEqual(['first', ...names]);
    });

    test('fails as a whole if a statement that it has not awaited fails', async () => {
      const work = opened(async ({ plain }) => {
        plain.execute('no statement').catch(() => undefined);
      });
      await expect(unitOfWork.run(work)).rejects.toThrow('syntax error');
      expect(await marks()).toEqual([]);
    });
  });
});
