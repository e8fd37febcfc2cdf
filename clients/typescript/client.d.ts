import type { OPERATIONS } from './operations.js';
import type { components, operations } from './schema.js';

export type { WebhookEvent } from './operations.js';

/** The types of the OpenAPI document, such as `Schemas['OrderDocument']`. */
export type Schemas = components['schemas'];

export type OperationId = keyof typeof OPERATIONS;

type Parameters<Id extends OperationId> = operations[Id]['parameters'];

/** The field of a request, which is optional if everything in it is. */
type Field<Name extends string, Value> = [Value] extends [undefined]
  ? { readonly [Key in Name]?: never }
  : undefined extends Value
    ? { readonly [Key in Name]?: Exclude<Value, undefined> | undefined }
    : { readonly [Key in Name]: Value };

type BodyOf<Id extends OperationId> = operations[Id] extends {
  readonly requestBody: { readonly content: { readonly 'application/json': infer Body } };
}
  ? Body
  : undefined;

type KeyOf<Id extends OperationId> = [Parameters<Id>['header']] extends [undefined]
  ? undefined
  : string | undefined;

/** What an operation needs: `path`, `query` and `body`, each only where the operation has it. */
export type Request<Id extends OperationId> = Field<'path', Parameters<Id>['path']> &
  Field<'query', Parameters<Id>['query']> &
  Field<'body', BodyOf<Id>> &
  Field<'idempotencyKey', KeyOf<Id>> & { readonly signal?: AbortSignal | undefined };

type Responses<Id extends OperationId> = operations[Id]['responses'];

type Content<Response, Media extends string> = Response extends {
  readonly content: { readonly [Key in Media]: infer Value };
}
  ? Value
  : never;

/** A 2xx. */
export interface Success<Status, Data> {
  readonly ok: true;
  readonly status: Status;
  readonly data: Data;
}

/** A refusal or a fault. `problem.code` says what it is; `problem.detail` is for people. */
export interface Failure<Status, Problem> {
  readonly ok: false;
  readonly status: Status;
  readonly problem: Problem;
  /** After so many seconds the same request may succeed. Null if the answer does not say. */
  readonly retryAfterSeconds: number | null;
}

/** The answers that are documented for an operation. `ok`, `status` and `problem.code` tell them apart. */
export type Result<Id extends OperationId> = {
  [Status in Exclude<keyof Responses<Id>, 'default'>]: Status extends 200 | 201
    ? Success<Status, Content<Responses<Id>[Status], 'application/json'>>
    : Failure<Status, Content<Responses<Id>[Status], 'application/problem+json'>>;
}[Exclude<keyof Responses<Id>, 'default'>];

/** A method for each operation of the admin API, under its operation id. */
export type Client = {
  readonly [Id in OperationId]: object extends Request<Id>
    ? (request?: Request<Id>) => Promise<Result<Id>>
    : (request: Request<Id>) => Promise<Result<Id>>;
};

export interface ClientOptions {
  /** Where the service is, such as `http://127.0.0.1:3000`: without `/admin/v1`, which the client adds. */
  readonly url: string;
  /** A token of `ADMIN_TOKENS`, without its name and role. */
  readonly token: string;
  /** For a proxy, a time-out or a test. The default is that of the runtime. */
  readonly fetch?: typeof globalThis.fetch;
}

/**
 * Throws a TypeError if `url` is no address of a service, or has the path of the admin API.
 *
 * The methods reject with a TypeError that names method and URL if no complete answer comes, with `UnexpectedAnswer`, with the reason of
 * `signal`, or with a TypeError where a part of the path is missing; then nothing was sent. Every other answer is a result.
 */
export declare function createClient(options: ClientOptions): Client;

/** The answer came from something else, for example a proxy. It is not known whether the request was carried out. */
export declare class UnexpectedAnswer extends Error {
  readonly status: number;
}
