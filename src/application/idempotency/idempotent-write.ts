import type { Clock } from '../clock.js';
import { Semaphore } from '../semaphore.js';
import type { Transaction, UnitOfWork } from '../transaction.js';
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
}

/** The first request with the key had another body, or is still running. */
export type IdempotencyFault = 'key_reused' | 'key_in_flight';

export const IDEMPOTENCY_KEY = /^[\x21-\x7e]{1,255}$/;

/** Operators who wait for one locked order must not take the connections that callbacks need. */
const MAX_WRITES = 3;

/**
 * Runs a write in one transaction, under its `Idempotency-Key` if it has one. The key is claimed first, and the reply is stored
 * with the write, so that neither exists without the other. Refusals are stored as well as successes. An error rolls
 * everything back and leaves the key free.
 */
export class IdempotentWrite {
  private readonly semaphore = new Semaphore(MAX_WRITES);

  constructor(
    private readonly unitOfWork: UnitOfWork,
    private readonly clock: Clock,
  ) {}

  async run(
    request: KeyedRequest,
    write: (tx: Transaction, at: Date) => Promise<WriteResult>,
  ): Promise<SentReply | IdempotencyFault> {
    return this.semaphore.run(() => this.unitOfWork.run((tx) => this.runIn(tx, request, write)));
  }

  private async runIn(
    tx: Transaction,
    { scope, bodyHash }: KeyedRequest,
    write: (tx: Transaction, at: Date) => Promise<WriteResult>,
  ): Promise<SentReply | IdempotencyFault> {
    const at = this.clock.now();
    const keys = tx.of(IdempotencyKeyRepository);
    const claim = scope ? await keys.claim(scope, at) : 'free';
    if (claim === 'in_flight') return 'key_in_flight';
    if (claim !== 'free') {
      return claim.bodyHash === bodyHash ? { status: claim.status, text: claim.text } : 'key_reused';
    }
    const { status, body } = await write(tx, at);
    // Stored as text: a repeated reply is then equal byte for byte, and PostgreSQL's JSON cannot reject what a client sent.
    const text = JSON.stringify(body);
    if (scope && status < 500) await keys.store(scope, { bodyHash, status, text }, at);
    return { status, text };
  }
}
