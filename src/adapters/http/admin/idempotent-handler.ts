import { Injectable, type Type } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { createHash } from 'node:crypto';
import type { IdempotencyScope } from '../../../application/idempotency/idempotency-key-repository.js';
import {
  type WriteResult,
  IDEMPOTENCY_KEY,
  IdempotentWrite,
  type SentReply,
} from '../../../application/idempotency/idempotent-write.js';
import { OrderQueries, type PartOfOrder } from '../../../application/orders/order-queries.js';
import type { Transaction } from '../../../application/transaction.js';
import type { Attribution } from '../../../domain/attribution.js';
import { callerOf } from '../server/admin.guard.js';
import { clientSignal } from '../server/client-signal.js';
import { PROBLEM_TYPE, type Problem, invalid, problem } from '../server/problem.js';
import { validateBody } from '../server/validation.js';

/** What a controller does with a valid body, inside the write's transaction. */
export type Write<Body> = (tx: Transaction, body: Body, attribution: Attribution) => Promise<WriteResult>;

/** What a write changes: an order, or something that belongs to one. Writes about one order run one after the other. */
export type Subject = { readonly orderNumber: string } | PartOfOrder | { readonly endpointId: string };

export interface WriteRequest<Body> {
  readonly request: FastifyRequest;
  readonly reply: FastifyReply;
  readonly subject: Subject | ((body: Body) => Subject);
  readonly pipelined?: boolean;
}

/** Every write of the admin API runs here: a validated body, one transaction, and the same answer to a repeated request. */
@Injectable()
export class IdempotentHandler {
  constructor(
    private readonly idempotentWrite: IdempotentWrite,
    private readonly orders: OrderQueries,
  ) {}

  async handle<Body extends object>(
    write: WriteRequest<Body>,
    shape: Type<Body>,
    work: Write<Body>,
  ): Promise<void> {
    const { status, text } = await this.run(write, shape, work);
    const type = status < 400 ? 'application/json; charset=utf-8' : PROBLEM_TYPE;
    await write.reply.status(status).type(type).send(text);
  }

  private async run<Body extends object>(
    { request, reply, subject, pipelined }: WriteRequest<Body>,
    shape: Type<Body>,
    work: Write<Body>,
  ): Promise<SentReply> {
    const bytes = Buffer.isBuffer(request.body) ? request.body : Buffer.alloc(0);
    const scope = scopeOf(request);
    if (scope && !IDEMPOTENCY_KEY.test(scope.key)) return sent(INVALID_KEY);
    const body = validateBody(shape, request.raw.headers['content-type'], bytes);
    // A refusal is not stored, so it needs no transaction.
    if ('problem' in body) return sent(body.problem);
    const signal = clientSignal(reply);
    const keyed = {
      scope,
      bodyHash: createHash('sha256').update(bytes).digest('hex'),
      subject: await this.keyOf(typeof subject === 'function' ? subject(body.value) : subject),
      signal,
      pipelined,
    };
    const actor = `admin:${callerOf(request).name}`;
    const answer = await this.idempotentWrite.run(keyed, (tx, at) => work(tx, body.value, { actor, at }));
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

const INVALID_KEY = invalid([
  { field: 'Idempotency-Key', message: 'must be 1 to 255 visible ASCII characters' },
]);

const KEY_PROBLEMS = {
  key_reused: problem(
    422,
    'This Idempotency-Key was used with a different body; nothing was changed. Send a new key with this body.',
    { code: 'key_reused' },
  ),
  key_in_flight: problem(
    409,
    'The first request with this Idempotency-Key is still running; this one changed nothing. Send the ' +
      'same request again later.',
    { code: 'key_in_flight' },
  ),
} as const;

export function refused(problem: Problem): WriteResult {
  return { status: problem.status, body: problem };
}

function sent(problem: Problem): SentReply {
  return { status: problem.status, text: JSON.stringify(problem) };
}

function scopeOf(request: FastifyRequest): IdempotencyScope | null {
  const key = request.headers['idempotency-key'];
  if (key === undefined) return null;
  const { name: tokenName } = callerOf(request);
  return { tokenName, method: request.method, path: pathOf(request), key: String(key) };
}

/** The path as it was routed and decoded, so that each resource has one path, however the client has escaped it. */
function pathOf({ routeOptions, params }: FastifyRequest): string {
  const values = params as Readonly<Record<string, string>>;
  return (routeOptions.url ?? '').replace(/:(\w+)/g, (_, name: string) => values[name] ?? '');
}
