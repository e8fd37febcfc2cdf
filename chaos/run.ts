import { chmodSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { Build } from './built-service.js';
import { check, type Broken } from './check.js';
import type { Started } from './database.js';
import type { History } from './history.js';
import { makePlan, type Weather } from './make-plan.js';
import { rage, type StormOptions } from './storm.js';
import { makeWorld } from './world.js';

export interface Run {
  readonly history: History;
  readonly broken: readonly Broken[];
  readonly seconds: number;
  /** Where the logs are, where something is broken. */
  readonly folder: string;
}

const SIGNALS = ['SIGINT', 'SIGTERM'] as const;

/** One storm over a world of its own, and what the checker says of it. */
export async function runStorm(
  build: Pick<Build, 'folder' | 'children'>,
  seed: number,
  weather: Weather,
  options: StormOptions,
): Promise<Run> {
  const since = performance.now();
  const plan = makePlan(seed, weather);
  options.progress(
    `Seed ${seed}: ${plan.scenarios.length} scenarios and ${plan.faults.length} faults in ${weather.seconds} s`,
  );
  const folder = mkdtempSync(path.join(tmpdir(), 'quittance-chaos-'));
  // PostgreSQL's user has to pass through it.
  chmodSync(folder, 0o755);
  const started: Started = [async () => rmSync(folder, { recursive: true, force: true })];
  let ending: Promise<unknown> | undefined;
  const end = () => (ending ??= endAll(started));
  const interrupted = (): void => void end().finally(() => process.exit(130));
  SIGNALS.forEach((signal) => process.once(signal, interrupted));
  try {
    const history = await rage(plan, await makeWorld(build, folder, started), options);
    const broken = check(history);
    if (broken.length > 0) started.pop();
    return { history, broken, seconds: (performance.now() - since) / 1_000, folder };
  } finally {
    await end();
    SIGNALS.forEach((signal) => process.off(signal, interrupted));
  }
}

async function endAll(started: Started): Promise<void> {
  for (let last = started.shift(); last; last = started.shift()) await last();
}
