import type { IdempotencyKeys, IdempotencyScope, KeptReply } from '../../application/idempotent-write.js';
import type { Sql } from './prepared-sql.js';

/** Keeps the advisory locks on keys apart from those on payment numbers. */
const REQUEST_KEYS = 2;
const KEPT_MS = 24 * 60 * 60 * 1_000;

export class SqlIdempotencyKeys implements IdempotencyKeys {
  constructor(private readonly sql: Sql) {}

  async claim(scope: IdempotencyScope, now: Date): Promise<KeptReply | 'free' | 'in_flight'> {
    const [lock] = await this.sql.query<{ got: boolean }>(
      'SELECT pg_try_advisory_xact_lock($1, hashtext($2)) AS got',
      [REQUEST_KEYS, valuesOf(scope).join(' ')],
    );
    if (!lock?.got) return 'in_flight';
    const [kept] = await this.sql.query<{ body_hash: string; status: number; reply: string }>(
      `SELECT body_hash, status, reply FROM idempotency_keys
        WHERE token_name = $1 AND method = $2 AND path = $3 AND key = $4 AND created_at > $5`,
      [...valuesOf(scope), new Date(now.getTime() - KEPT_MS)],
    );
    return kept ? { bodyHash: kept.body_hash, status: kept.status, text: kept.reply } : 'free';
  }

  async keep(scope: IdempotencyScope, { bodyHash, status, text }: KeptReply, now: Date): Promise<void> {
    // Whoever writes a key takes a few expired ones away, so that no sweep is needed.
    await this.sql.write(
      `DELETE FROM idempotency_keys WHERE ctid IN (SELECT ctid FROM idempotency_keys WHERE created_at <= $1
        LIMIT 10 FOR UPDATE SKIP LOCKED)`,
      [new Date(now.getTime() - KEPT_MS)],
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
