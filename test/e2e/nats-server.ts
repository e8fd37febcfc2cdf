import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { accessSync, constants, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { freePort } from '../free-port.js';

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

export interface NatsOptions {
  readonly hasJetStream?: boolean;
  /** A user that must not publish events; the password is the same. */
  readonly restrictedUser?: string;
  readonly maxPayload?: number;
}

const PASSWORD = 's@cret';

/** A real NATS server on its own port. It can be stopped, and started again with its data. */
export class NatsServer {
  private readonly folder = mkdtempSync(path.join(tmpdir(), 'quittance-nats-'));
  private child: ChildProcess | null = null;

  private constructor(
    private readonly binary: string,
    private readonly port: number,
    options: NatsOptions,
  ) {
    writeFileSync(this.configuration, this.configurationOf(options));
  }

  static async start(binary: string, options: NatsOptions = {}): Promise<NatsServer> {
    const server = new NatsServer(binary, await freePort(), options);
    await server.start();
    return server;
  }

  get url(): string {
    return this.urlOf('quittance');
  }

  urlOf(user: string): string {
    return `nats://${user}:${encodeURIComponent(PASSWORD)}@127.0.0.1:${this.port}`;
  }

  async start(): Promise<void> {
    this.child = spawn(this.binary, ['-c', this.configuration], { stdio: 'ignore' });
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

  private get configuration(): string {
    return path.join(this.folder, 'server.conf');
  }

  private configurationOf({ hasJetStream = true, restrictedUser, maxPayload }: NatsOptions): string {
    const mayAll = `{ user: quittance, password: "${PASSWORD}" }`;
    const restricted = `{ user: ${restrictedUser}, password: "${PASSWORD}", permissions: { publish: { deny: ["quittance.>"] } } }`;
    const lines = [
      'host: 127.0.0.1',
      `port: ${this.port}`,
      `authorization { users: [${restrictedUser === undefined ? mayAll : `${mayAll}, ${restricted}`}] }`,
    ];
    if (hasJetStream) lines.push(`jetstream { store_dir: "${this.folder}" }`);
    if (maxPayload !== undefined) lines.push(`max_payload: ${maxPayload}`);
    return lines.join('\n');
  }
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
