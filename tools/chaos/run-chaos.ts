import { chmodSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { Build } from './built-service.js';
import { type ViolatedClaim, check } from './check.js';
import type { Cleanups, DatabaseNeeds } from './database.js';
import { type ExecutionOptions, executePlan } from './execute-plan.js';
import type { History } from './history.js';
import { makePlan } from './make-plan.js';
import type { Profile } from './profiles.js';
import { startTestbed } from './testbed.js';

export interface ChaosRun {
  readonly history: History;
  readonly violated: readonly ViolatedClaim[];
  readonly seconds: number;
  /** Has the logs if a claim was violated. Otherwise it is removed. */
  readonly folder: string;
}

const SIGNALS = ['SIGINT', 'SIGTERM'] as const;

/** Runs one plan on its own testbed, and checks what is left. */
export async function runChaos(
  build: Pick<Build, 'folder' | 'children'>,
  seed: number,
  profile: Profile,
  options: ExecutionOptions,
): Promise<ChaosRun> {
  const since = performance.now();
  const plan = makePlan(seed, profile);
  options.progress(
    `Seed ${seed}: ${plan.scenarios.length} scenarios and ${plan.faults.length + plan.databaseFaults.length} faults in ${profile.seconds} s`,
  );
  const folder = mkdtempSync(path.join(tmpdir(), 'quittance-chaos-'));
  // PostgreSQL's own user has to pass through it.
  chmodSync(folder, 0o755);
  const cleanups: Cleanups = [async () => rmSync(folder, { recursive: true, force: true })];
  let ending: Promise<unknown> | undefined;
  const end = () => (ending ??= endAll(cleanups));
  const interrupted = (): void => void end().finally(() => process.exit(130));
  SIGNALS.forEach((signal) => process.once(signal, interrupted));
  try {
    const needs = needsOf(profile, options);
    const testbed = await startTestbed(build, folder, needs, cleanups);
    const history = await executePlan(plan, testbed, options);
    const violated = check(history);
    if (violated.length > 0) cleanups.pop();
    return { history, violated, seconds: (performance.now() - since) / 1_000, folder };
  } finally {
    await end();
    SIGNALS.forEach((signal) => process.off(signal, interrupted));
  }
}

const needsOf = ({ databaseFaults }: Profile, { embedded = false }: ExecutionOptions): DatabaseNeeds => ({
  smallDisk: databaseFaults['disk full'] > 0,
  standby: databaseFaults.failover > 0 && !embedded,
});

async function endAll(cleanups: Cleanups): Promise<void> {
  for (let last = cleanups.shift(); last; last = cleanups.shift()) await last();
}
