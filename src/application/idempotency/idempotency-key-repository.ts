/** A reply as it is sent, the first time and to every repeated request. */
export interface SentReply {
  readonly status: number;
  /** The body as it is sent. */
  readonly text: string;
}

/** The reply to the first request with a key. A repeated request gets it again. */
export interface StoredReply extends SentReply {
  readonly bodyHash: string;
}

export interface IdempotencyScope {
  readonly tokenName: string;
  readonly method: string;
  readonly path: string;
  readonly key: string;
}

/** A request that has an `Idempotency-Key`. */
export interface KeyedBody {
  readonly scope: IdempotencyScope;
  /** Equal for bodies that are equal byte for byte. */
  readonly bodyHash: string;
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
  /** Stores replies under keys that this transaction has claimed. */
  abstract store(replies: readonly (KeyedBody & SentReply)[], now: Date): Promise<void>;
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
    const { bodyHash, status, text } = claim;
    return bodyHash === requests[index]!.bodyHash ? { status, text } : 'key_reused';
  });
}
