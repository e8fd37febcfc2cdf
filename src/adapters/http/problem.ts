import { STATUS_CODES } from 'node:http';
import { HttpException } from '@nestjs/common';

/**
 * RFC 9457. `code` is stable and for programs, `detail` is for people; neither holds anything of our
 * insides.
 */
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

/** 422, naming each field that cannot be taken. */
export function invalid(errors: readonly FieldFault[]): Problem {
  return problem(
    422,
    errors
      .map(({ field, message }) => `${field}: ${message}`)
      .join('; ')
      .slice(0, 1000),
    { errors },
  );
}

/** A problem that ends a request from wherever it is found. */
export class ProblemError extends HttpException {
  constructor(
    readonly problem: Problem,
    readonly headers: Readonly<Record<string, string>> = {},
  ) {
    super(problem, problem.status);
  }
}

export const MONEY_REFUNDED = problem(
  409,
  'An operator has said that this money was given back, so it pays for nothing any more.',
  { code: 'money_refunded' },
);

export function notFound(what: string): ProblemError {
  return new ProblemError(problem(404, `There is no such ${what}.`));
}
