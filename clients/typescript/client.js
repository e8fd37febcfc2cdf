import { OPERATIONS } from './operations.js';

/** The types are in client.d.ts. */
export class UnexpectedAnswer extends Error {
  constructor(status, text) {
    const content = text.trim() === '' ? ', and its body is empty' : `: ${text.slice(0, 200)}`;
    super(`the answer with the status ${status} is not one of Quittance${content}`);
    this.name = 'UnexpectedAnswer';
    this.status = status;
  }
}

export function createClient({ url, token, fetch = globalThis.fetch } = {}) {
  const base = baseOf(url);
  const authorization = `Bearer ${bareToken(token)}`;
  const call = async (id, { method, path, needsBody }, request) => {
    const { path: values, query, body, idempotencyKey, signal } = request ?? {};
    if (needsBody && (body ?? null) === null) throw new TypeError(`${id} needs body`);
    const headers = { accept: 'application/json, application/problem+json', authorization };
    if (body !== undefined) headers['content-type'] = 'application/json';
    if (idempotencyKey !== undefined) headers['idempotency-key'] = idempotencyKey;
    // Without the query, which may name a customer.
    const address = base + filled(id, path, values);
    try {
      const response = await fetch(address + textOf(query), {
        method,
        headers,
        ...(body !== undefined && { body: JSON.stringify(body) }),
        ...(signal && { signal }),
      });
      return resultOf(response, await response.text());
    } catch (error) {
      if (error instanceof UnexpectedAnswer || signal?.aborted) throw error;
      throw new TypeError(`${method} ${address} got no complete answer: ${reasonOf(error)}`, {
        cause: error,
      });
    }
  };
  return Object.fromEntries(
    Object.entries(OPERATIONS).map(([id, operation]) => [id, (request) => call(id, operation, request)]),
  );
}

/** With the path of the admin API in it, each request would be for a path that does not exist. */
function baseOf(url) {
  const base = String(url).replace(/\/+$/, '');
  const isAddress = /^https?:\/\/[^/?#]+[^?#]*$/i.test(base);
  if (isAddress && !/\/(admin(\/v\d+)?|docs(-json)?)$/.test(base)) return base;
  throw new TypeError(
    `url is the address of the service, such as http://127.0.0.1:3000, without /admin/v1; it was ${base}`,
  );
}

/** The client adds the scheme. A token that no header can have would be quoted by the error of the runtime, so it is refused here. */
function bareToken(token) {
  const isBare = typeof token === 'string' && /^[\x21-\x7e]+$/.test(token);
  if (isBare) return token;
  const fault = /^bearer\s/i.test(token ?? '')
    ? 'it begins with "Bearer ", which the client adds'
    : 'it was not text of visible ASCII characters without spaces';
  throw new TypeError(`token is a token of ADMIN_TOKENS, without its name and role; ${fault}`);
}

/** The cause that Node names has the code of the operating system, such as ECONNREFUSED. */
function reasonOf(error) {
  return error?.cause?.code ?? error?.cause?.message ?? error?.message ?? String(error);
}

/** Without its value a path would be that of another operation, or name what nobody meant. */
function filled(id, path, values = {}) {
  return path.replace(/\{(\w+)\}/g, (_, name) => {
    const value = values[name] ?? '';
    if (value === '') throw new TypeError(`${id} needs path.${name}`);
    // Each runtime takes these for steps of the path, also if they are escaped.
    if (/^\.\.?$/.test(value))
      throw new TypeError(`${id} needs path.${name}, and "${value}" cannot be a part of a path`);
    return encodeURIComponent(value);
  });
}

function textOf(query = {}) {
  const given = Object.entries(query).filter(([, value]) => value !== undefined);
  return given.length > 0 ? `?${new URLSearchParams(given)}` : '';
}

function resultOf(response, text) {
  const { status } = response;
  const type = response.headers.get('content-type') ?? '';
  if (status < 300 && type.startsWith('application/json'))
    return { ok: true, status, data: JSON.parse(text) };
  if (status < 400 || !type.startsWith('application/problem+json')) throw new UnexpectedAnswer(status, text);
  const seconds = response.headers.get('retry-after');
  return {
    ok: false,
    status,
    problem: JSON.parse(text),
    retryAfterSeconds: seconds === null ? null : Number(seconds),
  };
}
