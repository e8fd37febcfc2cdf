import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';

/**
 * Limits the connections of a server. While the limit is reached, a new connection takes the place of the one that has been idle for the
 * longest, so that clients that only hold connections cannot shut out callbacks and probes. A connection is idle while no complete
 * request on it waits for its answer; one whose request has not arrived completely is idle since its last answer. If no connection is
 * idle, the new one is closed.
 *
 * Node's `maxConnections` is not used: it closes the newest connection, whatever the others do.
 */
export function limitConnections(server: Server, limit: number): void {
  const connections = new Connections(limit);
  server.on('connection', (socket: Socket) => connections.admit(socket));
  // First of the listeners, because the others may answer at once.
  server.prependListener('request', (request: IncomingMessage, response: ServerResponse) =>
    connections.serve(request, response),
  );
}

interface Connection {
  /** Requests whose headers have arrived and whose answer has not been given. */
  unanswered: number;
  latest: IncomingMessage | null;
}

/** The open connections of a server. What it costs to note a request or a connection does not depend on their number. */
class Connections {
  private readonly open = new Map<Socket, Connection>();
  /** Begins with the connection that has been idle for the longest. Some are not idle any more; they are removed when they are met. */
  private readonly idle = new Set<Socket>();

  constructor(private readonly limit: number) {}

  admit(socket: Socket): void {
    if (this.open.size >= this.limit) this.closeLongestIdle();
    if (this.open.size >= this.limit) return void socket.destroy();
    this.open.set(socket, { unanswered: 0, latest: null });
    this.idle.add(socket);
    socket.once('close', () => this.close(socket));
  }

  serve(request: IncomingMessage, response: ServerResponse): void {
    const { socket } = request;
    const connection = this.open.get(socket);
    if (!connection) return;
    connection.unanswered += 1;
    connection.latest = request;
    // The answer is given then, though the client may not have read it: one that never reads must not keep its place.
    response.once('prefinish', () => {
      connection.unanswered -= 1;
      if (connection.unanswered === 0) connection.latest = null;
      this.idle.delete(socket);
      if (this.open.has(socket)) this.idle.add(socket);
    });
  }

  private closeLongestIdle(): void {
    for (const socket of this.idle) {
      if (!isWaiting(this.open.get(socket)!)) return this.close(socket);
      // It comes back to the end of the set with its answer.
      this.idle.delete(socket);
    }
  }

  private close(socket: Socket): void {
    this.open.delete(socket);
    this.idle.delete(socket);
    socket.destroy();
  }
}

/** Requests arrive one after the other: if more than one is unanswered, the first has arrived completely. */
function isWaiting({ unanswered, latest }: Connection): boolean {
  return unanswered > 1 || latest?.complete === true;
}
