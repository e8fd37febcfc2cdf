import { execFileSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import * as fs from 'node:fs';
import { createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Client } from 'pg';
import { ROOT_STATE_FOLDER, type PostgresBinaries } from './postgres-binaries.js';

export interface PostgresOptions {
  /** The data folder, made where it is missing. Port and password are chosen once and kept beside it. */
  readonly dir?: string;
  /** For tests: a temporary folder, no fsync, and removed when it is stopped. */
  readonly ephemeral?: boolean;
  readonly flags?: Readonly<Record<string, string>>;
  readonly onProgress?: (text: string) => void;
}

/** What was chosen for a data folder, in a file beside it that only its owner can read. */
interface Kept {
  readonly port: number;
  readonly password: string;
  /** The data folder that took its place, where PostgreSQL's user cannot reach the one asked for. */
  readonly elsewhere: string | null;
}

/** Enough for a recovery after a crash under load. A start that takes longer is given up. */
export const START_SECONDS = 120;

/** One data folder and the server on it. */
export class PostgresCluster {
  private kept: Kept;

  constructor(
    private readonly dir: string,
    private readonly binaries: PostgresBinaries,
    private readonly options: PostgresOptions,
  ) {
    this.kept = readKept(this.keptFile) ?? this.choose();
  }

  get data(): string {
    return this.kept.elsewhere ?? this.dir;
  }

  url(database = 'quittance'): string {
    return `postgres://postgres:${this.kept.password}@127.0.0.1:${this.kept.port}/${database}`;
  }

  /** Made beside its place and renamed, so that a start which was killed leaves nothing that looks whole. */
  async initialise(): Promise<void> {
    if (fs.existsSync(join(this.data, 'PG_VERSION'))) return;
    this.options.onProgress?.(`Making a PostgreSQL database in ${this.data}`);
    await this.keepFreePort();
    const unfinished = `${this.data}.unfinished`;
    fs.rmSync(unfinished, { recursive: true, force: true });
    fs.mkdirSync(unfinished, { mode: 0o700 });
    this.binaries.give(unfinished);
    const passwordFile = `${this.data}.password`;
    fs.writeFileSync(passwordFile, this.kept.password, { mode: 0o600 });
    this.binaries.give(passwordFile);
    try {
      const locale = [
        '--encoding=UTF8',
        '--locale-provider=builtin',
        '--builtin-locale=C.UTF-8',
        '--locale=C',
      ];
      const access = ['--username=postgres', `--pwfile=${passwordFile}`, '--auth=scram-sha-256'];
      const sync = this.options.ephemeral ? ['--no-sync'] : [];
      await this.binaries.run(
        'initdb',
        ['-D', unfinished, ...access, ...locale, ...sync],
        dirname(this.data),
      );
    } finally {
      fs.rmSync(passwordFile);
    }
    fs.renameSync(unfinished, this.data);
  }

  /** Whether our own server runs. Removes a dead one's lock file, whose process id may be anybody's by now. */
  async isRunning(): Promise<boolean> {
    for (const end = Date.now() + START_SECONDS * 1000; Date.now() < end; await sleep(50)) {
      const lock = this.lockFile();
      if (lock && isPostmaster(lock.pid, this.data)) {
        if (lock.port !== this.kept.port) this.keep({ ...this.kept, port: lock.port });
        const session = await this.connect().catch(unlessRefused);
        await session?.end();
        if (session) return true;
      } else {
        fs.rmSync(join(this.data, 'postmaster.pid'), { force: true });
        return false;
      }
    }
    throw new Error(`The PostgreSQL on ${this.data} runs but does not answer: end it, and start again.`);
  }

  async start(): Promise<void> {
    this.options.onProgress?.('Starting PostgreSQL');
    const log = join(this.data, 'server.log');
    for (const end = Date.now() + START_SECONDS * 1000; ; await sleep(100)) {
      if (!(await isFree(this.kept.port))) await this.keepFreePort();
      fs.rmSync(log, { force: true });
      const start = [
        'start',
        '-w',
        '-t',
        String(START_SECONDS),
        '-D',
        this.data,
        '-l',
        log,
        '-o',
        this.settings(),
      ];
      try {
        return await this.binaries.run('pg_ctl', start, dirname(this.data));
      } catch (cause) {
        const said = fs.existsSync(log) ? fs.readFileSync(log, 'utf8').slice(-2000) : '';
        // The port may be lost in between, and a killed server's children take a moment to notice it.
        const passing = /already in use|still in use/i.test(said);
        if (!passing || Date.now() > end) throw new Error(`PostgreSQL did not start.\n${said}`, { cause });
      }
    }
  }

  /** Connects to our own server: whatever else may have answered on its port is refused. */
  async connect(): Promise<Client> {
    const client = new Client({ connectionString: this.url('postgres'), connectionTimeoutMillis: 5000 });
    // The server may be stopped under an idle session, which is no reason for this process to end.
    client.on('error', () => undefined);
    await client.connect();
    const { rows } = await client.query<{ data_directory: string }>('SHOW data_directory');
    if (rows[0] && fs.realpathSync(rows[0].data_directory) === fs.realpathSync(this.data)) return client;
    await client.end();
    throw new Error(`The PostgreSQL on port ${this.kept.port} is not the one on ${this.data}.`);
  }

  async stop(): Promise<void> {
    const mode = this.options.ephemeral ? 'immediate' : 'fast';
    await this.binaries.run('pg_ctl', ['stop', '-w', '-m', mode, '-D', this.data], dirname(this.data));
  }

  lockFile(): { readonly pid: number; readonly port: number } | null {
    const file = join(this.data, 'postmaster.pid');
    if (!fs.existsSync(file)) return null;
    const [pid, , , port] = fs.readFileSync(file, 'utf8').split('\n').map(Number);
    return pid && port ? { pid, port } : null;
  }

  private get keptFile(): string {
    return `${this.dir}.json`;
  }

  private choose(): Kept {
    if (fs.existsSync(join(this.dir, 'PG_VERSION'))) {
      throw new Error(
        `${this.keptFile} holds the password of ${this.dir} and is gone: restore it, or remove both.`,
      );
    }
    const password = randomBytes(24).toString('base64url');
    if (this.binaries.reaches(dirname(this.dir))) return { port: 0, password, elsewhere: null };
    // What was asked for in a temporary folder stays in one.
    const place = this.dir.startsWith(tmpdir()) ? tmpdir() : ROOT_STATE_FOLDER;
    const folder = fs.mkdtempSync(join(place, 'quittance-data-'));
    fs.chmodSync(folder, 0o755);
    return { port: 0, password, elsewhere: join(folder, 'postgres') };
  }

  private async keepFreePort(): Promise<void> {
    this.keep({ ...this.kept, port: await freePort() });
  }

  private keep(kept: Kept): void {
    fs.writeFileSync(`${this.keptFile}.part`, JSON.stringify(kept), { mode: 0o600 });
    fs.renameSync(`${this.keptFile}.part`, this.keptFile);
    this.kept = kept;
  }

  private settings(): string {
    const throwAway = { fsync: 'off', synchronous_commit: 'off', full_page_writes: 'off' };
    const settings = {
      port: this.kept.port,
      listen_addresses: '127.0.0.1',
      unix_socket_directories: '',
      max_connections: 200,
      ...(this.options.ephemeral ? throwAway : {}),
      ...this.options.flags,
    };
    return Object.entries(settings)
      .map(([name, value]) => `-c "${name}=${value}"`)
      .join(' ');
  }
}

function readKept(file: string): Kept | null {
  if (!fs.existsSync(file)) return null;
  try {
    const kept = JSON.parse(fs.readFileSync(file, 'utf8')) as Kept;
    if (kept.port > 0 && typeof kept.password === 'string') return kept;
  } catch {
    // A file that is no JSON is as unusable as one without a password.
  }
  throw new Error(
    `${file} should hold the port and password of the database beside it and does not: restore it.`,
  );
}

/** A killed process leaves a number behind that another may carry by now, so what counts is what it runs. */
function isPostmaster(pid: number, data: string): boolean {
  try {
    if (process.platform === 'win32') return process.kill(pid, 0);
    const command = fs.existsSync('/proc/self/cmdline')
      ? fs.readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ')
      : execFileSync('ps', ['-ww', '-o', 'command=', '-p', String(pid)], { encoding: 'utf8' });
    return command.includes(` -D ${data} `);
  } catch {
    return false;
  }
}

/** A server that is starting or stopping cannot be reached just now; a wrong password does not pass. */
function unlessRefused(error: unknown): null {
  if ((error as { code?: unknown }).code !== '28P01') return null;
  throw new Error('The embedded PostgreSQL does not take the password that is kept beside its data.', {
    cause: error,
  });
}

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((listening, fail) => server.once('error', fail).listen(0, '127.0.0.1', listening));
  const { port } = server.address() as AddressInfo;
  await new Promise((closed) => server.close(closed));
  return port;
}

async function isFree(port: number): Promise<boolean> {
  const server = createServer();
  const free = await new Promise<boolean>((tell) =>
    server.once('error', () => tell(false)).listen(port, '127.0.0.1', () => tell(true)),
  );
  if (free) await new Promise((closed) => server.close(closed));
  return free;
}
