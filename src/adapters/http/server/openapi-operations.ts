import type { OpenAPIObject } from '@nestjs/swagger';
import { PROBLEM_CODES, type ProblemCode } from './problem-codes.js';
import { PROBLEM_MARK } from './openapi-routes.js';

type Operation = NonNullable<OpenAPIObject['paths'][string]['get']> & {
  readonly 'x-role'?: string;
};
type Response = NonNullable<Operation['responses'][string]>;

const METHODS = ['get', 'put', 'post', 'delete', 'patch'] as const;

/** Adds to each operation what follows from its path, its parameters and its role, so that no route can forget it. */
export function completeOperations({ paths, components }: OpenAPIObject): void {
  const shared = ((components ??= {}).responses ??= {});
  for (const [path, item] of Object.entries(paths))
    for (const operation of METHODS.flatMap((method) => item[method] ?? []) as Operation[]) {
      const isAdmin = path.startsWith('/admin/');
      operation.security = isAdmin ? [{ bearer: [] }] : [];
      const codes = [...takeMarked(operation), ...(isAdmin ? codesOfAdmin(path, operation) : [])];
      for (const { status, name, response } of problemResponses(new Set(codes))) {
        shared[name] = response;
        operation.responses[status] = { $ref: `#/components/responses/${name}` };
      }
      if (isAdmin) operation.responses['default'] = { $ref: '#/components/responses/OtherProblem' };
      describeRole(operation);
    }
  shared['OtherProblem'] = OTHER_PROBLEM;
}

/** The codes that the decorators of the route have marked. The marks are removed. */
function takeMarked(operation: Operation): ProblemCode[] {
  const marks = Object.keys(operation).filter((key) => key.startsWith(PROBLEM_MARK));
  for (const mark of marks) Reflect.deleteProperty(operation, mark);
  return marks.map((mark) => mark.slice(PROBLEM_MARK.length) as ProblemCode);
}

function codesOfAdmin(path: string, operation: Operation): readonly ProblemCode[] {
  const given = (operation.parameters ?? []).flatMap((each) => ('name' in each ? each : []));
  const parameters = given.map(({ name }) => name);
  return [
    'unauthenticated',
    ...(operation['x-role'] === 'operator' ? (['forbidden'] as const) : []),
    ...(path.includes('{') ? (['malformed', 'not_found', 'path_too_long'] as const) : []),
    // Every route refuses unknown parameters.
    'invalid',
    ...(given.some((each) => each.in === 'query') ? (['malformed'] as const) : []),
    ...(parameters.includes('cursor') ? (['bad_cursor'] as const) : []),
    'too_many_requests',
    'internal',
    'unavailable',
    'busy',
  ];
}

interface NamedResponse {
  readonly status: string;
  /** Equal for responses with equal codes, which the document contains once. */
  readonly name: string;
  readonly response: Response;
}

/** One response for each status, with the codes that it can have. */
function problemResponses(codes: ReadonlySet<ProblemCode>): NamedResponse[] {
  const all = Object.entries(PROBLEM_CODES).filter(([code]) => codes.has(code as ProblemCode));
  const statuses = [...new Set(all.map(([, { status }]) => status))];
  return statuses.map((status) => {
    const entries = all.filter(([, each]) => each.status === status);
    const description = entries.map(([code, { meaning }]) => `\`${code}\`: ${meaning}`).join('\n\n');
    const code = { type: 'string', enum: entries.map(([each]) => each) };
    const schema = { allOf: [PROBLEM, { type: 'object', required: ['code'], properties: { code } }] };
    const content = { 'application/problem+json': { schema } };
    const headers = HEADERS[status];
    const response = { description, ...(headers && { headers }), content } as Response;
    return { status: String(status), name: nameOf(entries.map(([each]) => each)), response };
  });
}

/** `['invalid', 'bad_cursor']` becomes `InvalidOrBadCursor`. */
const nameOf = (codes: readonly string[]): string =>
  codes.map((code) => code.replace(/(?:^|_)(.)/g, (_, first: string) => first.toUpperCase())).join('Or');

const PROBLEM = { $ref: '#/components/schemas/ProblemDocument' };

const OTHER_PROBLEM = {
  description:
    'Any other problem, for example 408, 417 or 431 for a request that is too slow, has an unknown header `Expect` or too many headers.',
  content: { 'application/problem+json': { schema: PROBLEM } },
} satisfies Response;

const RETRY_AFTER = {
  'Retry-After': { description: 'Seconds.', schema: { type: 'integer' } },
};
const HEADERS: Readonly<Record<number, object>> = {
  401: { 'WWW-Authenticate': { description: 'The challenge of RFC 6750.', schema: { type: 'string' } } },
  429: RETRY_AFTER,
  503: RETRY_AFTER,
};

function describeRole(operation: Operation): void {
  const role = operation['x-role'];
  if (role === undefined) return;
  const text = role === 'operator' ? 'Needs the role `operator`.' : 'Needs the role `viewer` or `operator`.';
  operation.description = [operation.description, text].filter(Boolean).join('\n\n');
}
