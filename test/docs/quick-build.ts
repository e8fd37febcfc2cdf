import type { ChildProcess } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { Build } from '../../tools/chaos/built-service.js';
import { swcBuild } from '../swc-build.js';

/** The service and the sandbox, with the version of the package. */
export async function quickBuild(): Promise<Build> {
  const folder = mkdtempSync(path.join(tmpdir(), 'quittance-build-'));
  const children = new Set<ChildProcess>();
  await swcBuild({ from: '.', to: folder });
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
