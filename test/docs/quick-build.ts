import { transformFile } from '@swc/core';
import type { ChildProcess } from 'node:child_process';
import {
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { Build } from '../../tools/chaos/built-service.js';

/** The service and the sandbox, built by the compiler that the tests are run with: it takes a second where `npm run build` takes eight. */
export async function quickBuild(): Promise<Build> {
  const folder = mkdtempSync(path.join(tmpdir(), 'quittance-build-'));
  const children = new Set<ChildProcess>();
  for (const source of ['src', 'migrations'].flatMap(sourcesIn)) {
    const { code } = await transformFile(source, { configFile: path.resolve('.swcrc') });
    const target = path.join(folder, source.replace(/\.ts$/, '.js'));
    mkdirSync(path.dirname(target), { recursive: true });
    writeFileSync(target, code);
  }
  const { version } = JSON.parse(readFileSync('package.json', 'utf8')) as { version: string };
  writeFileSync(path.join(folder, 'package.json'), JSON.stringify({ type: 'module', version }));
  symlinkSync(path.resolve('node_modules'), path.join(folder, 'node_modules'));
  return {
    folder,
    children,
    remove() {
      children.forEach((child) => child.kill('SIGKILL'));
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

const sourcesIn = (root: string): string[] =>
  readdirSync(root, { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('.ts'))
    .map((file) => path.join(root, file));
