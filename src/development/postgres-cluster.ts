import { execFileSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import * as fs from 'node:fs';
import { type AddressInfo, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Client } from 'pg';
import { StartRefused } from '../config/start-refused.js';
import { type PostgresBinaries, ROOT_STATE_FOLDER, reasonIn } from './postgres-binaries.js';

export interface PostgresOptions {
  /** The data folder, which is created if it is missing. Port and password are chosen once and stored beside it. */
  readonly dir?: string;
  /** For tests: a temporary folder that is removed at the end, and no fsync. */
  readonly ephemeral?: boolean;
  /** Server settings by name. */
  readonly flags?: Readonly<Record<string, string>>;
  readonly onProgress?: (text: string) => void;
}

/** The choices for a data folder, stored in a file beside it that only its owner can read. */
interface Choices {
  readonly port: number;
  readonly password: string;
  /** The data folder that is used instead, if the user that runs PostgreSQL cannot reach the requested one. */
  readonly elsewhere: string | null;
}

/** Enough for a recovery after a crash under load. A start that takes longer fails. */
export const START_SECONDS = 120;

/** One data folder and the server on it. */
export class PostgresCluster {
  private choices: Choices;

  constructor(
    private readonly dir: string,
    private readonly binaries: PostgresBinaries,
    private readonly options: PostgresOptions,
  ) {
    this.choices = readChoices(this.choicesFile) ?? this.choose();
  }

  get data(): string {
    return this.choices.elsewhere ?? this.dir;
  }

  url(database = 'quittance'): string {
    return `postgres://postgres:${this.choices.password}@127.0.0.1:${this.choices.port}/${database}`;
  }

  /** Creates the data folder under another name and renames it, so that a start that was killed leaves no half data folder. */
  async initialise(): Promise<void> {
    if (fs.existsSync(join(this.data, 'PG_VERSION'))) return;
    this.options.onProgress?.(`Creating a PostgreSQL database in ${this.data}`);
    await this.chooseFreePort();
    const unfinished = `${this.data}.unfinished`;
    fs.rmSync(unfinished, { recursive: true, force: true });
    fs.mkdirSync(unfinished, { mode: 0o700 });
    this.binaries.handOver(unfinished);
    const passwordFile = `${this.data}.password`;
    fs.writeFileSync(passwordFile, this.choices.password, { mode: 0o600 });
    this.binaries.handOver(passwordFile);
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

  /** Whether the server of this folder runs. Removes the lock file of a dead one, whose process id may be in use again. */
  async isRunning(): Promise<boolean> {
    for (const end = Date.now() + START_SECONDS * 1000; Date.now() < end; await sleep(50)) {
      const lock = this.lockFile();
      if (lock && isPostmaster(lock.pid, this.data)) {
        if (lock.port !== this.choices.port) this.store({ ...this.choices, port: lock.port });
        const session = await this.connect().catch(nullUnlessPasswordIsWrong);
        await session?.end();
        if (session) return true;
      } else {
        fs.rmSync(join(this.data, 'postmaster.pid'), { force: true });
        return false;
      }
    }
    throw new StartRefused(
      `The PostgreSQL on ${this.data} runs but does not answer: stop its process, and start again.`,
    );
  }

  async start(): Promise<void> {
    this.options.onProgress?.('Starting PostgreSQL');
    const log = join(this.data, 'server.log');
    for (const end = Date.now() + START_SECONDS * 1000; ; await sleep(100)) {
      if (!(await isFree(this.choices.port))) await this.chooseFreePort();
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
        this.serverFlags(),
      ];
      try {
        return await this.binaries.run('pg_ctl', start, dirname(this.data));
      } catch (cause) {
        const output = fs.existsSync(log) ? fs.readFileSync(log, 'utf8').slice(-2000) : '';
        // Another process may take the port in between, and the children of a killed server end a moment after it.
        const passes = /already in use|still in use/i.test(output);
        if (!passes || Date.now() > end) throw notStarted(output, cause);
      }
    }
  }

  /** Connects to the server of this folder. Throws if another server answers on its port. */
  async connect(): Promise<Client> {
    const client = new Client({ connectionString: this.url('postgres'), connectionTimeoutMillis: 5000 });
    // Without a listener, a server that stops during an idle session would end this process.
    client.on('error', () => undefined);
    await client.connect();
    const { rows } = await client.query<{ data_directory: string }>('SHOW data_directory');
    if (rows[0] && fs.realpathSync(rows[0].data_directory) === fs.realpathSync(this.data)) return client;
    await client.end();
    throw new StartRefused(
      `Another PostgreSQL than that of ${this.data} answers on port ${this.choices.port}: start again, which chooses a free port.`,
    );
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

  private get choicesFile(): string {
    return `${this.dir}.json`;
  }

  private choose(): Choices {
    if (fs.existsSync(join(this.dir, 'PG_VERSION'))) {
      throw new StartRefused(
        `${this.choicesFile}, which has the password of ${this.dir}, is missing: restore it, or remove the folder as well.`,
      );
    }
    const password = randomBytes(24).toString('base64url');
    if (this.binaries.reaches(dirname(this.dir))) return { port: 0, password, elsewhere: null };
    // If a temporary folder was requested, the other one is temporary as well.
    const place = this.dir.startsWith(tmpdir()) ? tmpdir() : ROOT_STATE_FOLDER;
    const folder = fs.mkdtempSync(join(place, 'quittance-data-'));
    fs.chmodSync(folder, 0o755);
    return { port: 0, password, elsewhere: join(folder, 'postgres') };
  }

  private async chooseFreePort(): Promise<void> {
    this.store({ ...this.choices, port: await freePort() });
  }

  private store(choices: Choices): void {
    fs.writeFileSync(`${this.choicesFile}.part`, JSON.stringify(choices), { mode: 0o600 });
    fs.renameSync(`${this.choicesFile}.part`, this.choicesFile);
    this.choices = choices;
  }

  private serverFlags(): string {
    const unsafe = { fsync: 'off', synchronous_commit: 'off', full_page_writes: 'off' };
    const flags = {
      port: this.choices.port,
      listen_addresses: '127.0.0.1',
      unix_socket_directories: '',
      max_connections: 200,
      ...(this.options.ephemeral ? unsafe : {}),
      ...this.options.flags,
    };
    return Object.entries(flags)
      .map(([name, value]) => `-c "${name}=${value}"`)
      .join(' ');
  }
}

function notStarted(output: string, cause: unknown): Error {
  if (output === '' && cause instanceof StartRefused) return cause;
  return new StartRefused(`The embedded PostgreSQL did not start: ${reasonIn(output)}.`, { cause });
}

function readChoices(file: string): Choices | null {
  if (!fs.existsSync(file)) return null;
  try {
    const choices = JSON.parse(fs.readFileSync(file, 'utf8')) as Choices;
    if (choices.port > 0 && typeof choices.password === 'string') return choices;
  } catch {
    // A file that is not JSON is as unusable as one without a password.
  }
  throw new StartRefused(
    `${file} does not have the port and password of the database beside it: restore it.`,
  );
}

/** The id of a killed process may belong to another one by now, so the command line of the process decides. */
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

/** A server that is starting or stopping is unreachable for a moment. A wrong password stays wrong. */
function nullUnlessPasswordIsWrong(error: unknown): null {
  if ((error as { code?: unknown }).code !== '28P01') return null;
  throw new StartRefused(
    'The embedded PostgreSQL refuses the password that is stored beside its data: restore the file of that password.',
    { cause: error },
  );
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
  const free = await new Promise<boolean>((resolve) =>
    server.once('error', () => resolve(false)).listen(port, '127.0.0.1', () => resolve(true)),
  );
  if (free) await new Promise((closed) => server.close(closed));
  return free;
}
