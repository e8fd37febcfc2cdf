import {
  scopeKey,
  type IdempotencyKeyRepository,
  type IdempotencyScope,
  type KeyedBody,
  type SentReply,
  type StoredReply,
} from '../../application/idempotency/idempotency-key-repository.js';
import type { PreparedSql } from './engine/sql.js';

/** The class of the advisory locks on idempotency keys. Those on payment numbers have another one. */
const IDEMPOTENCY_KEYS = 2;
const STORED_FOR_MS = 24 * 60 * 60 * 1_000;
/** So many expired keys are deleted by a write of one key. A write of many deletes two for each, so expired keys never pile up. */
const MIN_DELETED = 10;

interface StoredRow {
  readonly place: number;
  readonly bodyHash: string;
  readonly status: number;
  readonly text: string;
}

export class PostgresIdempotencyKeys implements IdempotencyKeyRepository {
  constructor(private readonly sql: PreparedSql) {}

  async claim(
    scopes: readonly IdempotencyScope[],
    now: Date,
  ): Promise<(StoredReply | 'free' | 'in_flight')[]> {
    const [locks, stored] = await Promise.all([
      this.sql.query<{ place: number; got: boolean }>(
        `SELECT place::int, pg_try_advisory_xact_lock($1, hashtext(scope)) AS got
           FROM unnest($2::text[]) WITH ORDINALITY AS asked (scope, place)`,
        [IDEMPOTENCY_KEYS, scopes.map(scopeKey)],
      ),
      // A statement of its own, because only a later snapshot sees what the transaction has stored that had locked the key before.
      this.sql.query<StoredRow>(
        // IS TRUE, because the index on the age must not be chosen. LATERAL with a limit, because a plain join may be planned as a
        // walk along the whole index.
        `SELECT place::int, stored.*
           FROM unnest($1::text[], $2::text[], $3::text[], $4::text[]) WITH ORDINALITY AS asked (token_name, method, path, key, place),
                LATERAL (SELECT body_hash AS "bodyHash", status, reply AS text FROM idempotency_keys
                  WHERE idempotency_keys.token_name = asked.token_name AND idempotency_keys.method = asked.method
                    AND idempotency_keys.path = asked.path AND idempotency_keys.key = asked.key
                    AND (created_at > $5) IS TRUE LIMIT 1) AS stored`,
        [...columnsOf(scopes), new Date(now.getTime() - STORED_FOR_MS)],
      ),
    ]);
    const claims = scopes.map((): StoredReply | 'free' | 'in_flight' => 'free');
    for (const { place, bodyHash, status, text } of stored) claims[place - 1] = { bodyHash, status, text };
    for (const { place, got } of locks) if (!got) claims[place - 1] = 'in_flight';
    return claims;
  }

  async store(replies: readonly (KeyedBody & SentReply)[], now: Date): Promise<void> {
    // Each write of a key deletes a few expired ones, so no sweep is needed.
    await this.sql.write(
      // An array, because a join may be planned over the whole table.
      `DELETE FROM idempotency_keys WHERE ctid = ANY(ARRAY(SELECT ctid FROM idempotency_keys WHERE created_at <= $1
        ORDER BY created_at LIMIT $2 FOR UPDATE SKIP LOCKED))`,
      [new Date(now.getTime() - STORED_FOR_MS), Math.max(MIN_DELETED, 2 * replies.length)],
    );
    await this.sql.write(
      `INSERT INTO idempotency_keys (token_name, method, path, key, body_hash, status, reply, created_at)
       SELECT token_name, method, path, key, body_hash, status, reply, $8
         FROM unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::text[], $6::int[], $7::text[])
              AS new (token_name, method, path, key, body_hash, status, reply)
       ON CONFLICT (token_name, method, path, key) DO UPDATE
         SET body_hash = excluded.body_hash, status = excluded.status, reply = excluded.reply, created_at = excluded.created_at`,
      [
        ...columnsOf(replies.map(({ scope }) => scope)),
        replies.map(({ bodyHash }) => bodyHash),
        replies.map(({ status }) => status),
        replies.map(({ text }) => text),
        now,
      ],
    );
  }
}

/** The values of each column, as `unnest` takes them. */
const columnsOf = (scopes: readonly IdempotencyScope[]): string[][] => [
  scopes.map(({ tokenName }) => tokenName),
  scopes.map(({ method }) => method),
  scopes.map(({ path }) => path),
  scopes.map(({ key }) => key),
];
