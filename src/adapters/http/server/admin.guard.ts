import { type CanActivate, type ExecutionContext, Injectable, createParamDecorator } from '@nestjs/common';
import type { FastifyRequest } from 'fastify';
import { hash, timingSafeEqual } from 'node:crypto';
import { ProblemError, problem } from './problem.js';

export type Role = 'viewer' | 'operator';

export interface AdminToken {
  readonly name: string;
  readonly role: Role;
  readonly token: string;
}

/** Who sent a request. The token itself is not passed on. */
export interface Caller {
  readonly name: string;
  readonly role: Role;
}

/** The tokens that the admin API accepts. */
export class AdminTokens {
  private readonly known: readonly (Caller & { readonly digest: Buffer })[];

  constructor(tokens: readonly AdminToken[]) {
    this.known = tokens.map(({ name, role, token }) => ({ name, role, digest: digestOf(token) }));
  }

  /** Compares digests of equal length, and always all of them, so that the time taken reveals nothing about any token. */
  callerOf(authorization: string): Caller | null {
    const presented = /^bearer +([\x21-\x7e]+)$/i.exec(authorization)?.[1];
    if (presented === undefined) return null;
    const digest = digestOf(presented);
    const matching = this.known.filter((known) => timingSafeEqual(known.digest, digest));
    return matching[0] ?? null;
  }
}

function digestOf(token: string): Buffer {
  return hash('sha256', token, 'buffer');
}

/** Requires a bearer token, and the role `operator` for everything but reading. */
@Injectable()
export class AdminGuard implements CanActivate {
  constructor(private readonly tokens: AdminTokens) {}

  canActivate(context: ExecutionContext): boolean {
    const request = context.switchToHttp().getRequest<FastifyRequest>();
    const caller = this.tokens.callerOf(request.raw.headers.authorization ?? '');
    if (!caller) throw new ProblemError(UNAUTHENTICATED, { 'www-authenticate': 'Bearer realm="quittance"' });
    if (caller.role !== 'operator' && !['GET', 'HEAD'].includes(request.method)) {
      throw new ProblemError(FORBIDDEN);
    }
    callers.set(request, caller);
    return true;
  }
}

const callers = new WeakMap<object, Caller>();

const UNAUTHENTICATED = problem(
  401,
  'Missing or unknown bearer token. Send the header "Authorization: Bearer <token>" with a token of this ' +
    'service.',
);
const FORBIDDEN = problem(
  403,
  'A token with the role viewer may only read; nothing was changed. Send a token with the role operator.',
);

/** The caller of a request that the guard has accepted. */
export function callerOf(request: FastifyRequest): Caller {
  const caller = callers.get(request);
  if (!caller) throw new Error('a route of the admin API has no guard');
  return caller;
}

/** Injects the caller into a parameter of a route. */
export const CurrentCaller = createParamDecorator((_: unknown, context: ExecutionContext) =>
  callerOf(context.switchToHttp().getRequest<FastifyRequest>()),
);
