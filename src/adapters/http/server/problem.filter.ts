import { type ArgumentsHost, Catch, type ExceptionFilter, HttpException, Logger } from '@nestjs/common';
import { HttpAdapterHost } from '@nestjs/core';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { RefusalReason } from '../../../application/callbacks/rejection-repository.js';
import { Busy, Unavailable } from '../../../application/transaction.js';
import { Gateways } from '../../gateways/registry.js';
import { LimitedLog } from '../../observability/limited-log.js';
import { ClientLeft } from './client-signal.js';
import {
  PROBLEM_TYPE,
  type Problem,
  type ProblemAnswer,
  ProblemError,
  noSuchGateway,
  noSuchPath,
  problem,
} from './problem.js';
import { routePathOf } from './request-target.js';
import { STRICT_HEADERS } from './security-headers.js';
import type { ServerAdapter } from './server-adapter.js';

/** Answers every error as a problem, whether this service, Nest or Fastify has thrown it. */
@Catch()
export class ProblemFilter implements ExceptionFilter {
  private readonly logger = new Logger(ProblemFilter.name);
  private readonly limitedLog = new LimitedLog(this.logger);

  constructor(
    private readonly host: HttpAdapterHost<ServerAdapter>,
    private readonly gateways: Gateways,
  ) {}

  catch(error: unknown, host: ArgumentsHost): void {
    const reply = host.switchToHttp().getResponse<FastifyReply>();
    if (reply.sent) return;
    // No client is there to receive an answer.
    if (error instanceof ClientLeft) return void reply.hijack();
    const { problem, headers } = this.refusalOf(error, reply.request) ?? this.describe(error);
    void reply.status(problem.status).headers(headers).type(PROBLEM_TYPE).send(JSON.stringify(problem));
  }

  /** Reports and describes what is refused before a handler sees the request; null for any other error. */
  private refusalOf(error: unknown, request: FastifyRequest): ProblemAnswer | null {
    const { servers } = this.host.httpAdapter;
    const reason = REFUSED_BY_FASTIFY[codeOf(error) ?? ''];
    if (reason) servers.refused(reason, request.raw);
    if (!request.is404 && !isForbiddenFile(error)) return null;
    const off = this.gatewayThatIsOff(request.raw.url ?? '');
    if (off !== null) {
      servers.refused('path', request.raw);
      return { problem: noSuchGateway(off), headers: {} };
    }
    const methods = servers.routes.methodsOf(request.raw.url ?? '');
    // The route of the files has every path below its own, and its method is no other one where there is no such file.
    const allowed = methods.includes(request.method) ? '' : methods.join(', ');
    servers.refused(allowed ? 'method' : 'path', request.raw);
    if (!allowed) return { problem: noSuchPath(request.raw.url ?? ''), headers: {} };
    return {
      problem: problem(405, `This path allows only ${allowed}. Nothing was changed.`),
      headers: { allow: allowed },
    };
  }

  /** With any method the path says so, because an operator tries it with GET. Null where the path is not one of a callback. */
  private gatewayThatIsOff(target: string): string | null {
    const name = CALLBACK.exec(routePathOf(target))?.[1];
    return name === undefined || this.gateways.get(name) ? null : name;
  }

  private describe(error: unknown): ProblemAnswer {
    if (error instanceof ProblemError) return error;
    if (error instanceof Busy) {
      this.limitedLog.write('warn', 'request not served: too many requests', { why: error.message });
      return { problem: BUSY, headers: { 'retry-after': '1' } };
    }
    if (error instanceof Unavailable) {
      this.logger.warn('request not served: temporarily unavailable', { why: error.message });
      return { problem: UNAVAILABLE, headers: { 'retry-after': '1' } };
    }
    const worded = WORDED[codeOf(error) ?? ''];
    if (worded) return { problem: worded, headers: {} };
    const status = statusOf(error);
    if (status < 500) return { problem: problem(status, (error as Error).message), headers: {} };
    const { message, stack } =
      error instanceof Error ? error : new Error('a value that is no error was thrown');
    this.logger.error(message, stack);
    return { problem: INTERNAL, headers: {} };
  }
}

const CALLBACK = /^\/callbacks\/([^/]+)$/;

/** The errors of Fastify before a handler sees the request, except those about its path. */
const REFUSED_BY_FASTIFY: Readonly<Record<string, RefusalReason>> = {
  FST_ERR_CTP_BODY_TOO_LARGE: 'size',
  FST_ERR_CTP_INVALID_CONTENT_LENGTH: 'framing',
};

/** Their own messages do not say what to do. */
const WORDED: Readonly<Record<string, Problem>> = {
  FST_ERR_CTP_BODY_TOO_LARGE: problem(
    413,
    'The body is larger than 256 KiB, or is announced so by Content-Length; nothing was changed. Send a smaller body.',
  ),
  FST_ERR_CTP_INVALID_CONTENT_LENGTH: problem(
    400,
    'The body has another length than Content-Length says; nothing was changed. Send the length of the bytes of the body.',
  ),
};

/** The route of the files refuses a path with `..` in this way. Which paths are refused and which do not exist is nobody's business. */
function isForbiddenFile(error: unknown): boolean {
  return !(error instanceof ProblemError) && statusOf(error) === 403;
}

/** Nest passes an error of Fastify on as the cause of its own. */
function codeOf(error: unknown): string | undefined {
  const cause = error instanceof HttpException ? error.cause : error;
  return cause instanceof Error && 'code' in cause ? String(cause.code) : undefined;
}

const UNAVAILABLE = problem(
  503,
  'Temporarily unavailable; nothing was changed. Send the same request again after Retry-After seconds.',
);
const BUSY = problem(
  503,
  'Too many requests are waiting; nothing was changed. Send the same request again after Retry-After seconds.',
  { code: 'busy' },
);
const INTERNAL = problem(500, 'An internal error occurred. Its cause is in the log of the service.');

/** Fastify's `frameworkErrors`: a path that it cannot decode (400) or that is too long (414) never reaches Nest. */
export function answerFrameworkError(error: Error, _request: FastifyRequest, reply: FastifyReply): void {
  const answer = problem(
    statusOf(error),
    'The path cannot be decoded, or a part of it is too long. Nothing was changed.',
  );
  // No hook runs for this answer.
  void reply.status(answer.status).headers(STRICT_HEADERS).type(PROBLEM_TYPE).send(JSON.stringify(answer));
}

/** The status that an exception of Nest or an error of Fastify carries. Any other error is a bug: 500. */
function statusOf(error: unknown): number {
  if (error instanceof HttpException) return error.getStatus();
  const status = error instanceof Error && 'statusCode' in error ? error.statusCode : undefined;
  return typeof status === 'number' && status >= 400 && status < 600 ? status : 500;
}
