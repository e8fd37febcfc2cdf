import { cpSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { DEFECTS, type Defect, applyDefect } from './defects.js';
import { PROOF } from './profiles.js';
import { type ChaosRun, runChaos } from './run-chaos.js';

/** A service with a defect may never recover, so it is not given much time. */
const RECOVERY_SECONDS = 20;

/** Runs the service without a defect and with each defect. True if only the first run has no violation. */
export async function prove(seed: number): Promise<boolean> {
  const proofs: { name: string; isRight: boolean; result: string }[] = [];
  for (const defect of [null, ...DEFECTS]) {
    const name = defect?.name ?? 'no defect';
    console.log(`\n${name}`);
    const { violated, seconds, folder } = await runWith(defect, seed);
    rmSync(folder, { recursive: true, force: true });
    const lines = violated.map(({ claim, violations }) => `${violations.length} × ${claim}`);
    const isRight = defect ? violated.length > 0 : violated.length === 0;
    proofs.push({ name, isRight, result: `${lines[0] ?? 'no violation'} (${seconds.toFixed(0)} s)` });
    console.log(lines.map((line) => `        ${line}`).join('\n') || '        no violation');
  }
  console.log(`\nSeed ${seed}\n`);
  for (const { name, isRight, result } of proofs)
    console.log(`  ${isRight ? 'as expected' : 'NOT EXPECTED'}  ${name}: ${result}`);
  return proofs.every(({ isRight }) => isRight);
}

async function runWith(defect: Defect | null, seed: number): Promise<ChaosRun> {
  const folder = copyOfBuild(defect);
  try {
    const options = {
      recoverySeconds: RECOVERY_SECONDS,
      expireLeases: true,
      progress: (text: string) => console.log(text),
    };
    return await runChaos({ folder, children: new Set() }, seed, PROOF, options);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** Copies the built service to a separate folder, and applies the defect there. */
function copyOfBuild(defect: Defect | null): string {
  const folder = mkdtempSync(path.join(tmpdir(), 'quittance-defect-'));
  cpSync('dist', folder, { recursive: true });
  writeFileSync(path.join(folder, 'package.json'), '{ "type": "module" }');
  symlinkSync(path.resolve('node_modules'), path.join(folder, 'node_modules'));
  if (defect) {
    const file = path.join(folder, defect.file);
    writeFileSync(file, applyDefect(defect, readFileSync(file, 'utf8')));
  }
  return folder;
}
