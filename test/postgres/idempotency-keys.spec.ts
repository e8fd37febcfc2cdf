import { afterAll, beforeAll, expect, test } from '@jest/globals';
import type { PostgresUnitOfWork } from '../../src/adapters/postgres/engine/unit-of-work.js';
import {
  claimKeys,
  IdempotencyKeyRepository,
  type BodyHashes,
  type IdempotencyScope,
} from '../../src/application/idempotency/idempotency-key-repository.js';
import { hashesOf } from '../application/fixtures/body-hashes.js';
import { freshDatabase, type FreshDatabase } from '../database.js';
import { openPools, type OpenedPools, unitOfWorkOn } from './open-postgres.js';

// The release before this one works on the table at the same time. It knows `body_hash` and not `json_hash`.

let database: FreshDatabase;
let pools: OpenedPools;
let unitOfWork: PostgresUnitOfWork;
beforeAll(async () => {
  database = await freshDatabase();
  pools = await openPools(database.url);
  unitOfWork = unitOfWorkOn(pools);
});
afterAll(async () => {
  await pools.close();
  await database.drop();
});

const NOW = new Date('2026-11-26T08:00:00Z');
const scopeOf = (key: string): IdempotencyScope => ({ tokenName: 't', method: 'POST', path: '/orders', key });
const REPLY = { status: 201, text: '{}' };

const answer = async (key: string, body: BodyHashes) => {
  const [found] = await unitOfWork.run((tx) =>
    claimKeys([{ scope: scopeOf(key), ...body }], tx.of(IdempotencyKeyRepository), NOW),
  );
  return found;
};

/** As the release before does it. */
const storeAsBefore = (key: string, { bytesHash }: BodyHashes) =>
  pools.main.query(
    `INSERT INTO idempotency_keys (token_name, method, path, key, body_hash, status, reply, created_at)
     VALUES ('t', 'POST', '/orders', $1, $2, 201, '{}', $3)
     ON CONFLICT (token_name, method, path, key) DO UPDATE
       SET body_hash = excluded.body_hash, status = excluded.status, reply = excluded.reply, created_at = excluded.created_at`,
    [key, bytesHash, NOW],
  );

test('a reply of the release before is repeated for the same bytes', async () => {
  await storeAsBefore('old', hashesOf('a'));
  expect(await answer('old', hashesOf('a'))).toEqual(REPLY);
  expect(await answer('old', hashesOf('b'))).toBe('key_reused');
});

test('the release before finds the hash of the bytes of a reply of this one', async () => {
  await unitOfWork.run((tx) =>
    tx.of(IdempotencyKeyRepository).store([{ scope: scopeOf('new'), ...hashesOf('a'), ...REPLY }], NOW),
  );
  const rows = await pools.main.query(`SELECT body_hash FROM idempotency_keys WHERE key = 'new'`);
  expect(rows).toEqual([{ body_hash: hashesOf('a').bytesHash }]);
  expect(await answer('new', hashesOf('a', 'with white space'))).toEqual(REPLY);
});

test('a reply that the release before has stored over an older one of this release is repeated for its own body alone', async () => {
  await unitOfWork.run((tx) =>
    tx.of(IdempotencyKeyRepository).store([{ scope: scopeOf('over'), ...hashesOf('a'), ...REPLY }], NOW),
  );
  await storeAsBefore('over', hashesOf('b'));
  expect(await answer('over', hashesOf('a', 'with white space'))).toBe('key_reused');
  expect(await answer('over', hashesOf('a'))).toBe('key_reused');
  expect(await answer('over', hashesOf('b'))).toEqual(REPLY);
});
