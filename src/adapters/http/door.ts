import type { IncomingHttpHeaders } from 'node:http';
import type { Socket } from 'node:net';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import type { FastifyInstance, FastifyReply, FastifyServerOptions } from 'fastify';
import { answerFrameworkError } from './problem.filter.js';
import { problem, PROBLEM_TYPE, type Problem } from './problem.js';

/** A gateway's callback has a few kilobytes; what is larger is not one. */
const BODY_LIMIT_BYTES = 256 * 1024;

/** Up to here a body is not counted: with as many connections as there may be, all of them are 40 MiB. */
const SMALL_BODY_BYTES = 16 * 1024;
/** The larger bodies that are held at once, as announced: room for as many as may wait to be settled. Few gateways send one at all. */
const HELD_BODIES_BYTES = 128 * 1024 * 1024;

/**
 * What a client may send on a connection before it has read its answers: it lies in memory. No gateway and no proxy sends more than one
 * request at a time; a second may come while the end of the first one's answer is still being told.
 */
const MOST_UNANSWERED = 2;

/**
 * What a stranger's request may hold while its body is awaited: every header is two strings, and some thousand requests of nothing but
 * headers would be all the memory there is. No gateway or proxy sends half as much.
 */
const HEADERS_LIMIT_BYTES = 8 * 1024;
const MOST_HEADERS = 100;
const MOST_CONNECTIONS = 2_560;

/** From a request's first byte to its last. A body that never comes would hold its connection for ever. */
const REQUEST_WITHIN_MS = 10_000;

/** How often Node looks for requests that are too slow; its own half minute would make ten seconds forty. */
const SLOWNESS_CHECKED_EVERY_MS = 1_000;

export interface DoorSettings {
  readonly trustProxy: FastifyServerOptions['trustProxy'];
  readonly requestWithinMs?: number;
  readonly mostConnections?: number;
}

/** What stands between the network and the routes: limits, and bodies that stay bytes. */
export function openDoor({
  trustProxy,
  requestWithinMs = REQUEST_WITHIN_MS,
  mostConnections = MOST_CONNECTIONS,
}: DoorSettings): FastifyAdapter {
  const adapter = new FastifyAdapter({
    bodyLimit: BODY_LIMIT_BYTES,
    requestTimeout: requestWithinMs,
    http: {
      requestTimeout: requestWithinMs,
      connectionsCheckingInterval: SLOWNESS_CHECKED_EVERY_MS,
      maxHeaderSize: HEADERS_LIMIT_BYTES,
    },
    forceCloseConnections: 'idle',
    // What is under way when the service stops is served like any other: the pools close last.
    return503OnClosing: false,
    frameworkErrors: answerFrameworkError,
    trustProxy,
  });
  const server = adapter.getInstance();
  server.server.maxConnections = mostConnections;
  // Signatures are over bytes, so a body stays bytes, whatever type it claims, and be that none at all. The headers as they came
  // are in `request.raw`.
  server.addHook('onRequest', (request, reply, done) => {
    request.headers = { 'content-type': undefined };
    // Names and values stand in turn.
    if (request.raw.rawHeaders.length <= 2 * MOST_HEADERS) return done();
    turnAway(reply, problem(431, `A request has at most ${MOST_HEADERS} headers.`));
  });
  boundWhatIsHeld(server);
  server.addContentTypeParser('*', { parseAs: 'buffer' }, (_request, body, done) => done(null, body));
  endConnectionsOnStop(server);
  return adapter;
}

/** What one connection holds in memory, given back when it is closed, whatever had become of its requests. */
interface Account {
  unanswered: number;
  bytes: number;
}

/** Strangers must not take the memory of callbacks, neither by bodies that never come in full nor by answers that they never read. */
function boundWhatIsHeld(server: FastifyInstance): void {
  let held = 0;
  const accounts = new WeakMap<Socket, Account>();
  const book = (account: Account, requests: number, bytes: number): void => {
    account.unanswered += requests;
    account.bytes += bytes;
    held += bytes;
  };
  const openAccount = (socket: Socket): Account => {
    const account = { unanswered: 0, bytes: 0 };
    accounts.set(socket, account);
    socket.once('close', () => book(account, 0, -account.bytes));
    return account;
  };
  server.addHook('onRequest', ({ raw: { socket, headers } }, reply, done) => {
    const account = accounts.get(socket) ?? openAccount(socket);
    if (account.unanswered >= MOST_UNANSWERED) return void socket.destroy();
    const bytes = heldBytes(headers);
    if (held + bytes > HELD_BODIES_BYTES) {
      void reply.header('retry-after', '1');
      return turnAway(reply, problem(503, 'Too many large bodies are under way.'));
    }
    book(account, 1, bytes);
    // Until then the body is in memory, even if it has long been decided on. A connection that is closed has settled its account.
    reply.raw.once('close', () => book(account, -1, socket.destroyed ? 0 : -bytes));
    done();
  });
}

/** What is beyond the limit is refused unread. */
function heldBytes(headers: IncomingHttpHeaders): number {
  const { 'content-length': length = 0, 'transfer-encoding': encoding } = headers;
  const announced = encoding === undefined ? Number(length) : BODY_LIMIT_BYTES;
  return announced > SMALL_BODY_BYTES && announced <= BODY_LIMIT_BYTES ? announced : 0;
}

function turnAway(reply: FastifyReply, answer: Problem): void {
  void reply.status(answer.status).header('connection', 'close').type(PROBLEM_TYPE);
  void reply.send(JSON.stringify(answer));
}

/** While the service stops, each connection ends with its answer: kept alive, a busy one would hold the stop for a minute. */
function endConnectionsOnStop(server: FastifyInstance): void {
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
