import type { Clock, Stores, UnitOfWork } from './ports.js';
import { Turns } from './turns.js';

/** A reply that a repeated request gets again. */
export interface KeptReply {
  readonly bodyHash: string;
  readonly status: number;
  /** As it was sent. */
  readonly text: string;
}

export interface IdempotencyScope {
  readonly tokenName: string;
  readonly method: string;
  readonly path: string;
  readonly key: string;
}

export interface IdempotencyKeys {
  /** Holds the key until the transaction ends. `in_flight` where another request holds it. */
  claim(scope: IdempotencyScope, now: Date): Promise<KeptReply | 'free' | 'in_flight'>;
  keep(scope: IdempotencyScope, reply: KeptReply, now: Date): Promise<void>;
}

/** What a write answers, before it is text. */
export interface Answer {
  readonly status: number;
  readonly body: unknown;
}

/** An answer as it is sent, now and every time that its request is repeated. */
export interface SentAnswer {
  readonly status: number;
  readonly text: string;
}

export interface KeyedRequest {
  /** Null where the request carries no `Idempotency-Key`. */
  readonly scope: IdempotencyScope | null;
  /** Equal for equal bodies, byte for byte. */
  readonly bodyHash: string;
}

/** The key's first request had another body, or has no answer yet. */
export type KeyFault = 'key_reused' | 'key_in_flight';

export const IDEMPOTENCY_KEY = /^[\x21-\x7e]{1,255}$/;

/** People who wait for one locked order must not take the connections that callbacks need. */
const WRITES_AT_ONCE = 3;

/**
 * Runs a write in one transaction, under its `Idempotency-Key` where it has one: the key is claimed first,
 * and the answer kept with the write itself, so that neither exists without the other. Refusals are kept as
 * well as successes; what is thrown rolls everything back and leaves the key free.
 */
export class IdempotentWrite {
  private readonly turns = new Turns(WRITES_AT_ONCE);

  constructor(
    private readonly unitOfWork: UnitOfWork,
    private readonly clock: Clock,
  ) {}

  async run(
    { scope, bodyHash }: KeyedRequest,
    write: (stores: Stores, at: Date) => Promise<Answer>,
  ): Promise<SentAnswer | KeyFault> {
    return this.turns.take(() => this.inTransaction({ scope, bodyHash }, write));
  }

  private inTransaction(
    { scope, bodyHash }: KeyedRequest,
    write: (stores: Stores, at: Date) => Promise<Answer>,
  ): Promise<SentAnswer | KeyFault> {
    return this.unitOfWork.run(async (stores) => {
      const at = this.clock.now();
      const claim = scope ? await stores.idempotencyKeys.claim(scope, at) : 'free';
      if (claim === 'in_flight') return 'key_in_flight';
      if (claim !== 'free') {
        return claim.bodyHash === bodyHash ? { status: claim.status, text: claim.text } : 'key_reused';
      }
      const answer = await write(stores, at);
      const text = JSON.stringify(answer.body);
      if (scope && answer.status < 500) {
        // Kept as text: a repeat is then the same to the byte, and PostgreSQL's JSON need not hold what a
        // stranger chose.
        await stores.idempotencyKeys.keep(scope, { bodyHash, status: answer.status, text }, at);
      }
      return { status: answer.status, text };
    });
  }
}
