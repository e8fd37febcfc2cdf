import { FastifyAdapter } from '@nestjs/platform-fastify';
import type { FastifyInstance, FastifyReply, FastifyServerOptions } from 'fastify';
import type { IncomingHttpHeaders } from 'node:http';
import type { Socket } from 'node:net';
import { limitConnections } from './connection-limit.js';
import { answerFrameworkError } from './problem.filter.js';
import { PROBLEM_TYPE, type Problem, problem } from './problem.js';

/** A gateway's callback has a few kilobytes. A larger body is answered 413. */
const BODY_LIMIT_BYTES = 256 * 1024;

/** Bodies up to this size are not counted: on all connections together they need at most 40 MiB. */
const SMALL_BODY_BYTES = 16 * 1024;
/**
 * The limit for all larger bodies that are in memory at the same time, by their announced lengths: enough for as many as the queue of
 * callbacks takes. Few gateways send one at all.
 */
const LARGE_BODIES_BYTES = 128 * 1024 * 1024;

/**
 * How many requests a client may send on one connection before it has read their answers, because these are in memory. No gateway and no
 * proxy sends more than one at a time. A second may arrive while the end of the first one's answer is still being sent.
 */
const MAX_UNANSWERED = 2;

/**
 * An unauthenticated client's headers are in memory while its body is awaited, and every header is two strings. Without these limits a
 * few thousand requests that consist of headers would fill the memory. No gateway or proxy sends half as many.
 */
const HEADERS_LIMIT_BYTES = 8 * 1024;
const MAX_HEADERS = 100;
const MAX_CONNECTIONS = 2_560;

/** From a request's first byte to its last. Without it, a body that never arrives would occupy its connection for ever. */
const REQUEST_TIMEOUT_MS = 10_000;

/** How often Node looks for requests that are too slow. With Node's default of 30 s, the timeout of 10 s could take 40 s. */
const TIMEOUT_CHECK_INTERVAL_MS = 1_000;

export interface ServerSettings {
  readonly trustProxy: FastifyServerOptions['trustProxy'];
  readonly requestTimeoutMs?: number;
  readonly maxConnections?: number;
}

/** The HTTP server in front of the routes: it sets limits, and leaves bodies as bytes. */
export function createServer({
  trustProxy,
  requestTimeoutMs = REQUEST_TIMEOUT_MS,
  maxConnections = MAX_CONNECTIONS,
}: ServerSettings): FastifyAdapter {
  const adapter = new FastifyAdapter({
    bodyLimit: BODY_LIMIT_BYTES,
    requestTimeout: requestTimeoutMs,
    http: {
      requestTimeout: requestTimeoutMs,
      connectionsCheckingInterval: TIMEOUT_CHECK_INTERVAL_MS,
      maxHeaderSize: HEADERS_LIMIT_BYTES,
    },
    forceCloseConnections: 'idle',
    // Requests that are running when the service stops are served as usual, because the pools close last.
    return503OnClosing: false,
    frameworkErrors: answerFrameworkError,
    trustProxy,
  });
  const server = adapter.getInstance();
  limitConnections(server.server, maxConnections);
  // Signatures are over bytes, so a body stays bytes, whatever content type it has, even none. Fastify lays these headers over those of
  // the request, so only the content type is hidden. The original headers are in `request.raw`.
  server.addHook('onRequest', (request, reply, done) => {
    request.headers = { 'content-type': undefined };
    // `rawHeaders` contains names and values in turn.
    if (request.raw.rawHeaders.length <= 2 * MAX_HEADERS) return done();
    refuse(reply, problem(431, `A request may have at most ${MAX_HEADERS} headers. Nothing was changed.`));
  });
  limitMemory(server);
  server.addContentTypeParser('*', { parseAs: 'buffer' }, (_request, body, done) => done(null, body));
  closeConnectionsOnStop(server);
  return adapter;
}

/** What the open requests of one connection need. It is released when the connection closes, whatever became of them. */
interface ConnectionUsage {
  unanswered: number;
  largeBodyBytes: number;
}

/**
 * Limits the memory that unauthenticated clients can occupy, by bodies that never arrive completely or by answers that they never read.
 * Otherwise there would be none left for callbacks.
 */
function limitMemory(server: FastifyInstance): void {
  let totalBytes = 0;
  const usages = new WeakMap<Socket, ConnectionUsage>();
  const change = (usage: ConnectionUsage, requests: number, bytes: number): void => {
    usage.unanswered += requests;
    usage.largeBodyBytes += bytes;
    totalBytes += bytes;
  };
  const startUsage = (socket: Socket): ConnectionUsage => {
    const usage = { unanswered: 0, largeBodyBytes: 0 };
    usages.set(socket, usage);
    socket.once('close', () => change(usage, 0, -usage.largeBodyBytes));
    return usage;
  };
  server.addHook('onRequest', ({ raw: { socket, headers } }, reply, done) => {
    const usage = usages.get(socket) ?? startUsage(socket);
    if (usage.unanswered >= MAX_UNANSWERED) return void socket.destroy();
    const bytes = largeBodyBytes(headers);
    if (totalBytes + bytes > LARGE_BODIES_BYTES) {
      void reply.header('retry-after', '1');
      return refuse(reply, TOO_MANY_LARGE_BODIES);
    }
    change(usage, 1, bytes);
    // Until then the body is in memory, even if the answer was decided long before. A closed connection has released its bytes already.
    reply.raw.once('close', () => change(usage, -1, socket.destroyed ? 0 : -bytes));
    done();
  });
}

const TOO_MANY_LARGE_BODIES = problem(
  503,
  'Too many large bodies are being received at the same time; nothing was changed. ' +
    'Send the same request again after Retry-After seconds.',
);

/** What counts towards the limit. A body that is larger than allowed counts nothing, because it is refused unread. */
function largeBodyBytes(headers: IncomingHttpHeaders): number {
  const { 'content-length': length = 0, 'transfer-encoding': encoding } = headers;
  const announced = encoding === undefined ? Number(length) : BODY_LIMIT_BYTES;
  return announced > SMALL_BODY_BYTES && announced <= BODY_LIMIT_BYTES ? announced : 0;
}

function refuse(reply: FastifyReply, answer: Problem): void {
  void reply.status(answer.status).header('connection', 'close').type(PROBLEM_TYPE);
  void reply.send(JSON.stringify(answer));
}

/** While the service stops, each connection is closed after its answer. A busy one that is kept alive would delay the stop by a minute. */
function closeConnectionsOnStop(server: FastifyInstance): void {
  let isStopping = false;
  server.addHook('preClose', (done) => {
    isStopping = true;
    done();
  });
  server.addHook('onSend', (_request, reply, payload, done) => {
    if (isStopping) void reply.header('connection', 'close');
    done(null, payload);
  });
}
