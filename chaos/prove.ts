import { cpSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { BREAKAGES, broken, type Breakage } from './breakages.js';
import { runStorm, type Run } from './run.js';
import { PROOF } from './weathers.js';

/** What is broken may never come to rest, and is not waited for. */
const CALM_SECONDS = 20;

/** Storms over the service as it is and over each way of breaking it. True where the one comes through and all others are caught. */
export async function prove(seed: number): Promise<boolean> {
  const proofs: { name: string; holds: boolean; by: string }[] = [];
  for (const breakage of [null, ...BREAKAGES]) {
    const name = breakage?.name ?? 'nothing is broken';
    console.log(`\n${name}`);
    const { broken: found, seconds, folder } = await stormOver(breakage, seed);
    rmSync(folder, { recursive: true, force: true });
    const by = found.map(({ claim, violations }) => `${violations.length} × ${claim}`);
    const holds = breakage ? found.length > 0 : found.length === 0;
    proofs.push({ name, holds, by: `${by[0] ?? 'no violation'} (${seconds.toFixed(0)} s)` });
    console.log(by.map((line) => `        ${line}`).join('\n') || '        no violation');
  }
  console.log(`\nSeed ${seed}\n`);
  for (const { name, holds, by } of proofs)
    console.log(`  ${holds ? 'as it must be' : 'NOT CAUGHT  '}  ${name}: ${by}`);
  return proofs.every(({ holds }) => holds);
}

async function stormOver(breakage: Breakage | null, seed: number): Promise<Run> {
  const folder = copyOfBuild(breakage);
  try {
    const options = {
      calmSeconds: CALM_SECONDS,
      endsLeases: true,
      progress: (text: string) => console.log(text),
    };
    return await runStorm({ folder, children: new Set() }, seed, PROOF, options);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** The built service in a folder of its own, so that what is broken there is broken nowhere else. */
function copyOfBuild(breakage: Breakage | null): string {
  const folder = mkdtempSync(path.join(tmpdir(), 'quittance-broken-'));
  cpSync('dist', folder, { recursive: true });
  writeFileSync(path.join(folder, 'package.json'), '{ "type": "module" }');
  symlinkSync(path.resolve('node_modules'), path.join(folder, 'node_modules'));
  if (breakage) {
    const file = path.join(folder, breakage.file);
    writeFileSync(file, broken(breakage, readFileSync(file, 'utf8')));
  }
  return folder;
}
