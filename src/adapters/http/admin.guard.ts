import { createHash, timingSafeEqual } from 'node:crypto';
import { createParamDecorator, Injectable, type CanActivate, type ExecutionContext } from '@nestjs/common';
import type { FastifyRequest } from 'fastify';
import { problem, ProblemError } from './problem.js';

export type Role = 'viewer' | 'operator';

export interface AdminToken {
  readonly name: string;
  readonly role: Role;
  readonly token: string;
}

/** Who sent a request; the token itself is left behind at the door. */
export interface Caller {
  readonly name: string;
  readonly role: Role;
}

const callers = new WeakMap<object, Caller>();

/** The tokens that open the admin API. */
export class AdminTokens {
  private readonly known: readonly (Caller & { readonly digest: Buffer })[];

  constructor(tokens: readonly AdminToken[]) {
    this.known = tokens.map(({ name, role, token }) => ({ name, role, digest: digestOf(token) }));
  }

  /** Compares digests, of one length, and all of them: the time taken tells nothing about any token. */
  callerOf(authorization: string): Caller | null {
    const presented = /^bearer +([\x21-\x7e]+)$/i.exec(authorization)?.[1];
    if (presented === undefined) return null;
    const digest = digestOf(presented);
    const matching = this.known.filter((known) => timingSafeEqual(known.digest, digest));
    return matching[0] ?? null;
  }
}

/** The admin API's door: a bearer token, and for everything but reading the role `operator`. */
@Injectable()
export class AdminGuard implements CanActivate {
  constructor(private readonly tokens: AdminTokens) {}

  canActivate(context: ExecutionContext): boolean {
    const request = context.switchToHttp().getRequest<FastifyRequest>();
    const caller = this.tokens.callerOf(request.headers.authorization ?? '');
    if (!caller) {
      const detail = 'This needs the header "Authorization: Bearer <token>" with a token of this service.';
      throw new ProblemError(problem(401, detail), { 'www-authenticate': 'Bearer realm="quittance"' });
    }
    if (caller.role !== 'operator' && !['GET', 'HEAD'].includes(request.method)) {
      throw new ProblemError(problem(403, 'This needs the role operator; a viewer may only read.'));
    }
    callers.set(request, caller);
    return true;
  }
}

/** The caller that the guard has let in. */
export function callerOf(request: FastifyRequest): Caller {
  const caller = callers.get(request);
  if (!caller) throw new Error('a route of the admin API has no guard');
  return caller;
}

export const FromCaller = createParamDecorator((_: unknown, context: ExecutionContext) =>
  callerOf(context.switchToHttp().getRequest<FastifyRequest>()),
);

function digestOf(token: string): Buffer {
  return createHash('sha256').update(token).digest();
}
