import { Injectable, type Type } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { SentReply } from '../../../application/idempotency/idempotency-key-repository.js';
import { type WriteResult, IdempotentWrite } from '../../../application/idempotency/idempotent-write.js';
import { OrderQueries, type PartOfOrder } from '../../../application/orders/order-queries.js';
import type { Transaction } from '../../../application/transaction.js';
import type { Attribution } from '../../../domain/attribution.js';
import { clientSignal } from '../server/client-signal.js';
import type { Problem } from '../server/problem.js';
import { KEY_PROBLEMS, readKeyed, sendReply, sent } from './keyed-request.js';

/** What a controller does with a valid body, inside the write's transaction. */
export type Write<Body> = (tx: Transaction, body: Body, attribution: Attribution) => Promise<WriteResult>;

/** What a write changes: an order, or something that belongs to one. Writes about one order run one after the other. */
export type Subject = { readonly orderNumber: string } | PartOfOrder | { readonly endpointId: string };

export interface WriteRequest {
  readonly request: FastifyRequest;
  readonly reply: FastifyReply;
  readonly subject: Subject;
}

/** Every write of the admin API except placing runs here: a validated body, one transaction, and the same answer to a repeated request. */
@Injectable()
export class IdempotentHandler {
  constructor(
    private readonly idempotentWrite: IdempotentWrite,
    private readonly orders: OrderQueries,
  ) {}

  async handle<Body extends object>(
    write: WriteRequest,
    shape: Type<Body>,
    work: Write<Body>,
  ): Promise<void> {
    await sendReply(write.reply, await this.run(write, shape, work));
  }

  private async run<Body extends object>(
    { request, reply, subject }: WriteRequest,
    shape: Type<Body>,
    work: Write<Body>,
  ): Promise<SentReply> {
    const read = readKeyed(request, shape);
    // A refusal is not stored, so it needs no transaction.
    if ('problem' in read) return sent(read.problem);
    const { body, keyed, actor } = read;
    const options = { keyed, signal: clientSignal(reply), subject: await this.keyOf(subject) };
    const answer = await this.idempotentWrite.run(options, (tx, at) => work(tx, body, { actor, at }));
    return typeof answer === 'string' ? sent(KEY_PROBLEMS[answer]) : answer;
  }

  /** The order that the subject belongs to. What belongs to none stands for itself. */
  private async keyOf(subject: Subject): Promise<string> {
    const [[name, value]] = Object.entries(subject) as [[string, string]];
    if ('orderNumber' in subject || 'endpointId' in subject) return `${name} ${value}`;
    const orderNumber = await this.orders.orderOf(subject);
    return orderNumber === null ? `${name} ${value}` : `orderNumber ${orderNumber}`;
  }
}

export function refused(problem: Problem): WriteResult {
  return { status: problem.status, body: problem };
}
