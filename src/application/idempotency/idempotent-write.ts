import type { Clock } from '../clock.js';
import { Semaphore } from '../semaphore.js';
import { Busy, type Transaction, type UnitOfWork } from '../transaction.js';
import {
  claimKeys,
  IdempotencyKeyRepository,
  type IdempotencyFault,
  type KeyedBody,
  type SentReply,
} from './idempotency-key-repository.js';

/** The result of a write, before it is serialized. */
export interface WriteResult {
  readonly status: number;
  readonly body: unknown;
}

export interface WriteOptions {
  /** Null if the request has no `Idempotency-Key`. */
  readonly keyed: KeyedBody | null;
  /** What the write changes, such as an order. Of the writes with one subject, one runs at a time. */
  readonly subject?: string;
  /** Aborted when the client has left. What has not been committed by then is not carried out. */
  readonly signal?: AbortSignal;
}

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
    request: WriteOptions,
    write: (tx: Transaction, at: Date) => Promise<WriteResult>,
  ): Promise<SentReply | IdempotencyFault> {
    const { subject, signal } = request;
    const work = () => this.unitOfWork.run((tx) => this.runIn(tx, request, write));
    try {
      return await this.turns.run(work, { key: subject, signal });
    } catch (error) {
      if (error instanceof Refused) return error.reply;
      throw error;
    }
  }

  private async runIn(
    tx: Transaction,
    { keyed, signal }: WriteOptions,
    write: (tx: Transaction, at: Date) => Promise<WriteResult>,
  ): Promise<SentReply | IdempotencyFault> {
    signal?.throwIfAborted();
    const at = this.clock.now();
    const keys = tx.of(IdempotencyKeyRepository);
    const [repeated] = keyed ? await claimKeys([keyed], keys, at) : [];
    if (repeated) return repeated;
    const { status, body } = await write(tx, at);
    // The client may have left while the write waited for a lock.
    signal?.throwIfAborted();
    // Stored as text: a repeated reply is then equal byte for byte, and PostgreSQL's JSON cannot reject what a client sent.
    const text = JSON.stringify(body);
    if (status >= 300) throw new Refused({ status, text });
    if (keyed) await keys.store([{ status, text, ...keyed }], at);
    return { status, text };
  }
}

/** Carries a refusal out of its transaction, which rolls back because of it. */
class Refused extends Error {
  constructor(readonly reply: SentReply) {
    super('the write was refused');
  }
}
