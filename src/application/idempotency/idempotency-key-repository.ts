/** A reply as it is sent, the first time and to every repeated request. */
export interface SentReply {
  readonly status: number;
  /** The body as it is sent. */
  readonly text: string;
}

/** Two hashes of a body. The release before this one stores and compares the hash of the bytes alone. */
export interface BodyHashes {
  /** Equal for bodies that are equal byte for byte. */
  readonly bytesHash: string;
  /** Equal for bodies that are equal as JSON. */
  readonly jsonHash: string;
}

/** The reply to the first request with a key. A repeated request gets it again. */
export interface StoredReply extends SentReply {
  readonly bytesHash: string;
  /** Null if the release before this one has stored the reply. */
  readonly jsonHash: string | null;
}

export interface IdempotencyScope {
  readonly tokenName: string;
  readonly method: string;
  readonly path: string;
  readonly key: string;
}

/** A request that has an `Idempotency-Key`. */
export interface KeyedBody extends BodyHashes {
  readonly scope: IdempotencyScope;
}

/** The first request with the key had another body, or is still running. */
export type IdempotencyFault = 'key_reused' | 'key_in_flight';

/** Tells apart the scopes of one transaction. */
export const scopeKey = ({ tokenName, method, path, key }: IdempotencyScope): string =>
  `${tokenName} ${method} ${path} ${key}`;

export abstract class IdempotencyKeyRepository {
  /**
   * Locks the keys until the transaction ends, and never waits for one. Returns a claim for each scope, in their order: the stored
   * reply, or `in_flight` if another request has locked the key. No two of the scopes are equal.
   */
  abstract claim(
    scopes: readonly IdempotencyScope[],
    now: Date,
  ): Promise<(StoredReply | 'free' | 'in_flight')[]>;
  /** Stores replies under keys that this transaction has claimed. They are repeated for 24 hours. */
  abstract store(replies: readonly (KeyedBody & SentReply)[], now: Date): Promise<void>;
  /** Removes so many replies at most that are older than 24 hours, the oldest first. Returns their number. */
  abstract removeExpired(limit: number, now: Date): Promise<number>;
}

/**
 * Claims the keys of these requests. Returns for each what it is answered without being carried out, in their order; null if the
 * request is the first one with its key.
 */
export async function claimKeys(
  requests: readonly KeyedBody[],
  keys: IdempotencyKeyRepository,
  now: Date,
): Promise<(SentReply | IdempotencyFault | null)[]> {
  const claims = await keys.claim(
    requests.map(({ scope }) => scope),
    now,
  );
  return claims.map((claim, index) => {
    if (claim === 'free') return null;
    if (claim === 'in_flight') return 'key_in_flight';
    const { status, text } = claim;
    return hasSameBody(claim, requests[index]!) ? { status, text } : 'key_reused';
  });
}

function hasSameBody(stored: StoredReply, { bytesHash, jsonHash }: BodyHashes): boolean {
  return stored.jsonHash === null ? stored.bytesHash === bytesHash : stored.jsonHash === jsonHash;
}
