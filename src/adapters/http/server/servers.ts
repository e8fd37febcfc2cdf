import { type IncomingMessage, type Server, createServer } from 'node:http';
import type { Socket } from 'node:net';
import type { RefusalReason } from '../../../application/callbacks/rejection-repository.js';
import { type AddressOf, addressOfPeer } from './client-address.js';
import { type ClientError, answerClientError } from './client-errors.js';
import { Connections } from './connection-limit.js';
import { problem } from './problem.js';
import { answerProblem, endWithProblem } from './raw-answer.js';
import { Refusals } from './refusals.js';
import { RouteTable } from './route-table.js';

export interface ServerLimits {
  /** From a request's first byte to its last. */
  readonly requestTimeoutMs: number;
  /** Of each server. */
  readonly maxConnections: number;
  /** How long requests that have begun get when the service stops. */
  readonly finishWithinMs: number;
  /** How long the answer to a client that guesses tokens is delayed. */
  readonly delayMs: number;
}

/**
 * An unauthenticated client's headers are in memory while its body is awaited. Without this limit a few thousand requests that consist of
 * headers would fill the memory. No gateway or proxy sends half as much.
 */
const HEADERS_LIMIT_BYTES = 8 * 1024;

/** How often Node looks for requests that are too slow. With Node's default of 30 s, a timeout of 10 s could take 40 s. */
const TIMEOUT_CHECK_INTERVAL_MS = 1_000;

/** The HTTP servers of this process: that of the framework, and others that serve the same routes. All have the same limits. */
export class Servers {
  readonly refusals = new Refusals();
  readonly routes = new RouteTable();
  private readonly all: { readonly server: Server; readonly connections: Connections }[] = [];

  constructor(
    readonly addressOf: AddressOf,
    private readonly limits: ServerLimits,
  ) {}

  /** The options of each server. */
  get options() {
    return {
      requestTimeout: this.limits.requestTimeoutMs,
      connectionsCheckingInterval: TIMEOUT_CHECK_INTERVAL_MS,
      maxHeaderSize: HEADERS_LIMIT_BYTES,
      // Node's own answer to a request without Host would not be counted. A hook answers it.
      requireHostHeader: false,
    };
  }

  /** A further server. It does not listen yet, and has no listener for requests. */
  add(): Server {
    const { keepAliveTimeout, maxRequestsPerSocket, timeout } = this.all[0]!.server;
    const server = Object.assign(createServer(this.options), {
      keepAliveTimeout,
      maxRequestsPerSocket,
      timeout,
    });
    server.on('clientError', (error: ClientError, socket: Socket) => this.answerClientError(error, socket));
    this.limit(server);
    return server;
  }

  limit(server: Server): void {
    const connections = new Connections({
      connections: this.limits.maxConnections,
      onClosed: (socket, request) => this.refusedOn(socket, 'connections', request?.url),
    });
    connections.watch(server);
    this.all.push({ server, connections });
    server.on('connection', rememberAddress);
    // Without these, Node closes the connection without an answer, or answers without a problem.
    server.on('connect', ({ url }: IncomingMessage, socket: Socket) => {
      this.refusedOn(socket, 'method', url);
      endWithProblem(socket, NO_TUNNEL);
    });
    server.on('checkExpectation', (request, response) => {
      this.refused('headers', request);
      answerProblem(response, UNKNOWN_EXPECTATION, { connection: 'close' });
    });
  }

  /** Reports a request that was refused before a signature or a token was looked at. */
  refused(reason: RefusalReason, request: IncomingMessage): void {
    this.refusals.report({ reason, target: request.url ?? null, address: this.addressOf(request) });
  }

  /**
   * Answers later. A client that sends thousands of requests a second then waits on each of its connections, and the process has its time for
   * callbacks. A client that sends the next request without waiting loses the connection.
   */
  answerLater({ socket }: IncomingMessage, answer: () => void): void {
    if (this.all.some(({ connections }) => connections.delay(socket)))
      setTimeout(answer, this.limits.delayMs).unref();
    else socket.destroy();
  }

  /** Answers what never becomes a request for the framework. */
  answerClientError(error: ClientError, socket: Socket): void {
    const latest = this.all
      .map(({ connections }) => connections.latestOn(socket))
      .find((each) => each !== null);
    const refused = answerClientError(error, socket, latest ?? null);
    // A connection on which nothing was sent has made no request.
    if (refused && socket.bytesRead > 0) this.refusedOn(socket, refused.reason, refused.target);
  }

  /**
   * Accepts no more connections, closes the idle ones, and closes each of the others after its answer, or when its time is over. Node itself
   * waits without a limit for a connection on which a request has begun and does not end, and for one on which nothing was ever sent.
   */
  async stop(): Promise<void> {
    const ended = this.all.map(({ server, connections }) => {
      connections.stop();
      return new Promise<void>((resolve) => server.close(() => resolve()));
    });
    const closeAll = (): void => this.all.forEach(({ connections }) => connections.closeAll());
    const timer = setTimeout(closeAll, this.limits.finishWithinMs);
    await Promise.all(ended);
    clearTimeout(timer);
  }

  private refusedOn(socket: Socket, reason: RefusalReason, target: string | null | undefined): void {
    this.refusals.report({ reason, target: target ?? null, address: addressOfPeer(socket.remoteAddress) });
  }
}

const NO_TUNNEL = problem(405, 'This server is no proxy. Nothing was changed.');
const UNKNOWN_EXPECTATION = problem(
  417,
  'Of the header Expect only 100-continue is supported; nothing was changed. Send the request without this header.',
);

/** Node remembers the address of a connection from the first time that it is asked for. It cannot be found out after the connection is closed. */
const rememberAddress = ({ remoteAddress }: Socket): string | undefined => remoteAddress;
