import { execFile, execFileSync } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { swcBuild } from '../swc-build.js';

/** A release that this one must be able to replace while it works. */
export interface OldRelease {
  readonly version: string;
  /** Its last commit. */
  readonly commit: string;
}

const cacheOf = ({ version, commit }: OldRelease): string =>
  path.resolve(`node_modules/.cache/quittance-${version}-${commit}`);

/** A clone without history, or an archive of the sources, cannot build an old release. */
export function hasOldRelease(release: OldRelease): boolean {
  if (existsSync(cacheOf(release))) return true;
  try {
    execFileSync('git', ['cat-file', '-e', `${release.commit}^{commit}`], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}

/** The folder of the built release. It is built once and stored, because its commit never changes. */
export async function oldRelease(release: OldRelease): Promise<string> {
  const cache = cacheOf(release);
  if (existsSync(cache)) return cache;
  const run = promisify(execFile);
  const sources = mkdtempSync(path.join(tmpdir(), `quittance-${release.version}-`));
  try {
    await run('git', ['archive', '--format=tar', '-o', path.join(sources, 'sources.tar'), release.commit]);
    await run('tar', ['xf', 'sources.tar'], { cwd: sources });
    const built = path.join(sources, 'built');
    await swcBuild({ from: sources, to: built });
    writeFileSync(path.join(built, 'package.json'), '{ "type": "module" }');
    store(built, cache);
  } finally {
    rmSync(sources, { recursive: true, force: true });
  }
  return cache;
}

/** The folder gets its name when it is complete. Another process that was faster has stored the same. */
function store(built: string, cache: string): void {
  mkdirSync(path.dirname(cache), { recursive: true });
  const draft = `${cache}.${process.pid}`;
  cpSync(built, draft, { recursive: true });
  try {
    renameSync(draft, cache);
  } catch (error) {
    rmSync(draft, { recursive: true, force: true });
    if (!existsSync(cache)) throw error;
  }
}
