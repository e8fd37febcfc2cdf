import { HttpStatus, type Type, applyDecorators } from '@nestjs/common';
import {
  ApiBody,
  ApiExtraModels,
  ApiHeader,
  ApiOkResponse,
  ApiResponse,
  getSchemaPath,
} from '@nestjs/swagger';
import { ProblemDocument } from './problem-document.js';

// Decorators for routes, for the OpenAPI document.

/** A route that reads a list, newest first. */
export function ApiList(item: Type) {
  const items = { type: 'array', items: { $ref: getSchemaPath(item) } };
  const nextCursor = {
    type: 'string',
    nullable: true,
    description:
      'The `cursor` of the next page; null on the last page. A page with a cursor may be short or empty: at most ' +
      '10000 rows are examined for it.',
  };
  const schema = { type: 'object', required: ['items', 'nextCursor'], properties: { items, nextCursor } };
  return applyDecorators(ApiExtraModels(item), ApiOkResponse({ schema }), ApiProblems(401, 422, 503));
}

/** A route that reads one item. */
export function ApiOne(item: Type) {
  return applyDecorators(ApiOkResponse({ type: item }), ApiProblems(401, 404, 503));
}

/** A route that writes. Its body is read as bytes, so Nest cannot see the body's class from the handler. */
export function ApiWrite(body: Type, status: HttpStatus.CREATED | HttpStatus.OK, answer: Type) {
  return applyDecorators(ApiBody({ type: body }), ApiAction(status, answer));
}

/** A route that writes and needs no body, because its path says everything. */
export function ApiAction(status: HttpStatus, answer: Type) {
  return applyDecorators(
    ApiHeader(IDEMPOTENCY_HEADER),
    ApiResponse({ status, type: answer }),
    ApiProblems(400, 401, 403, 409, 413, 415, 422, 503),
  );
}

const IDEMPOTENCY_HEADER = {
  name: 'Idempotency-Key',
  required: false,
  description:
    '1 to 255 visible ASCII characters. After a request with status 2xx, a repeated request within 24 hours gets its ' +
    'answer again. An answer with another status is not stored, so the same key can be sent again.',
};

export function ApiProblems(...statuses: readonly number[]) {
  const content = { 'application/problem+json': { schema: { $ref: getSchemaPath(ProblemDocument) } } };
  return applyDecorators(
    ApiExtraModels(ProblemDocument),
    ...statuses.map((status) => ApiResponse({ status, description: DESCRIPTIONS[status], content })),
  );
}

const DESCRIPTIONS: Readonly<Record<number, string>> = {
  400: 'The request cannot be parsed, or its body is not a JSON object. Nothing was changed.',
  401: 'Missing or unknown bearer token. Send the header `Authorization: Bearer <token>`.',
  403: 'The role of the token does not allow this: a viewer may only read. Nothing was changed.',
  404: 'There is no resource with this number or id.',
  409:
    'The current state does not allow this, the number is used already, or the first request with this ' +
    'Idempotency-Key is still running. Nothing was changed.',
  413: 'The body is larger than 256 KiB. Nothing was changed.',
  415: 'The Content-Type is not application/json. Nothing was changed.',
  422:
    'A field is invalid; `errors` has a message for each one. Or the Idempotency-Key was used with a ' +
    'different body. Nothing was changed.',
  503:
    'Temporarily unavailable, or, with the code `busy`, too many requests are waiting. Nothing was changed. Send the same ' +
    'request again after Retry-After seconds.',
};
