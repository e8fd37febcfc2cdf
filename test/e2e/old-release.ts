import { execFile, execFileSync } from 'node:child_process';
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';

/** The last commit of release 0.1.0. */
const COMMIT = '325f2fd';
const CACHE = path.resolve(`node_modules/.cache/quittance-0.1.0-${COMMIT}`);

/** A clone without history, or an archive of the sources, cannot build an old release. */
export function hasOldRelease(): boolean {
  if (existsSync(CACHE)) return true;
  try {
    execFileSync('git', ['cat-file', '-e', `${COMMIT}^{commit}`], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}

/** The folder of the built release 0.1.0. It is built once and stored, because its commit never changes. */
export async function oldRelease(): Promise<string> {
  if (existsSync(CACHE)) return CACHE;
  const run = promisify(execFile);
  const sources = mkdtempSync(path.join(tmpdir(), 'quittance-0.1.0-'));
  try {
    await run('git', ['archive', '--format=tar', '-o', path.join(sources, 'sources.tar'), COMMIT]);
    await run('tar', ['xf', 'sources.tar'], { cwd: sources });
    symlinkSync(path.resolve('node_modules'), path.join(sources, 'node_modules'));
    const built = path.join(sources, 'built');
    const compiler = path.resolve('node_modules/typescript/bin/tsc');
    const options = ['-p', 'tsconfig.build.json', '--noCheck', '--sourceMap', 'false', '--outDir', built];
    await run(process.execPath, [compiler, ...options], { cwd: sources });
    writeFileSync(path.join(built, 'package.json'), '{ "type": "module" }');
    store(built);
  } finally {
    rmSync(sources, { recursive: true, force: true });
  }
  return CACHE;
}

/** The folder gets its name when it is complete. Another process that was faster has stored the same. */
function store(built: string): void {
  mkdirSync(path.dirname(CACHE), { recursive: true });
  const draft = `${CACHE}.${process.pid}`;
  cpSync(built, draft, { recursive: true });
  try {
    renameSync(draft, CACHE);
  } catch (error) {
    rmSync(draft, { recursive: true, force: true });
    if (!existsSync(CACHE)) throw error;
  }
}
