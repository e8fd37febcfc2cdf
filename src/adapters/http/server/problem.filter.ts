import { type ArgumentsHost, Catch, type ExceptionFilter, HttpException, Logger } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { Busy, Unavailable } from '../../../application/transaction.js';
import { LimitedLog } from '../../observability/limited-log.js';
import { ClientLeft } from './client-signal.js';
import { PROBLEM_TYPE, type Problem, ProblemError, problem } from './problem.js';

/** Answers every error as a problem, whether this service, Nest or Fastify has thrown it. */
@Catch()
export class ProblemFilter implements ExceptionFilter {
  private readonly logger = new Logger(ProblemFilter.name);
  private readonly limitedLog = new LimitedLog(this.logger);

  catch(error: unknown, host: ArgumentsHost): void {
    const reply = host.switchToHttp().getResponse<FastifyReply>();
    if (reply.sent) return;
    // No client is there to receive an answer.
    if (error instanceof ClientLeft) return void reply.hijack();
    const { problem, headers } = this.describe(error);
    void reply.status(problem.status).headers(headers).type(PROBLEM_TYPE).send(JSON.stringify(problem));
  }

  private describe(error: unknown): { problem: Problem; headers: Readonly<Record<string, string>> } {
    if (error instanceof ProblemError) return error;
    if (error instanceof Busy) {
      this.limitedLog.write('warn', 'request not served: too many requests', { why: error.message });
      return { problem: BUSY, headers: { 'retry-after': '1' } };
    }
    if (error instanceof Unavailable) {
      this.logger.warn('request not served: temporarily unavailable', { why: error.message });
      return { problem: UNAVAILABLE, headers: { 'retry-after': '1' } };
    }
    const status = statusOf(error);
    if (status < 500) return { problem: problem(status, (error as Error).message), headers: {} };
    const { message, stack } =
      error instanceof Error ? error : new Error('a value that is no error was thrown');
    this.logger.error(message, stack);
    return { problem: INTERNAL, headers: {} };
  }
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
  const answer = problem(statusOf(error), 'The path cannot be decoded, or a part of it is too long.');
  void reply.status(answer.status).type(PROBLEM_TYPE).send(JSON.stringify(answer));
}

/** The status that an exception of Nest or an error of Fastify carries. Any other error is a bug: 500. */
function statusOf(error: unknown): number {
  if (error instanceof HttpException) return error.getStatus();
  const status = error instanceof Error && 'statusCode' in error ? error.statusCode : undefined;
  return typeof status === 'number' && status >= 400 && status < 600 ? status : 500;
}
