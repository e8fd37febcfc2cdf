import { execFile } from 'node:child_process';
import { randomBytes, randomInt } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import type { PostgresBinaries } from '../../src/development/postgres-binaries.js';

/** Where Debian installs PostgreSQL 15. The embedded PostgreSQL has no program that copies a server. */
const PROGRAMS = '/usr/lib/postgresql/15/bin';
const NEEDED = ['initdb', 'pg_ctl', 'pg_basebackup'] as const;
/** A standby that was away must find the log that it lacks, and a lost connection must be noticed soon. */
const SETTINGS = {
  listen_addresses: '127.0.0.1',
  unix_socket_directories: '',
  max_connections: 200,
  wal_keep_size: '512MB',
  wal_retrieve_retry_interval: '200ms',
  wal_receiver_timeout: '3s',
  wal_sender_timeout: '3s',
};
const START_SECONDS = 60;

/** A folder that a copy of the server has in another place. */
export type MovedFolder = readonly [from: string, to: string];

/** A server of the PostgreSQL that Debian installs. It can be copied to a standby, and a standby can be promoted. */
export class InstalledServer {
  private constructor(
    private readonly data: string,
    private readonly port: number,
    private readonly password: string,
    private readonly binaries: PostgresBinaries,
  ) {}

  /** Why there can be no such server here, or null. */
  static whyMissing(): string | null {
    const missing = NEEDED.filter((program) => !existsSync(path.join(PROGRAMS, program)));
    return missing.length === 0 ? null : `there is no ${missing.join(', ')} in ${PROGRAMS}`;
  }

  /** Two servers with the same password, as a server and its copy have. */
  static async pair(folder: string, binaries: PostgresBinaries): Promise<[InstalledServer, InstalledServer]> {
    const password = randomBytes(24).toString('base64url');
    const server = async (name: string) =>
      new InstalledServer(path.join(folder, name), await freePort(), password, binaries);
    return [await server('postgres'), await server('standby')];
  }

  url(database = 'quittance'): string {
    return `postgres://postgres:${this.password}@127.0.0.1:${this.port}/${database}`;
  }

  async initialise(): Promise<void> {
    this.emptyFolder(this.data);
    const passwordFile = `${this.data}.password`;
    writeFileSync(passwordFile, this.password, { mode: 0o600 });
    this.binaries.handOver(passwordFile);
    const access = ['--username=postgres', `--pwfile=${passwordFile}`, '--auth=scram-sha-256'];
    try {
      await this.run('initdb', ['-D', this.data, ...access, '--encoding=UTF8', '--locale=C']);
    } finally {
      rmSync(passwordFile);
    }
  }

  /** Replaces the data of this server, which must have ended, by a copy of the other one, and starts it as its standby. */
  async follow(primary: InstalledServer, moved: readonly MovedFolder[]): Promise<void> {
    for (const folder of [this.data, ...moved.map(([, to]) => to)]) this.emptyFolder(folder);
    const source = [
      '-h',
      '127.0.0.1',
      '-p',
      `${primary.port}`,
      '-U',
      'postgres',
      '-X',
      'stream',
      '-c',
      'fast',
    ];
    const mappings = moved.map(([from, to]) => `--tablespace-mapping=${from}=${to}`);
    await this.run('pg_basebackup', ['-D', this.data, ...source, ...mappings]);
    const access = `host=127.0.0.1 port=${primary.port} user=postgres password=${this.password}`;
    // Replaces the settings of the primary, such as the name of its standby or a setting that a fault has made.
    this.write('postgresql.auto.conf', `primary_conninfo = '${access}'\n`);
    this.write('standby.signal', '');
    await this.start();
  }

  /** Ends the role of a standby. Resolves when this server takes writes. */
  async promote(): Promise<void> {
    await this.run('pg_ctl', ['promote', '-w', '-D', this.data]);
  }

  /** The children of a killed server end a moment after it, and the next start has to wait for them. */
  async start(): Promise<void> {
    const log = `${this.data}.log`;
    writeFileSync(log, '', { flag: 'a' });
    this.binaries.handOver(log);
    const settings = Object.entries({ ...SETTINGS, port: this.port });
    const flags = settings.map(([name, value]) => `-c "${name}=${value}"`).join(' ');
    const start = ['start', '-w', '-t', `${START_SECONDS}`, '-D', this.data, '-l', log, '-o', flags];
    for (const end = performance.now() + START_SECONDS * 1_000; ; await sleep(200)) {
      try {
        return await this.run('pg_ctl', start);
      } catch (cause) {
        if (performance.now() < end) continue;
        const output = readFileSync(log, 'utf8').slice(-2_000);
        throw new Error(`PostgreSQL did not start.\n${output}`, { cause });
      }
    }
  }

  async stop(): Promise<void> {
    if (existsSync(this.data)) await this.run('pg_ctl', ['stop', '-w', '-m', 'fast', '-D', this.data]);
  }

  /** Removes the lock file of a killed server. While its parent has not read the exit code, the process id still exists. */
  async isRunning(): Promise<boolean> {
    const lock = this.lockFile();
    if (lock && commandOf(lock.pid).includes(` -D ${this.data} `)) return true;
    rmSync(path.join(this.data, 'postmaster.pid'), { force: true });
    return false;
  }

  lockFile(): { readonly pid: number } | null {
    const file = path.join(this.data, 'postmaster.pid');
    return existsSync(file) ? { pid: Number.parseInt(readFileSync(file, 'utf8'), 10) } : null;
  }

  private write(name: string, text: string): void {
    const file = path.join(this.data, name);
    writeFileSync(file, text, { mode: 0o600 });
    this.binaries.handOver(file);
  }

  private emptyFolder(folder: string): void {
    rmSync(folder, { recursive: true, force: true });
    mkdirSync(folder, { mode: 0o700 });
    this.binaries.handOver(folder);
  }

  private async run(program: (typeof NEEDED)[number], args: readonly string[]): Promise<void> {
    await promisify(execFile)(path.join(PROGRAMS, program), args, {
      ...this.binaries.account,
      cwd: path.dirname(this.data),
      env: { PATH: process.env.PATH, LC_ALL: 'C', PGPASSWORD: this.password },
    });
  }
}

function commandOf(pid: number): string {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ');
  } catch {
    return '';
  }
}

/** Below the ports of outgoing connections, one of which could take the port of a server that is down. */
async function freePort(): Promise<number> {
  for (;;) {
    const port = randomInt(20_000, 32_000);
    const server = createServer();
    const isFree = await new Promise<boolean>((resolve) =>
      server.once('error', () => resolve(false)).listen(port, '127.0.0.1', () => resolve(true)),
    );
    if (!isFree) continue;
    await new Promise((resolve) => server.close(resolve));
    return port;
  }
}
