import { type HttpStatus, type Type, applyDecorators } from '@nestjs/common';
import {
  ApiBody,
  ApiExtension,
  ApiExtraModels,
  ApiHeader,
  ApiOkResponse,
  ApiResponse,
  getSchemaPath,
} from '@nestjs/swagger';
import { BoundCursors } from './bound-cursors.interceptor.js';
import { GENERAL_CODES, type ProblemCode } from './problem-codes.js';

// Decorators for routes, for the OpenAPI document. Each route has one of the first four, and an operation id in its `ApiOperation`.

/** A route that reads a list, newest first. Its cursors are bound to the list and its filters. */
export function ApiList(item: Type) {
  const items = { type: 'array', items: { $ref: getSchemaPath(item) } };
  const nextCursor = {
    type: 'string',
    nullable: true,
    description:
      'The `cursor` of the next page, with the same filters; null on the last page. A page with a cursor may be short or empty: ' +
      'at most 10000 rows are examined for it.',
  };
  const schema = { type: 'object', required: ['items', 'nextCursor'], properties: { items, nextCursor } };
  return applyDecorators(BoundCursors(), ApiExtraModels(item), ApiOkResponse({ schema }));
}

/** A route that reads one item. */
export function ApiOne(item: Type) {
  return ApiOkResponse({ type: item });
}

/** A route that writes. Its body is read as bytes, so Nest cannot see the body's class from the handler. */
export function ApiWrite(body: Type, status: HttpStatus.CREATED | HttpStatus.OK, answer: Type) {
  return applyDecorators(ApiBody({ type: body }), ApiAction(status, answer));
}

/** A route that writes and needs no body, because its path says everything. An empty JSON object is accepted. */
export function ApiAction(status: HttpStatus, answer: Type) {
  return applyDecorators(
    ApiHeader(IDEMPOTENCY_HEADER),
    ApiResponse({ status, type: answer }),
    ApiProblems('malformed', 'too_large', 'not_json', 'key_reused', 'key_in_flight'),
  );
}

const IDEMPOTENCY_HEADER = {
  name: 'Idempotency-Key',
  required: false,
  description:
    '1 to 255 visible ASCII characters. After a request with status 2xx, a repeated request within 24 hours gets its ' +
    'answer again. Its body must be the same JSON. An answer with another status is not stored, so the same key can be sent again.',
};

/** The beginning of what marks each code in an operation, until `completeOperations` has made the answers of them. */
export const PROBLEM_MARK = 'x-problem-';

/**
 * The problems that a route can answer besides those of every route (`completeOperations` adds these). A status stands for its general code.
 * Several of these decorators add up.
 */
export function ApiProblems(...problems: readonly (ProblemCode | number)[]) {
  const codes = problems.map((each) => (typeof each === 'number' ? generalCode(each) : each));
  return applyDecorators(...codes.map((code) => ApiExtension(`${PROBLEM_MARK}${code}`, true)));
}

function generalCode(status: number): ProblemCode {
  const code = GENERAL_CODES[status];
  if (!code) throw new Error(`no problem has the status ${status} without a code of its own`);
  return code;
}
