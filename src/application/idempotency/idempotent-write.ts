import type { Clock } from '../clock.js';
import { Semaphore } from '../semaphore.js';
import { Busy, type Transaction, type UnitOfWork } from '../transaction.js';
import { IdempotencyKeyRepository, type IdempotencyScope } from './idempotency-key-repository.js';

/** The result of a write, before it is serialized. */
export interface WriteResult {
  readonly status: number;
  readonly body: unknown;
}

/** A reply as it is sent, the first time and to every repeated request. */
export interface SentReply {
  readonly status: number;
  readonly text: string;
}

export interface KeyedRequest {
  /** Null if the request has no `Idempotency-Key`. */
  readonly scope: IdempotencyScope | null;
  /** Equal for bodies that are equal byte for byte. */
  readonly bodyHash: string;
  /** What the write changes, such as an order. Of the writes with one subject, one runs at a time. */
  readonly subject?: string;
  /** Aborted when the client has left. What has not been committed by then is not carried out. */
  readonly signal?: AbortSignal;
  /** As in `RunOptions`: for writes that shops send for every sale. */
  readonly pipelined?: boolean;
}

/** The first request with the key had another body, or is still running. */
export type IdempotencyFault = 'key_reused' | 'key_in_flight';

export const IDEMPOTENCY_KEY = /^[\x21-\x7e]{1,255}$/;

/** Writes share few connections with the workers. Because each order has one write at a time, a locked order occupies one place of two. */
const LIMITS = { running: 2, waiting: 64, waitMs: 5_000 };

/**
 * Runs a write in one transaction, under its `Idempotency-Key` if it has one. The key is claimed first, and the reply is stored
 * with the write, so that neither exists without the other. Only a write that succeeds is stored. A refusal or an error rolls
 * everything back and leaves the key free.
 *
 * Throws `Busy` if the write's turn does not come in time, and the reason of the signal if the client has left. Nothing was changed then.
 */
export class IdempotentWrite {
  private readonly turns = new Semaphore(LIMITS, (why) => new Busy(why));

  constructor(
    private readonly unitOfWork: UnitOfWork,
    private readonly clock: Clock,
  ) {}

  async run(
    request: KeyedRequest,
    write: (tx: Transaction, at: Date) => Promise<WriteResult>,
  ): Promise<SentReply | IdempotencyFault> {
    const { subject, signal, pipelined } = request;
    const work = () => this.unitOfWork.run((tx) => this.runIn(tx, request, write), { pipelined });
    try {
      return await this.turns.run(work, { key: subject, signal });
    } catch (error) {
      if (error instanceof Refused) return error.reply;
      throw error;
    }
  }

  private async runIn(
    tx: Transaction,
    { scope, bodyHash, signal }: KeyedRequest,
    write: (tx: Transaction, at: Date) => Promise<WriteResult>,
  ): Promise<SentReply | IdempotencyFault> {
    signal?.throwIfAborted();
    const at = this.clock.now();
    const keys = tx.of(IdempotencyKeyRepository);
    const claim = scope ? await keys.claim(scope, at) : 'free';
    if (claim === 'in_flight') return 'key_in_flight';
    if (claim !== 'free') {
      return claim.bodyHash === bodyHash ? { status: claim.status, text: claim.text } : 'key_reused';
    }
    const { status, body } = await write(tx, at);
    // The client may have left while the write waited for a lock.
    signal?.throwIfAborted();
    // Stored as text: a repeated reply is then equal byte for byte, and PostgreSQL's JSON cannot reject what a client sent.
    const text = JSON.stringify(body);
    if (status >= 300) throw new Refused({ status, text });
    if (scope) await keys.store(scope, { bodyHash, status, text }, at);
    return { status, text };
  }
}

/** Carries a refusal out of its transaction, which rolls back because of it. */
class Refused extends Error {
  constructor(readonly reply: SentReply) {
    super('the write was refused');
  }
}
