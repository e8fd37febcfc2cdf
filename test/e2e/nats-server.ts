import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { accessSync, constants, mkdtempSync, rmSync } from 'node:fs';
import { type AddressInfo, connect, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';

/** The path of the `nats-server` on PATH; null if there is none. */
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

/** A real NATS server with JetStream on its own port. It can be stopped, and started again with its data. */
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
    const options = ['-a', '127.0.0.1', '-p', String(this.port), '-js', '-sd', this.folder];
    this.child = spawn(this.binary, [...options, '--user', 'quittance', '--pass', 's@cret'], {
      stdio: 'ignore',
    });
    for (let checks = 0; checks < 200 && !(await isListening(this.port)); checks += 1)
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
    const answer = (isConnected: boolean) => () => {
      socket.destroy();
      resolve(isConnected);
    };
    socket.on('connect', answer(true)).on('error', answer(false));
  });
}
