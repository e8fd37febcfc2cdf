/** The reply to the first request with a key. A repeated request gets it again. */
export interface StoredReply {
  readonly bodyHash: string;
  readonly status: number;
  /** The body as it was sent. */
  readonly text: string;
}

export interface IdempotencyScope {
  readonly tokenName: string;
  readonly method: string;
  readonly path: string;
  readonly key: string;
}

export abstract class IdempotencyKeyRepository {
  /** Locks the key until the transaction ends. `in_flight` if another request has locked it. */
  abstract claim(scope: IdempotencyScope, now: Date): Promise<StoredReply | 'free' | 'in_flight'>;
  abstract store(scope: IdempotencyScope, reply: StoredReply, now: Date): Promise<void>;
}
