import { afterAll, beforeAll, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { Client } from 'pg';
import { idsOfTimes } from '../../src/adapters/postgres/ids-of-times.js';
import type { PlainSql } from '../../src/adapters/postgres/engine/sql.js';
import { freshDatabase, type FreshDatabase } from '../database.js';

let database: FreshDatabase;
let client: Client;
beforeAll(async () => {
  database = await freshDatabase();
  client = new Client({ connectionString: database.url });
  await client.connect();
  await client.query('CREATE TEMPORARY TABLE timed (id bigint PRIMARY KEY, at timestamptz NOT NULL)');
});
afterAll(async () => {
  await client.end();
  await database.drop();
});

const sql: PlainSql = {
  query: async <Row>(text: string, values: readonly unknown[] = []) =>
    (await client.query(text, [...values])).rows as Row[],
  execute: () => Promise.reject(new Error('a search changes nothing')),
};

const START = Date.UTC(2026, 10, 26, 8);
const MINUTE = 60_000;
/** How late a row may be. */
const MARGIN = 10_000;

/** Rows in the order of their ids, which have gaps, also a very large one. Their times are late by less than the margin. */
const rows = fc
  .array(
    fc.record({
      gap: fc.oneof(
        { weight: 9, arbitrary: fc.integer({ min: 1, max: 5 }) },
        fc.constantFrom(10 ** 6, 10 ** 15),
      ),
      pause: fc.oneof(fc.constant(0), fc.integer({ min: 0, max: 10 * MINUTE })),
      late: fc.integer({ min: 0, max: MARGIN - 1 }),
    }),
    { maxLength: 60 },
  )
  .map((steps) => {
    let [id, time] = [0n, START];
    return steps.map(({ gap, pause, late }) => {
      [id, time] = [id + BigInt(gap), time + pause];
      return { id, at: time - late };
    });
  });
const bound = fc.option(
  fc.integer({ min: -5, max: 300 }).map((minutes) => START + minutes * MINUTE),
  {
    nil: undefined,
  },
);

test('the ids of a range of time have every row of the range, and none that is more than two margins away from it', async () => {
  const iso = (time: number | undefined) => (time === undefined ? undefined : new Date(time).toISOString());
  await fc.assert(
    fc.asyncProperty(rows, bound, bound, async (stored, from, to) => {
      await client.query('TRUNCATE timed');
      await client.query('INSERT INTO timed SELECT * FROM unnest($1::bigint[], $2::timestamptz[])', [
        stored.map(({ id }) => id),
        stored.map(({ at }) => new Date(at)),
      ]);
      const ids = await idsOfTimes(sql, { table: 'timed', time: 'at', from: iso(from), to: iso(to) });
      const isExamined = (id: bigint) => id >= BigInt(ids.from ?? 0) && id < BigInt(ids.before);
      for (const { id, at } of stored) {
        const isWanted = at >= (from ?? -Infinity) && at < (to ?? Infinity);
        const isFar = at < (from ?? -Infinity) - 2 * MARGIN || at >= (to ?? Infinity) + 2 * MARGIN;
        if (isWanted) expect(isExamined(id)).toBe(true);
        if (isFar) expect(isExamined(id)).toBe(false);
      }
    }),
    { numRuns: 200 },
  );
});
