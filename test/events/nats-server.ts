import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { accessSync, constants, mkdtempSync, rmSync } from 'node:fs';
import { connect, createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';

/** Where the `nats-server` on PATH is; null where there is none. */
export function natsServerPath(): string | null {
  for (const folder of (process.env.PATH ?? '').split(path.delimiter)) {
    const candidate = path.join(folder, 'nats-server');
    try {
      accessSync(candidate, constants.X_OK);
      return candidate;
    } catch {
      // Not in this folder.
    }
  }
  return null;
}

/** A real NATS server with JetStream on a port of its own, which can be stopped, and started again with its data. */
export class NatsServer {
  private readonly folder = mkdtempSync(path.join(tmpdir(), 'quittance-nats-'));
  private child: ChildProcess | null = null;

  private constructor(
    private readonly binary: string,
    private readonly port: number,
  ) {}

  static async start(binary: string): Promise<NatsServer> {
    const server = new NatsServer(binary, await freePort());
    await server.start();
    return server;
  }

  get url(): string {
    return `nats://quittance:s%40cret@127.0.0.1:${this.port}`;
  }

  async start(): Promise<void> {
    const where = ['-a', '127.0.0.1', '-p', String(this.port), '-js', '-sd', this.folder];
    this.child = spawn(this.binary, [...where, '--user', 'quittance', '--pass', 's@cret'], {
      stdio: 'ignore',
    });
    for (let tries = 0; tries < 200 && !(await isListening(this.port)); tries += 1)
      await new Promise((resolve) => setTimeout(resolve, 25));
  }

  async stop(): Promise<void> {
    const { child } = this;
    this.child = null;
    if (!child) return;
    child.kill('SIGKILL');
    await once(child, 'exit');
  }

  async remove(): Promise<void> {
    await this.stop();
    rmSync(this.folder, { recursive: true, force: true });
  }
}

async function freePort(): Promise<number> {
  const probe = createServer().listen(0, '127.0.0.1');
  await once(probe, 'listening');
  const { port } = probe.address() as AddressInfo;
  probe.close();
  await once(probe, 'close');
  return port;
}

function isListening(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1');
    const tell = (is: boolean) => () => {
      socket.destroy();
      resolve(is);
    };
    socket.on('connect', tell(true)).on('error', tell(false));
  });
}
