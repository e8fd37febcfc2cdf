import { once } from 'node:events';
import { type AddressInfo, type Socket, connect, createServer } from 'node:net';

/** The type and the length that precede the text of a simple query. */
const COMMAND_HEADER_BYTES = 5;

interface Pair {
  readonly client: Socket;
  readonly server: Socket;
  silent: boolean;
}

/** A proxy between the service and its database that plays the silent failures of a network. */
export class TcpProxy {
  private readonly pairs = new Set<Pair>();
  private readonly listener = createServer((client) => this.join(client));
  private stalled = false;
  /** Once: the next command to the server with this text is dropped, and everything after it on its connection. */
  dropFrom: string | null = null;
  /** Once: this text is replaced on its way to the server by another of the same length, which is a syntax error. */
  corrupt: string | null = null;

  /** `target` is asked for each new connection, because a restarted server may listen elsewhere. */
  private constructor(private readonly target: () => { host: string; port: number }) {}

  static async before(databaseUrl: string | (() => string)): Promise<{ proxy: TcpProxy; url: string }> {
    const currentUrl = () => new URL(typeof databaseUrl === 'string' ? databaseUrl : databaseUrl());
    const proxy = new TcpProxy(() => ({ host: currentUrl().hostname, port: Number(currentUrl().port) }));
    proxy.listener.listen(0, '127.0.0.1');
    await once(proxy.listener, 'listening');
    const url = currentUrl();
    url.host = `127.0.0.1:${(proxy.listener.address() as AddressInfo).port}`;
    return { proxy, url: url.href };
  }

  /** The connections that are open now stay open but carry nothing any more. New ones work. Returns how many became silent. */
  silence(): number {
    const speaking = [...this.pairs].filter(({ silent }) => !silent);
    for (const pair of speaking) pair.silent = true;
    return speaking.length;
  }

  /** Ends every connection that is open now, also one that was silent while its other side ended. */
  cut(): void {
    for (const { client, server } of this.pairs) [client, server].forEach((socket) => socket.destroy());
  }

  /** Delays everything, on old and new connections, until `resume`. */
  stall(): void {
    this.stalled = true;
    for (const { client, server } of this.pairs) [client, server].forEach((socket) => socket.pause());
  }

  resume(): void {
    this.stalled = false;
    for (const { client, server } of this.pairs) [client, server].forEach((socket) => socket.resume());
  }

  async close(): Promise<void> {
    this.cut();
    this.listener.close();
    await once(this.listener, 'close');
  }

  private join(client: Socket): void {
    const pair: Pair = { client, server: connect(this.target()), silent: false };
    const { server } = pair;
    this.pairs.add(pair);
    client.on('data', (bytes) => this.forward(pair, bytes));
    server.on('data', (bytes) => {
      if (!pair.silent) client.write(bytes);
    });
    if (this.stalled) [client, server].forEach((socket) => socket.pause());
    for (const [from, to] of [
      [client, server],
      [server, client],
    ] as const) {
      from.on('error', () => undefined);
      // On a silent connection, neither side learns that the other has ended.
      from.on('close', () => {
        if (!pair.silent) to.destroy();
        if (client.destroyed && server.destroyed) this.pairs.delete(pair);
      });
    }
  }

  /** Passes bytes on to the server, except what `dropFrom` and `corrupt` ask for. */
  private forward(pair: Pair, bytes: Buffer): void {
    if (pair.silent) return;
    const at = this.dropFrom === null ? -1 : bytes.indexOf(this.dropFrom);
    if (at >= 0) [pair.silent, this.dropFrom] = [true, null];
    const corrupted = this.corrupt === null ? -1 : bytes.indexOf(this.corrupt);
    if (corrupted >= 0) {
      bytes.fill('?', corrupted, corrupted + this.corrupt!.length);
      this.corrupt = null;
    }
    pair.server.write(at < 0 ? bytes : bytes.subarray(0, at - COMMAND_HEADER_BYTES));
  }
}
