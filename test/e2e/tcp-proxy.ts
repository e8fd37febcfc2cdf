import { once } from 'node:events';
import { connect, createServer, type AddressInfo, type Socket } from 'node:net';

/** A network between the service and its database that can fail as networks do: silently. */
export class TcpProxy {
  private readonly pairs = new Set<{ client: Socket; server: Socket; silent: boolean }>();
  private readonly listener = createServer((client) => this.join(client));
  /** Bytes to the server that hold this text, and all that follow on their connection, are swallowed; once. */
  swallow: string | null = null;

  private constructor(private readonly target: { host: string; port: number }) {}

  static async before(databaseUrl: string): Promise<{ proxy: TcpProxy; url: string }> {
    const { hostname, port } = new URL(databaseUrl);
    const proxy = new TcpProxy({ host: hostname, port: Number(port) });
    proxy.listener.listen(0, '127.0.0.1');
    await once(proxy.listener, 'listening');
    const url = new URL(databaseUrl);
    url.host = `127.0.0.1:${(proxy.listener.address() as AddressInfo).port}`;
    return { proxy, url: url.href };
  }

  /** Every connection that is open now stays open and carries nothing any more; new ones work. */
  silence(): number {
    for (const pair of this.pairs) pair.silent = true;
    return this.pairs.size;
  }

  async close(): Promise<void> {
    for (const { client, server } of this.pairs) [client, server].forEach((socket) => socket.destroy());
    this.listener.close();
    await once(this.listener, 'close');
  }

  private join(client: Socket): void {
    const server = connect(this.target);
    const pair = { client, server, silent: false };
    this.pairs.add(pair);
    client.on('data', (bytes) => {
      if (this.swallow !== null && bytes.includes(this.swallow)) [pair.silent, this.swallow] = [true, null];
      if (!pair.silent) server.write(bytes);
    });
    server.on('data', (bytes) => {
      if (!pair.silent) client.write(bytes);
    });
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
