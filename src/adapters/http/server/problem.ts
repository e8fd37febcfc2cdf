import { HttpException } from '@nestjs/common';
import { STATUS_CODES } from 'node:http';

/** RFC 9457. `code` is stable and for programs, `detail` is for people. Neither reveals internals of the service. */
export interface Problem {
  readonly type: string;
  readonly title: string;
  readonly status: number;
  readonly detail: string;
  readonly [extension: string]: unknown;
}

export interface FieldFault {
  readonly field: string;
  readonly message: string;
}

export const PROBLEM_TYPE = 'application/problem+json; charset=utf-8';

export function problem(
  status: number,
  detail: string,
  extensions: Readonly<Record<string, unknown>> = {},
): Problem {
  return { type: 'about:blank', title: STATUS_CODES[status] ?? 'Error', status, detail, ...extensions };
}

/** 422 with a message for each invalid field. */
export function invalid(errors: readonly FieldFault[]): Problem {
  const messages = errors.map(({ field, message }) => `${field}: ${message}`);
  return problem(422, messages.join('; ').slice(0, 1000), { errors });
}

export function notFound(what: string): ProblemError {
  return new ProblemError(problem(404, `There is no such ${what}.`));
}

/** Thrown anywhere, it ends the request with this problem. */
export class ProblemError extends HttpException {
  constructor(
    readonly problem: Problem,
    readonly headers: Readonly<Record<string, string>> = {},
  ) {
    super(problem, problem.status);
  }
}
