import type { Type } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { hash } from 'node:crypto';
import { canonicalJson } from '../../../application/idempotency/canonical-json.js';
import type {
  IdempotencyFault,
  IdempotencyScope,
  KeyedBody,
  SentReply,
} from '../../../application/idempotency/idempotency-key-repository.js';
import { IDEMPOTENCY_KEY } from '../../../application/idempotency/idempotent-write.js';
import { callerOf } from '../server/admin.guard.js';
import { isEncoded } from '../server/content-encoding.js';
import { PROBLEM_TYPE, type Problem, invalid, problem } from '../server/problem.js';
import { routedPath } from '../server/routed-path.js';
import { validateBody } from '../server/validation.js';

/** A write with a valid body. */
export interface KeyedRequest<Body> {
  readonly body: Body;
  /** Null if the request has no `Idempotency-Key`. */
  readonly keyed: KeyedBody | null;
  readonly actor: string;
}

/** Checks the `Idempotency-Key` and the body of a write. */
export function readKeyed<Body extends object>(
  request: FastifyRequest,
  shape: Type<Body>,
): KeyedRequest<Body> | { readonly problem: Problem } {
  const bytes = Buffer.isBuffer(request.body) ? request.body : Buffer.alloc(0);
  const { name } = callerOf(request);
  const scope = scopeOf(request, name);
  if (scope && !IDEMPOTENCY_KEY.test(scope.key)) return { problem: INVALID_KEY };
  const { 'content-type': type, 'content-encoding': encoding } = request.raw.headers;
  if (isEncoded(encoding)) return { problem: ENCODED };
  const body = validateBody(shape, type, bytes);
  if ('problem' in body) return body;
  const keyed = scope && { scope, ...hashesOf(bytes, body.json) };
  return { body: body.value, keyed, actor: `admin:${name}` };
}

function hashesOf(bytes: Buffer, json: object): Omit<KeyedBody, 'scope'> {
  return { bytesHash: hash('sha256', bytes, 'hex'), jsonHash: hash('sha256', canonicalJson(json), 'hex') };
}

export async function sendReply(reply: FastifyReply, { status, text }: SentReply): Promise<void> {
  const type = status < 400 ? 'application/json; charset=utf-8' : PROBLEM_TYPE;
  await reply.status(status).type(type).send(text);
}

export function sent(refusal: Problem): SentReply {
  return { status: refusal.status, text: JSON.stringify(refusal) };
}

const ENCODED = problem(
  400,
  'The body is compressed; nothing was changed. Send it without compression, and without the header Content-Encoding.',
);
const INVALID_KEY = invalid([
  { field: 'Idempotency-Key', message: 'must be 1 to 255 visible ASCII characters' },
]);

export const KEY_PROBLEMS: Readonly<Record<IdempotencyFault, Problem>> = {
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
};

function scopeOf(request: FastifyRequest, tokenName: string): IdempotencyScope | null {
  const key = request.raw.headers['idempotency-key'];
  if (key === undefined) return null;
  return { tokenName, method: request.method, path: routedPath(request), key: String(key) };
}
