import type {
  IdempotencyKeyRepository,
  IdempotencyScope,
  StoredReply,
} from '../../application/idempotency/idempotency-key-repository.js';
import type { PreparedSql } from './engine/sql.js';

/** The class of the advisory locks on idempotency keys. Those on payment numbers have another one. */
const IDEMPOTENCY_KEYS = 2;
const STORED_FOR_MS = 24 * 60 * 60 * 1_000;

export class PostgresIdempotencyKeys implements IdempotencyKeyRepository {
  constructor(private readonly sql: PreparedSql) {}

  async claim(scope: IdempotencyScope, now: Date): Promise<StoredReply | 'free' | 'in_flight'> {
    const [lock] = await this.sql.query<{ got: boolean }>(
      'SELECT pg_try_advisory_xact_lock($1, hashtext($2)) AS got',
      [IDEMPOTENCY_KEYS, valuesOf(scope).join(' ')],
    );
    if (!lock?.got) return 'in_flight';
    const [stored] = await this.sql.query<{ body_hash: string; status: number; reply: string }>(
      // IS TRUE, because the index on the age must not be chosen.
      `SELECT body_hash, status, reply FROM idempotency_keys
        WHERE token_name = $1 AND method = $2 AND path = $3 AND key = $4 AND (created_at > $5) IS TRUE`,
      [...valuesOf(scope), new Date(now.getTime() - STORED_FOR_MS)],
    );
    return stored ? { bodyHash: stored.body_hash, status: stored.status, text: stored.reply } : 'free';
  }

  async store(scope: IdempotencyScope, { bodyHash, status, text }: StoredReply, now: Date): Promise<void> {
    // Each write of a key deletes a few expired ones, so no sweep is needed.
    await this.sql.write(
      // An array, because a join may be planned over the whole table.
      `DELETE FROM idempotency_keys WHERE ctid = ANY(ARRAY(SELECT ctid FROM idempotency_keys WHERE created_at <= $1
        ORDER BY created_at LIMIT 10 FOR UPDATE SKIP LOCKED))`,
      [new Date(now.getTime() - STORED_FOR_MS)],
    );
    await this.sql.write(
      `INSERT INTO idempotency_keys (token_name, method, path, key, body_hash, status, reply, created_at)
       VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
       ON CONFLICT (token_name, method, path, key) DO UPDATE
         SET body_hash = excluded.body_hash, status = excluded.status, reply = excluded.reply, created_at = excluded.created_at`,
      [...valuesOf(scope), bodyHash, status, text, now],
    );
  }
}

const valuesOf = ({ tokenName, method, path, key }: IdempotencyScope): string[] => [
  tokenName,
  method,
  path,
  key,
];
