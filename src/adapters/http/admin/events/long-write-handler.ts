import { Injectable, type Type } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type {
  IdempotencyFault,
  KeyedBody,
  SentReply,
} from '../../../../application/idempotency/idempotency-key-repository.js';
import { IdempotentWrite, type WriteResult } from '../../../../application/idempotency/idempotent-write.js';
import { Unavailable } from '../../../../application/transaction.js';
import { clientSignal } from '../../server/client-signal.js';
import { KEY_PROBLEMS, readKeyed, sendReply, sent } from '../keyed-request.js';

/** What a controller does with a valid body, outside of a transaction. */
export type LongWrite<Body> = (body: Body, actor: string, signal: AbortSignal) => Promise<WriteResult>;

/**
 * Handles writes that cannot be one transaction: they wait for a receiver, or are done in many steps. The answer is stored under the
 * `Idempotency-Key` after the work, so a repeated request gets the same answer and does nothing. If the process ends in between, or the
 * answer cannot be stored, a repeated request does the work again, and so does one that comes while the first is at work.
 */
@Injectable()
export class LongWriteHandler {
  constructor(private readonly idempotentWrite: IdempotentWrite) {}

  async handle<Body extends object>(
    { request, reply }: { readonly request: FastifyRequest; readonly reply: FastifyReply },
    shape: Type<Body>,
    work: LongWrite<Body>,
  ): Promise<void> {
    const read = readKeyed(request, shape);
    if ('problem' in read) return sendReply(reply, sent(read.problem));
    const { body, keyed, actor } = read;
    const earlier = keyed && (await this.earlierAnswer(keyed));
    if (earlier) return sendReply(reply, replyOf(earlier));
    const result = await work(body, actor, clientSignal(reply));
    await sendReply(reply, keyed ? await this.store(keyed, result) : replyTo(result));
  }

  /** The answer to the first request with this key; null if this is the first one. */
  private async earlierAnswer(keyed: KeyedBody): Promise<SentReply | IdempotencyFault | null> {
    let isFirst = false;
    const answer = await this.idempotentWrite.run({ keyed }, async () => {
      isFirst = true;
      return NOT_STORED;
    });
    return isFirst ? null : answer;
  }

  /** The answer to send, which is stored if the work has succeeded. */
  private async store(keyed: KeyedBody, result: WriteResult): Promise<SentReply> {
    try {
      return replyOf(await this.idempotentWrite.run({ keyed }, async () => result));
    } catch (error) {
      // The work is done. An answer that says the opposite would be wrong.
      if (error instanceof Unavailable) return replyTo(result);
      throw error;
    }
  }
}

/** No answer with this status is stored. It is never sent. */
const NOT_STORED: WriteResult = { status: 503, body: null };

const replyTo = ({ status, body }: WriteResult): SentReply => ({ status, text: JSON.stringify(body) });

const replyOf = (answer: SentReply | IdempotencyFault): SentReply =>
  typeof answer === 'string' ? sent(KEY_PROBLEMS[answer]) : answer;
