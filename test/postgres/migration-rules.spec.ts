import { expect, test } from '@jest/globals';
import { RecordedDisputes1763900000029 } from '../../migrations/29-recorded-disputes.js';
import { SCHEMA } from '../../src/adapters/postgres/schema.js';
import { faultsOfMigration, sqlOf, statementsOf } from './fixtures/migration-rules.js';

/** The first five made the tables, or ran before a service used them. */
const FIRST_UNDER_TRAFFIC = 5;

const faults = (text: string, { isTransaction = true, before = '' } = {}) =>
  faultsOfMigration({ statements: statementsOf(text), isTransaction }, statementsOf(before));

test('no migration from the sixth on stops a service that works on the tables', async () => {
  const all = await Promise.all(SCHEMA.migrations.map((Migration) => sqlOf(new Migration())));
  const found = all.slice(FIRST_UNDER_TRAFFIC).flatMap((migration, index) =>
    faultsOfMigration(
      migration,
      all.slice(0, FIRST_UNDER_TRAFFIC + index).flatMap(({ statements }) => statements),
    ),
  );
  expect(found).toEqual([]);
  const empty = SCHEMA.migrations.filter((_, index) => all[index]!.statements.length === 0);
  expect(empty).toEqual([RecordedDisputes1763900000029]);
});

test.each([
  'CREATE INDEX a ON orders (id)',
  'CREATE UNIQUE INDEX a ON orders (id)',
  'DROP INDEX a',
  "ALTER TABLE orders ADD CONSTRAINT a CHECK (status <> '')",
  'ALTER TABLE orders ADD note text CHECK (length(note) < 10)',
  'ALTER TABLE orders ADD CONSTRAINT a FOREIGN KEY (b) REFERENCES payments (id)',
  'ALTER TABLE orders ADD b bigint REFERENCES payments (id)',
  'ALTER TABLE orders ADD UNIQUE (number)',
  'ALTER TABLE orders ADD b bigint GENERATED ALWAYS AS IDENTITY',
  'ALTER TABLE orders ALTER COLUMN number TYPE varchar(64)',
  'ALTER TABLE orders ALTER number SET DATA TYPE varchar(64)',
  'ALTER TABLE orders ALTER number SET NOT NULL',
  'LOCK TABLE orders',
  'DROP INDEX CONCURRENTLY IF EXISTS a; CREATE INDEX CONCURRENTLY a ON orders (id)',
  'ALTER TABLE orders ADD CONSTRAINT a CHECK (b > 0) NOT VALID; ALTER TABLE orders VALIDATE CONSTRAINT a',
])('a migration under traffic may not contain: %s', (text) => {
  expect(faults(text)).not.toEqual([]);
});

test.each([
  'CREATE INDEX CONCURRENTLY a ON orders (id)',
  'DROP INDEX CONCURRENTLY IF EXISTS b; CREATE INDEX CONCURRENTLY a ON orders (id)',
  'ALTER TABLE orders ADD b bigint',
])('a migration without a transaction must be repeatable, which this is not: %s', (text) => {
  expect(faults(text, { isTransaction: false })).not.toEqual([]);
});

test('a new table, a nullable column, a check that is not validated and a concurrent build are free', () => {
  const table = 'CREATE TABLE a (b bigint CHECK (b > 0), UNIQUE (b)); CREATE INDEX c ON a (b); LOCK TABLE a';
  expect(faults(`${table}; ALTER TABLE orders ADD note text`)).toEqual([]);
  expect(faults('ALTER TABLE orders ADD CONSTRAINT a CHECK (b IS NOT NULL) NOT VALID')).toEqual([]);
  const build = 'DROP INDEX CONCURRENTLY IF EXISTS a; CREATE UNIQUE INDEX CONCURRENTLY a ON orders (id)';
  expect(faults(build, { isTransaction: false })).toEqual([]);
  expect(faults('ALTER TABLE orders VALIDATE CONSTRAINT a')).toEqual([]);
  const before =
    'ALTER TABLE orders ADD CONSTRAINT a CHECK (b IS NOT NULL) NOT VALID; ALTER TABLE orders VALIDATE CONSTRAINT a';
  expect(faults('ALTER TABLE orders ALTER b SET NOT NULL', { before })).toEqual([]);
});
