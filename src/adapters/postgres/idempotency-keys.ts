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

/** An array, because a join may be planned over the whole table. */
const DELETE_EXPIRED = `DELETE FROM idempotency_keys WHERE ctid = ANY(ARRAY(SELECT ctid FROM idempotency_keys
  WHERE created_at <= $1 ORDER BY created_at LIMIT $2 FOR UPDATE SKIP LOCKED))`;

const expiredAt = (now: Date): Date => new Date(now.getTime() - STORED_FOR_MS);

interface StoredRow {
  readonly place: number;
  readonly bytesHash: string;
  /** As in the column; see `jsonHashColumn`. */
  readonly jsonHash: string | null;
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
                LATERAL (SELECT body_hash AS "bytesHash", json_hash AS "jsonHash", status, reply AS text
                   FROM idempotency_keys
                  WHERE idempotency_keys.token_name = asked.token_name AND idempotency_keys.method = asked.method
                    AND idempotency_keys.path = asked.path AND idempotency_keys.key = asked.key
                    AND (created_at > $5) IS TRUE LIMIT 1) AS stored`,
        [...columnsOf(scopes), expiredAt(now)],
      ),
    ]);
    const claims = scopes.map((): StoredReply | 'free' | 'in_flight' => 'free');
    for (const { place, ...row } of stored) claims[place - 1] = storedReply(row);
    for (const { place, got } of locks) if (!got) claims[place - 1] = 'in_flight';
    return claims;
  }

  async store(replies: readonly (KeyedBody & SentReply)[], now: Date): Promise<void> {
    // Each write of a key deletes a few expired ones, so that few are left for `removeExpired`.
    await this.sql.write(DELETE_EXPIRED, [expiredAt(now), Math.max(MIN_DELETED, 2 * replies.length)]);
    await this.sql.write(
      `INSERT INTO idempotency_keys (token_name, method, path, key, body_hash, json_hash, status, reply, created_at)
       SELECT token_name, method, path, key, body_hash, json_hash, status, reply, $9
         FROM unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::text[], $6::text[], $7::int[], $8::text[])
              AS new (token_name, method, path, key, body_hash, json_hash, status, reply)
       ON CONFLICT (token_name, method, path, key) DO UPDATE
         SET body_hash = excluded.body_hash, json_hash = excluded.json_hash, status = excluded.status, reply = excluded.reply,
             created_at = excluded.created_at`,
      [
        ...columnsOf(replies.map(({ scope }) => scope)),
        replies.map(({ bytesHash }) => bytesHash),
        replies.map(({ bytesHash, jsonHash }) => jsonHashColumn(bytesHash, jsonHash)),
        replies.map(({ status }) => status),
        replies.map(({ text }) => text),
        now,
      ],
    );
  }

  async removeExpired(limit: number, now: Date): Promise<number> {
    const counting = `WITH removed AS (${DELETE_EXPIRED} RETURNING 1) SELECT count(*)::int AS removed FROM removed`;
    const [row] = await this.sql.change<{ removed: number }>(counting, [expiredAt(now), limit]);
    return row!.removed;
  }
}

/**
 * The release before this one changes `body_hash` and not `json_hash` when it stores another request under an expired key. So the column
 * repeats the hash of the bytes, and counts only if it is that of the row.
 */
const jsonHashColumn = (bytesHash: string, jsonHash: string): string => `${bytesHash}:${jsonHash}`;

function storedReply({ jsonHash: column, bytesHash, status, text }: Omit<StoredRow, 'place'>): StoredReply {
  const prefix = jsonHashColumn(bytesHash, '');
  const jsonHash = column?.startsWith(prefix) ? column.slice(prefix.length) : null;
  return { bytesHash, jsonHash, status, text };
}

/** The values of each column, as `unnest` takes them. */
const columnsOf = (scopes: readonly IdempotencyScope[]): string[][] => [
  scopes.map(({ tokenName }) => tokenName),
  scopes.map(({ method }) => method),
  scopes.map(({ path }) => path),
  scopes.map(({ key }) => key),
];
