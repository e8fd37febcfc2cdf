import { once } from 'node:events';
import { connect, createServer, type AddressInfo, type Socket } from 'node:net';

/** What stands before the text of a simple query: its type and its length. */
const COMMAND_HEADER_BYTES = 5;

/** A network between the service and its database that can fail as networks do: silently. */
export class TcpProxy {
  private readonly pairs = new Set<{ client: Socket; server: Socket; silent: boolean }>();
  private readonly listener = createServer((client) => this.join(client));
  private stalled = false;
  /** The command to the server that has this text, and all that follows on its connection, is swallowed; once. */
  swallow: string | null = null;
  /** This text arrives at the server as another of the same length, which it does not understand; once. */
  garble: string | null = null;

  /** Where the server is; new connections go to where it says by then. */
  private constructor(private readonly target: () => { host: string; port: number }) {}

  static async before(databaseUrl: string | (() => string)): Promise<{ proxy: TcpProxy; url: string }> {
    const urlNow = () => new URL(typeof databaseUrl === 'string' ? databaseUrl : databaseUrl());
    const proxy = new TcpProxy(() => ({ host: urlNow().hostname, port: Number(urlNow().port) }));
    proxy.listener.listen(0, '127.0.0.1');
    await once(proxy.listener, 'listening');
    const url = urlNow();
    url.host = `127.0.0.1:${(proxy.listener.address() as AddressInfo).port}`;
    return { proxy, url: url.href };
  }

  /** Every connection that is open now stays open and carries nothing any more; new ones work. */
  silence(): number {
    for (const pair of this.pairs) pair.silent = true;
    return this.pairs.size;
  }

  /** Ends every connection that is open now. */
  cut(): void {
    for (const { client, server } of this.pairs) [client, server].forEach((socket) => socket.destroy());
  }

  /** Nothing passes, on old connections and new ones, until `resume`; what was sent meanwhile arrives then. */
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
    const server = connect(this.target());
    const pair = { client, server, silent: false };
    this.pairs.add(pair);
    client.on('data', (bytes) => {
      if (pair.silent) return;
      const at = this.swallow === null ? -1 : bytes.indexOf(this.swallow);
      if (at >= 0) [pair.silent, this.swallow] = [true, null];
      const garbled = this.garble === null ? -1 : bytes.indexOf(this.garble);
      if (garbled >= 0) {
        bytes.fill('?', garbled, garbled + this.garble!.length);
        this.garble = null;
      }
      server.write(at < 0 ? bytes : bytes.subarray(0, at - COMMAND_HEADER_BYTES));
    });
    server.on('data', (bytes) => {
      if (!pair.silent) client.write(bytes);
    });
    if (this.stalled) [client, server].forEach((socket) => socket.pause());
    for (const [from, to] of [
      [client, server],
      [server, client],
    ] as const) {
      from.on('error', () => undefined);
      // The other side of a silent connection learns nothing of the end of this one.
      from.on('close', () => {
        if (!pair.silent) to.destroy();
        this.pairs.delete(pair);
      });
    }
  }
}
