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

export function createClient({ url, token, fetch = globalThis.fetch }) {
  const base = url.replace(/\/+$/, '');
  const authorization = `Bearer ${token}`;
  const call = async (id, { method, path }, { path: values, query, body, idempotencyKey, signal } = {}) => {
    const headers = { accept: 'application/json, application/problem+json', authorization };
    if (body !== undefined) headers['content-type'] = 'application/json';
    if (idempotencyKey !== undefined) headers['idempotency-key'] = idempotencyKey;
    const response = await fetch(base + filled(id, path, values) + textOf(query), {
      method,
      headers,
      ...(body !== undefined && { body: JSON.stringify(body) }),
      ...(signal && { signal }),
    });
    return resultOf(response);
  };
  return Object.fromEntries(
    Object.entries(OPERATIONS).map(([id, operation]) => [id, (request) => call(id, operation, request)]),
  );
}

/** Without its value a path would be that of another operation, or name what nobody meant. */
function filled(id, path, values = {}) {
  return path.replace(/\{(\w+)\}/g, (_, name) => {
    const value = values[name] ?? '';
    if (value === '') throw new TypeError(`${id} needs path.${name}`);
    return encodeURIComponent(value);
  });
}

function textOf(query = {}) {
  const given = Object.entries(query).filter(([, value]) => value !== undefined);
  return given.length > 0 ? `?${new URLSearchParams(given)}` : '';
}

async function resultOf(response) {
  const { status } = response;
  const text = await response.text();
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
