import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { IncomingHttpHeaders } from 'node:http';
import type { Socket } from 'node:net';
import { type TrustedProxies, clientAddresses } from './client-address.js';
import { type Answer, ENCODED_TRANSFER, ignoreClientErrors } from './client-errors.js';
import { answerFrameworkError } from './problem.filter.js';
import { PROBLEM_TYPE, type Problem, problem } from './problem.js';
import { addSecurityHeaders } from './security-headers.js';
import { ServerAdapter } from './server-adapter.js';
import { type ServerLimits, Servers } from './servers.js';

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
  if (hasTwoHosts(rawHeaders)) return TWO_HOSTS;
  const { 'transfer-encoding': encoding = 'chunked' } = headers;
  return encoding.toLowerCase() === 'chunked' ? null : ENCODED_TRANSFER;
}

/** Node takes the first of two. A proxy in front may have decided by the second. */
function hasTwoHosts(rawHeaders: readonly string[]): boolean {
  let hosts = 0;
  for (let index = 0; index < rawHeaders.length; index += 2) {
    const name = rawHeaders[index]!;
    if (name.length === 4 && name.toLowerCase() === 'host') hosts += 1;
  }
  return hosts > 1;
}

const TOO_MANY_HEADERS: Answer = {
  reason: 'headers',
  problem: problem(431, `A request may have at most ${MAX_HEADERS} headers. Nothing was changed.`),
};
const NO_HOST: Answer = {
  reason: 'headers',
  problem: problem(400, 'The header Host is missing. Nothing was changed.'),
};
const TWO_HOSTS: Answer = {
  reason: 'framing',
  problem: problem(400, 'The request has more than one header Host. Nothing was changed.'),
};
/** What the open requests of one connection need. It is released when the connection closes, whatever became of them. */
interface ConnectionUsage {
  unanswered: number;
  largeBodyBytes: number;
}

/**
 * Limits the memory that unauthenticated clients can occupy, by bodies that never arrive completely or by answers that they never read.
 * Otherwise there would be none left for callbacks.
 */
function limitMemory(server: FastifyInstance, servers: Servers): void {
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
  server.addHook('onRequest', ({ raw }, reply, done) => {
    const { socket, headers } = raw;
    const usage = usages.get(socket) ?? startUsage(socket);
    if (usage.unanswered >= MAX_UNANSWERED) {
      servers.refused('connections', raw);
      return void socket.destroy();
    }
    const bytes = largeBodyBytes(headers);
    if (totalBytes + bytes > LARGE_BODIES_BYTES) {
      servers.refused('size', raw);
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
