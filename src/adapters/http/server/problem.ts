import { HttpException } from '@nestjs/common';
import { STATUS_CODES } from 'node:http';
import { GENERAL_CODES, type ProblemCode } from './problem-codes.js';
import type { ProblemDocument } from './problem-document.js';
import { printablePath } from './request-target.js';

/**
 * RFC 9457. `code` is stable and for programs, `detail` is for people. Neither reveals internals of the service. It has no field that the
 * OpenAPI document does not describe.
 */
export interface Problem extends ProblemDocument {
  readonly code?: ProblemCode;
}

/** A problem with the headers of its answer. */
export interface ProblemAnswer {
  readonly problem: Problem;
  readonly headers: Readonly<Record<string, string>>;
}

export interface FieldFault {
  readonly field: string;
  readonly message: string;
}

export const PROBLEM_TYPE = 'application/problem+json; charset=utf-8';

/** What a problem has besides the fields of all problems. Without a `code` it gets the general one of its status. */
type Extensions = Omit<Problem, 'type' | 'title' | 'status' | 'detail'>;

export function problem(status: number, detail: string, extensions: Extensions = {}): Problem {
  const title = STATUS_CODES[status] ?? 'Error';
  return { type: 'about:blank', title, status, detail, code: GENERAL_CODES[status], ...extensions };
}

/** No route has the path, or the server that was asked does not serve it. */
export function noSuchPath(target: string): Problem {
  return problem(404, `There is no path ${printablePath(target) ?? '/'}. Nothing was changed.`);
}

/** The path of a callback whose gateway is unknown or off. */
export function noSuchGateway(name: string): Problem {
  return problem(404, `No gateway "${name.slice(0, 64)}" is configured.`);
}

/** 422 with a message for each invalid field. */
export function invalid(errors: readonly FieldFault[]): Problem {
  const messages = errors.map(({ field, message }) => `${field}: ${message}`);
  return problem(422, messages.join('; ').slice(0, 1000), { errors });
}

/** `id` is the number or the id that was asked for, if it has the form of one. */
export function notFound(what: string, id?: string): ProblemError {
  const fact = id === undefined ? `There is no such ${what}` : `There is no ${what} ${id}`;
  return new ProblemError(problem(404, `${fact}. Nothing was changed.`));
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
