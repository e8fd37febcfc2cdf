import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';

/** Connections beyond the limit, for probes of the service's health while all others wait for their answers. */
const RESERVED = 16;
const IS_PROBE = /^\/health\//;

export interface ConnectionLimit {
  readonly connections: number;
  /** A connection was closed to keep the limit, with a request on it or without. */
  readonly onClosed?: (socket: Socket, request: IncomingMessage | null) => void;
}

/** The request that was received last on a connection, while it has no answer. */
export interface Latest {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
}

interface Connection {
  /** Requests whose headers have arrived and whose answer has not been given. */
  unanswered: number;
  latest: Latest | null;
  /** It was admitted beyond the limit, for a probe. */
  isReserved: boolean;
  /** Its answer is delayed on purpose. */
  isDelayed: boolean;
}

/**
 * Limits the connections of a server. While the limit is reached, a new connection takes the place of the one that has been idle for the
 * longest, so that clients that only hold connections cannot shut out callbacks and probes. A connection is idle while no complete
 * request on it waits for its answer; one whose request has not arrived completely is idle since its last answer. If no connection is
 * idle, the new one gets one of the reserved places: a probe of the health is answered there, and any other request is not.
 *
 * Node's `maxConnections` is not used: it closes the newest connection, whatever the others do.
 *
 * What it costs to note a request or a connection does not depend on their number.
 */
export class Connections {
  private readonly open = new Map<Socket, Connection>();
  /** Begins with the connection that has been idle for the longest. Some are not idle any more; they are removed when they are met. */
  private readonly idle = new Set<Socket>();
  private isStopping = false;

  constructor(private readonly limit: ConnectionLimit) {}

  watch(server: Server): void {
    server.on('connection', (socket: Socket) => this.admit(socket));
    // First of the listeners, because the others may answer at once.
    server.prependListener('request', (request: IncomingMessage, response: ServerResponse) =>
      this.serve(request, response),
    );
  }

  private admit(socket: Socket): void {
    if (this.open.size >= this.limit.connections) this.closeLongestIdle();
    if (this.open.size >= this.limit.connections + RESERVED) return this.refuse(socket, null);
    const isReserved = this.open.size >= this.limit.connections;
    this.open.set(socket, { unanswered: 0, latest: null, isReserved, isDelayed: false });
    this.idle.add(socket);
    socket.once('close', () => this.forget(socket));
  }

  private serve(request: IncomingMessage, response: ServerResponse): void {
    const { socket } = request;
    const connection = this.open.get(socket);
    if (!connection) return;
    connection.isReserved &&= this.open.size > this.limit.connections;
    if (connection.isReserved && !IS_PROBE.test(request.url ?? '')) return this.refuse(socket, request);
    connection.unanswered += 1;
    connection.latest = { request, response };
    // The answer is given then, though the client may not have read it: one that never reads must not keep its place.
    response.once('prefinish', () => this.answered(socket, connection));
  }

  latestOn(socket: Socket): Latest | null {
    return this.open.get(socket)?.latest ?? null;
  }

  /**
   * Notes that the answer on this connection is delayed on purpose. Until it is given, the connection counts as idle, so such ones never
   * shut out others. Returns false if it is delayed already or has other requests: a client that does not wait for its answers.
   */
  delay(socket: Socket): boolean {
    const connection = this.open.get(socket);
    if (!connection || connection.isDelayed || connection.unanswered > 1) return false;
    connection.isDelayed = true;
    this.idle.add(socket);
    return true;
  }

  /**
   * Closes the connections on which nothing was ever sent, and from now on each other one after its answer. Those that are idle between
   * two requests are closed by Node when the server closes.
   */
  stop(): void {
    this.isStopping = true;
    for (const socket of this.open.keys()) if (socket.bytesRead === 0) socket.destroySoon();
  }

  closeAll(): void {
    for (const socket of this.open.keys()) socket.destroy();
  }

  private answered(socket: Socket, connection: Connection): void {
    connection.unanswered -= 1;
    connection.isDelayed = false;
    this.idle.delete(socket);
    if (!this.open.has(socket)) return;
    this.idle.add(socket);
    if (connection.unanswered > 0) return;
    connection.latest = null;
    if (this.isStopping) socket.destroySoon();
  }

  private closeLongestIdle(): void {
    for (const socket of this.idle) {
      if (!isWaiting(this.open.get(socket)!))
        return this.refuse(socket, this.latestOn(socket)?.request ?? null);
      // It comes back to the end of the set with its answer.
      this.idle.delete(socket);
    }
  }

  private refuse(socket: Socket, request: IncomingMessage | null): void {
    this.forget(socket);
    this.limit.onClosed?.(socket, request);
    socket.destroy();
  }

  private forget(socket: Socket): void {
    this.open.delete(socket);
    this.idle.delete(socket);
  }
}

/** Requests arrive one after the other: if more than one is unanswered, the first has arrived completely. */
function isWaiting({ unanswered, latest, isDelayed }: Connection): boolean {
  if (isDelayed) return false;
  return unanswered > 1 || latest?.request.complete === true;
}
