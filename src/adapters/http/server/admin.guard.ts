import { type CanActivate, type ExecutionContext, Injectable, createParamDecorator } from '@nestjs/common';
import { HttpAdapterHost } from '@nestjs/core';
import type { FastifyRequest } from 'fastify';
import { hash, timingSafeEqual } from 'node:crypto';
import { FailedLogins } from './failed-logins.js';
import { unknownField } from './field-validators.js';
import { type Role, declarationOf } from './needs.js';
import { ProblemError, invalid, problem } from './problem.js';
import type { ServerAdapter } from './server-adapter.js';

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

/** More than the longest token that the configuration accepts, with its scheme. */
const LONGEST_AUTHORIZATION = 512;

/** The tokens that the admin API accepts. */
export class AdminTokens {
  private readonly known: readonly (Caller & { readonly digest: Buffer })[];

  constructor(tokens: readonly AdminToken[]) {
    this.known = tokens.map(({ name, role, token }) => ({ name, role, digest: digestOf(token) }));
  }

  /** Compares digests of equal length, and always all of them, so that the time taken reveals nothing about any token. */
  callerOf(authorization: string): Caller | null {
    if (authorization.length > LONGEST_AUTHORIZATION) return null;
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

/** Requires a bearer token with the role that the route declares, and refuses query parameters that it does not have. */
@Injectable()
export class AdminGuard implements CanActivate {
  constructor(
    private readonly tokens: AdminTokens,
    private readonly failedLogins: FailedLogins,
    private readonly host: HttpAdapterHost<ServerAdapter>,
  ) {}

  canActivate(context: ExecutionContext): boolean {
    const request = context.switchToHttp().getRequest<FastifyRequest>();
    const { authorization = '' } = request.raw.headers;
    const caller = this.tokens.callerOf(authorization);
    if (!caller) {
      const address = this.host.httpAdapter.servers.addressOf(request.raw);
      const answer = this.failedLogins.refuse(address, authorization === '' ? 'missing' : 'unknown');
      throw new ProblemError(answer.problem, answer.headers);
    }
    const { role, takesQuery } = declarationOf(context.getHandler());
    if (role === 'operator' && caller.role !== 'operator') throw new ProblemError(FORBIDDEN);
    if (!takesQuery) refuseQuery(request);
    callers.set(request, caller);
    return true;
  }
}

function refuseQuery({ query }: FastifyRequest): void {
  const names = Object.keys(query as object);
  if (names.length === 0) return;
  const message = unknownField('parameter', []);
  throw new ProblemError(invalid(names.slice(0, 20).map((field) => ({ field, message }))));
}

const callers = new WeakMap<object, Caller>();

const FORBIDDEN = problem(
  403,
  'This request needs the role operator, and the token has the role viewer; nothing was changed. Send a token of an operator.',
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
