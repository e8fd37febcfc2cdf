/**
 * Every `code` of a problem, with its status and its meaning. Programs rely on codes: a code is never renamed, and never gets another
 * meaning. docs/reference/admin-api.md has the same table.
 */
export const PROBLEM_CODES = {
  malformed: {
    status: 400,
    meaning: 'The request cannot be parsed, or its body is missing, compressed or no JSON object.',
  },
  unauthenticated: { status: 401, meaning: 'The bearer token is missing or unknown.' },
  forbidden: { status: 403, meaning: 'The request needs a token with another role.' },
  not_found: { status: 404, meaning: 'There is no resource with this number or id.' },
  method_not_allowed: { status: 405, meaning: 'The path exists, and does not allow this method.' },
  timeout: { status: 408, meaning: 'The request did not arrive completely in time.' },
  number_taken: {
    status: 409,
    meaning: 'The number is used already. `field` says which one: the number of the order or of the payment.',
  },
  order_not_pending: {
    status: 409,
    meaning:
      'The order is not pending any more, so no payment can be opened for it. `current` is its status now.',
  },
  transition_not_allowed: {
    status: 409,
    meaning:
      'The status, which is in `current`, does not allow this. `allowedTransitions` lists the statuses that it allows.',
  },
  resolved_before: {
    status: 409,
    meaning:
      'The discrepancy is resolved already. `resolution`, `resolvedBy`, `resolvedAt` and `reason` say how.',
  },
  money_refunded: {
    status: 409,
    meaning: 'The money has gone back, or is about to, so it can pay for nothing any more.',
  },
  ending_not_allowed: {
    status: 409,
    meaning: 'The discrepancy cannot end in this way. `allowedResolutions` lists the ways that it allows.',
  },
  refund_under_way: {
    status: 409,
    meaning: 'A refund of the money is under way, and its result is not known yet.',
  },
  refund_recorded: {
    status: 409,
    meaning:
      'A refund of the money is recorded already under this `reference`, or with it as its number or its id at the gateway. The number and the ' +
      'id of a refund that has failed may be used again.',
  },
  exceeds_refundable: {
    status: 409,
    meaning:
      'More was to be refunded than is left of the money, or of the refund that has failed. `refundable` says how much is; null if nothing is.',
  },
  not_attachable: {
    status: 409,
    meaning: 'The payment cannot take the money. `outcome` and `checks` say why.',
  },
  too_many_endpoints: { status: 409, meaning: 'The maximum number of webhook endpoints exists already.' },
  endpoint_disabled: {
    status: 409,
    meaning: 'The endpoint is disabled because it was paused for too long. Resume it first.',
  },
  sending: { status: 409, meaning: 'The event is being sent to the endpoint at the moment.' },
  key_in_flight: {
    status: 409,
    meaning:
      'The first request with this `Idempotency-Key` is still running. Send the same request again later.',
  },
  too_large: { status: 413, meaning: 'The body is larger than 256 KiB.' },
  path_too_long: { status: 414, meaning: 'The path, or a part of it, is too long.' },
  not_json: { status: 415, meaning: 'The `Content-Type` is not `application/json`.' },
  expectation_failed: { status: 417, meaning: 'Of the header `Expect` only `100-continue` is supported.' },
  invalid: {
    status: 422,
    meaning: 'A field, a parameter or the `Idempotency-Key` is invalid. `errors` has one message for each.',
  },
  bad_cursor: {
    status: 422,
    meaning:
      'The `cursor` belongs to another list, to other filters or to an earlier release. Start without it.',
  },
  key_reused: { status: 422, meaning: 'The `Idempotency-Key` was used with a different body.' },
  too_many_requests: {
    status: 429,
    meaning:
      'Too many requests of this address had a missing or unknown token. A known token is served at any time.',
  },
  too_many_headers: { status: 431, meaning: 'The request has too many headers.' },
  internal: { status: 500, meaning: 'An internal error. Its cause is in the log of the service.' },
  unavailable: {
    status: 503,
    meaning: 'Temporarily unavailable. Send the same request again after `Retry-After` seconds.',
  },
  busy: {
    status: 503,
    meaning: 'Too many requests are waiting. Send the same request again after `Retry-After` seconds.',
  },
} as const satisfies Readonly<Record<string, { readonly status: number; readonly meaning: string }>>;

export type ProblemCode = keyof typeof PROBLEM_CODES;

/** The code of a problem of this status that has no code of its own. */
export const GENERAL_CODES: Readonly<Record<number, ProblemCode>> = {
  400: 'malformed',
  401: 'unauthenticated',
  403: 'forbidden',
  404: 'not_found',
  405: 'method_not_allowed',
  408: 'timeout',
  413: 'too_large',
  414: 'path_too_long',
  415: 'not_json',
  417: 'expectation_failed',
  422: 'invalid',
  429: 'too_many_requests',
  431: 'too_many_headers',
  500: 'internal',
  503: 'unavailable',
};
