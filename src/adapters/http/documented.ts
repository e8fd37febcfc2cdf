import { applyDecorators, HttpStatus, type Type } from '@nestjs/common';
import {
  ApiBody,
  ApiExtraModels,
  ApiHeader,
  ApiOkResponse,
  ApiResponse,
  getSchemaPath,
} from '@nestjs/swagger';
import { ProblemDocument } from './views.js';

const REASONS: Readonly<Record<number, string>> = {
  400: 'The body is not a JSON object, or the request cannot be taken at all.',
  401: 'No token, or none of this service.',
  403: 'The role of the token does not reach.',
  404: 'There is no such thing.',
  409: 'The present state does not allow it, a number is taken, or the Idempotency-Key is in flight.',
  413: 'The body is larger than 256 KiB.',
  415: 'The body is not sent as application/json.',
  422: 'A field is not as it must be; `errors` names it. Or the Idempotency-Key came with another body.',
  503: 'Not just now, and nothing was changed; Retry-After says when.',
};

const IDEMPOTENCY_HEADER = {
  name: 'Idempotency-Key',
  required: false,
  description: '1 to 255 visible ASCII characters. A repeat within 24 hours gets the first answer again.',
};

export function ApiProblems(...statuses: readonly number[]) {
  const content = { 'application/problem+json': { schema: { $ref: getSchemaPath(ProblemDocument) } } };
  return applyDecorators(
    ApiExtraModels(ProblemDocument),
    ...statuses.map((status) => ApiResponse({ status, description: REASONS[status], content })),
  );
}

/** A list, newest first. */
export function ApiList(item: Type) {
  const items = { type: 'array', items: { $ref: getSchemaPath(item) } };
  const nextCursor = {
    type: 'string',
    nullable: true,
    description: 'What to send as cursor for the next page.',
  };
  const schema = { type: 'object', required: ['items', 'nextCursor'], properties: { items, nextCursor } };
  return applyDecorators(ApiExtraModels(item), ApiOkResponse({ schema }), ApiProblems(401, 422, 503));
}

export function ApiOne(item: Type) {
  return applyDecorators(ApiOkResponse({ type: item }), ApiProblems(401, 404, 503));
}

/** A write that says all in its path. */
export function ApiAction(status: HttpStatus, answer: Type) {
  return applyDecorators(
    ApiHeader(IDEMPOTENCY_HEADER),
    ApiResponse({ status, type: answer }),
    ApiProblems(400, 401, 403, 409, 413, 415, 422, 503),
  );
}

/** A write: its body comes as bytes, so Nest cannot see the class from the handler. */
export function ApiWrite(body: Type, status: HttpStatus.CREATED | HttpStatus.OK, answer: Type) {
  return applyDecorators(ApiBody({ type: body }), ApiAction(status, answer));
}
