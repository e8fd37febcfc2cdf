import { createHash } from 'node:crypto';
import { Injectable, type Type } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import {
  type IdempotencyScope,
  IDEMPOTENCY_KEY,
  IdempotentWrite,
  type Answer,
  type SentAnswer,
} from '../../application/idempotent-write.js';
import type { Stores } from '../../application/ports.js';
import type { Deed } from '../../domain/order.js';
import { callerOf } from './admin.guard.js';
import { checkedBody } from './checked.js';
import { invalid, problem, PROBLEM_TYPE, type Problem } from './problem.js';

/** What a controller does with a body that has passed every check, inside the write's transaction. */
export type Write<Body> = (stores: Stores, body: Body, deed: Deed) => Promise<Answer>;

const KEY_PROBLEMS = {
  key_reused: problem(422, 'This Idempotency-Key was used with another body.', { code: 'key_reused' }),
  key_in_flight: problem(409, 'The first request with this Idempotency-Key is still under way.', {
    code: 'key_in_flight',
  }),
} as const;

/**
 * The one way in which the admin API writes: checked body, one transaction, and the same answer to a
 * repeat.
 */
@Injectable()
export class AdminWrites {
  constructor(private readonly idempotentWrite: IdempotentWrite) {}

  async answer<Body extends object>(
    request: FastifyRequest,
    reply: FastifyReply,
    shape: Type<Body>,
    write: Write<Body>,
  ): Promise<void> {
    const { status, text } = await this.run(request, shape, write);
    const type = status < 400 ? 'application/json; charset=utf-8' : PROBLEM_TYPE;
    await reply.status(status).type(type).send(text);
  }

  private async run<Body extends object>(
    request: FastifyRequest,
    shape: Type<Body>,
    write: Write<Body>,
  ): Promise<SentAnswer> {
    const bytes = Buffer.isBuffer(request.body) ? request.body : Buffer.alloc(0);
    const body = checkedBody(shape, request.raw.headers['content-type'], bytes);
    const scope = scopeOf(request);
    if (scope && !IDEMPOTENCY_KEY.test(scope.key)) {
      const message = 'must be 1 to 255 visible ASCII characters';
      return sent(invalid([{ field: 'Idempotency-Key', message }]));
    }
    // A refusal that no key keeps needs no transaction.
    if (!scope && 'problem' in body) return sent(body.problem);
    const bodyHash = createHash('sha256').update(bytes).digest('hex');
    const actor = `admin:${callerOf(request).name}`;
    const answer = await this.idempotentWrite.run({ scope, bodyHash }, async (stores, at) =>
      'problem' in body ? refused(body.problem) : write(stores, body.value, { actor, at }),
    );
    return typeof answer === 'string' ? sent(KEY_PROBLEMS[answer]) : answer;
  }
}

export function refused(problem: Problem): Answer {
  return { status: problem.status, body: problem };
}

function sent(problem: Problem): SentAnswer {
  return { status: problem.status, text: JSON.stringify(problem) };
}

function scopeOf(request: FastifyRequest): IdempotencyScope | null {
  const key = request.headers['idempotency-key'];
  if (key === undefined) return null;
  const { name: tokenName } = callerOf(request);
  return { tokenName, method: request.method, path: pathOf(request), key: String(key) };
}

/** One spelling for one resource: the path as it was routed, without a stranger's escapes. */
function pathOf({ routeOptions, params }: FastifyRequest): string {
  const values = params as Readonly<Record<string, string>>;
  return (routeOptions.url ?? '').replace(/:(\w+)/g, (_, name: string) => values[name] ?? '');
}
