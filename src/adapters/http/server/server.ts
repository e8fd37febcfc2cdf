import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { type TrustedProxies, clientAddresses } from './client-address.js';
import { type Answer, ENCODED_TRANSFER, ignoreClientErrors } from './client-errors.js';
import { limitMemory } from './memory-limits.js';
import { answerFrameworkError } from './problem.filter.js';
import { PROBLEM_TYPE, type Problem, problem } from './problem.js';
import { addSecurityHeaders } from './security-headers.js';
import { ServerAdapter } from './server-adapter.js';
import { type ServerLimits, Servers } from './servers.js';

/** A gateway's callback has a few kilobytes. A larger body is answered 413. */
const BODY_LIMIT_BYTES = 256 * 1024;

/** Every header is two strings in memory. No gateway or proxy sends half as many. */
const MAX_HEADERS = 100;

const LIMITS: ServerLimits = {
  // Without it, a body that never arrives would occupy its connection for ever.
  requestTimeoutMs: 10_000,
  maxConnections: 2_560,
  // Supervisors commonly kill after 10 s, and the pools close after the requests.
  finishWithinMs: 6_000,
  delayMs: 1_000,
};

export interface ServerSettings extends Partial<ServerLimits> {
  readonly trustProxy: TrustedProxies;
}

/** The HTTP server in front of the routes: it sets limits, and leaves bodies as bytes. */
export function createServer({ trustProxy, ...limits }: ServerSettings): ServerAdapter {
  const servers = new Servers(clientAddresses(trustProxy), { ...LIMITS, ...limits });
  const adapter = new ServerAdapter(
    {
      bodyLimit: BODY_LIMIT_BYTES,
      requestTimeout: servers.options.requestTimeout,
      http: servers.options,
      forceCloseConnections: 'idle',
      // Requests that are running when the service stops are served as usual, because the pools close last.
      return503OnClosing: false,
      routerOptions: { ignoreTrailingSlash: true, ignoreDuplicateSlashes: true },
      frameworkErrors: (error, request, reply) => {
        servers.refused('path', request.raw);
        answerFrameworkError(error, request, reply);
      },
      clientErrorHandler: (error, socket) => servers.answerClientError(error as Error, socket),
    },
    servers,
  );
  const server = adapter.getInstance();
  servers.limit(server.server);
  server.addHook('onRoute', ({ method, url }) => servers.routes.add(method, url));
  server.addHook('onRequest', (request, reply, done) => {
    const fault = faultOfHeaders(request);
    if (!fault) return done();
    servers.refused(fault.reason, request.raw);
    refuse(reply, fault.problem);
  });
  limitMemory(server, servers);
  server.addContentTypeParser('*', { parseAs: 'buffer' }, (_request, body, done) => done(null, body));
  closeConnectionsOnStop(server, servers);
  return adapter;
}

/**
 * Signatures are over bytes, so a body stays bytes, whatever content type it has, even none. Fastify lays `headers` over those of the
 * request, so only the content type is hidden. The original headers are in `request.raw`.
 */
function faultOfHeaders(request: FastifyRequest): Answer | null {
  request.headers = { 'content-type': undefined };
  const { rawHeaders, headers, httpVersionMinor } = request.raw;
  // `rawHeaders` contains names and values in turn.
  if (rawHeaders.length > 2 * MAX_HEADERS) return TOO_MANY_HEADERS;
  if (headers.host === undefined && httpVersionMinor > 0) return NO_HOST;
  const repeated = repeatedHeader(rawHeaders);
  if (repeated) return hasTwo(repeated);
  const { 'transfer-encoding': encoding = 'chunked' } = headers;
  return encoding.toLowerCase() === 'chunked' ? null : ENCODED_TRANSFER;
}

/** Node takes the first of two. A proxy in front may have decided by the second. */
const SINGLE_HEADERS = ['Host', 'Authorization'] as const;

const repeatedHeader = (rawHeaders: readonly string[]): string | null =>
  SINGLE_HEADERS.find((name) => countOf(name.toLowerCase(), rawHeaders) > 1) ?? null;

/** Nearly all names differ in their length, which is cheaper to compare. */
function countOf(asked: string, rawHeaders: readonly string[]): number {
  let count = 0;
  for (let index = 0; index < rawHeaders.length; index += 2) {
    const name = rawHeaders[index]!;
    if (name.length === asked.length && name.toLowerCase() === asked) count += 1;
  }
  return count;
}

const TOO_MANY_HEADERS: Answer = {
  reason: 'headers',
  problem: problem(431, `A request may have at most ${MAX_HEADERS} headers. Nothing was changed.`),
};
const NO_HOST: Answer = {
  reason: 'headers',
  problem: problem(400, 'The header Host is missing. Nothing was changed.'),
};
const hasTwo = (name: string): Answer => ({
  reason: 'framing',
  problem: problem(400, `The request has more than one header ${name}. Nothing was changed.`),
});

/** The connection is closed after the answer, so what still arrives on it is no request, whatever it is. */
function refuse(reply: FastifyReply, answer: Problem): void {
  ignoreClientErrors(reply.raw.req.socket);
  void reply.status(answer.status).header('connection', 'close').type(PROBLEM_TYPE);
  void reply.send(JSON.stringify(answer));
}

/** While the service stops, each connection is closed after its answer. A busy one that is kept alive would delay the stop by a minute. */
function closeConnectionsOnStop(server: FastifyInstance, servers: Servers): void {
  let stopped: Promise<void> | undefined;
  server.addHook('preClose', (done) => {
    stopped = servers.stop();
    done();
  });
  server.addHook('onClose', async () => stopped);
  server.addHook('onSend', (request, reply, payload, done) => {
    if (stopped) void reply.header('connection', 'close');
    addSecurityHeaders(request, reply);
    done(null, payload);
  });
}
