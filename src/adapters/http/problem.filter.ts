import { Catch, HttpException, Logger, type ArgumentsHost, type ExceptionFilter } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { Unavailable } from '../../application/ports.js';
import { problem, PROBLEM_TYPE, ProblemError, type Problem } from './problem.js';

/** Whatever ends a request early is answered as a problem, be it ours, Nest's or Fastify's. */
@Catch()
export class ProblemFilter implements ExceptionFilter {
  private readonly logger = new Logger(ProblemFilter.name);

  catch(error: unknown, host: ArgumentsHost): void {
    const reply = host.switchToHttp().getResponse<FastifyReply>();
    if (reply.sent) return;
    const { problem, headers } = this.describe(error);
    void reply.status(problem.status).headers(headers).type(PROBLEM_TYPE).send(JSON.stringify(problem));
  }

  private describe(error: unknown): { problem: Problem; headers: Readonly<Record<string, string>> } {
    if (error instanceof ProblemError) return error;
    if (error instanceof Unavailable) {
      this.logger.warn(`unavailable: ${error.message}`);
      const detail =
        'The service cannot do this just now. Nothing was changed; the same request may be sent again.';
      return { problem: problem(503, detail), headers: { 'retry-after': '1' } };
    }
    const status = statusOf(error);
    if (status < 500) return { problem: problem(status, (error as Error).message), headers: {} };
    this.logger.error(
      error instanceof Error ? error.message : 'a thrown value',
      (error as Error | null)?.stack,
    );
    return { problem: problem(500, 'Something went wrong here. It has been logged.'), headers: {} };
  }
}

/**
 * Fastify's `frameworkErrors`: paths that it cannot read (400) or finds too long (414) never come to Nest.
 */
export function answerFrameworkError(error: Error, _request: FastifyRequest, reply: FastifyReply): void {
  const answer = problem(statusOf(error), 'The path cannot be read, or a part of it is too long.');
  void reply.status(answer.status).type(PROBLEM_TYPE).send(JSON.stringify(answer));
}

/** Nest's exceptions and Fastify's errors both know theirs; anything else is a fault of ours. */
function statusOf(error: unknown): number {
  if (error instanceof HttpException) return error.getStatus();
  const status = error instanceof Error && 'statusCode' in error ? error.statusCode : undefined;
  return typeof status === 'number' && status >= 400 && status < 600 ? status : 500;
}
