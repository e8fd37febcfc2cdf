import { setTimeout as sleep } from 'node:timers/promises';
import { DATABASE_FAULTS } from './database-faults.js';
import type { InjectedFault, Recovery } from './history.js';
import type { PlannedDatabaseFault, Probe } from './plan.js';
import type { Replica } from './replica.js';
import type { Testbed } from './testbed.js';

/** A process that has not recovered is waited for, so that the next fault has its own recovery. */
const LONGEST_MS = 30_000;
const POLL_MS = 250;

export interface Mended {
  readonly fault: InjectedFault;
  readonly recoveries: readonly Recovery[];
}

/** Injects a database fault, mends it, and measures how long each replica takes until it works again. */
export async function injectAndMend(testbed: Testbed, planned: PlannedDatabaseFault): Promise<Mended> {
  const { kind, probes } = planned;
  const missing = DATABASE_FAULTS[kind].whyMissing?.(testbed) ?? null;
  if (missing !== null) return without(testbed, probes, { kind: `${kind}, skipped`, detail: missing });
  try {
    await isCalm(testbed);
    const fault = await injectFor(testbed, planned);
    const recoveries = await Promise.all(
      probes.map((probe, replica) => recoveryOf(testbed, { kind, replica, probe })),
    );
    return { fault, recoveries };
  } catch (error) {
    const { message } = error as Error;
    return without(testbed, probes, { kind: `${kind}, not injected`, detail: message });
  }
}

/** Without a fault, the callbacks that are planned for its recovery are sent like any others. */
async function without(
  { sender }: Testbed,
  probes: readonly Probe[],
  { kind, detail }: { kind: string; detail: string },
): Promise<Mended> {
  const at = Date.now();
  await Promise.all(probes.map(({ callback }, replica) => sender.deliver(callback, replica)));
  return { fault: { kind, at, detail }, recoveries: [] };
}

/** Whatever an earlier fault has stopped runs again. */
async function isCalm({ database, replicas }: Testbed): Promise<void> {
  await database.isUp();
  await Promise.all(replicas.map((replica) => replica.isUp()));
}

/** Resolves when the fault is mended. */
async function injectFor(
  testbed: Testbed,
  { kind, lastsMs, restarts }: PlannedDatabaseFault,
): Promise<InjectedFault> {
  const at = Date.now();
  const done = await DATABASE_FAULTS[kind].begin(testbed);
  if (restarts !== null) await testbed.replicas[restarts]!.kill();
  await sleep(lastsMs);
  await DATABASE_FAULTS[kind].end(testbed);
  const killed = restarts === null ? '' : `, replica ${restarts} killed meanwhile`;
  return { kind, at, detail: `${done}, ${lastsMs} ms${killed}` };
}

/** A process works again if it stores a callback and is ready after that. The time that a killed one takes to start does not count. */
async function recoveryOf(
  { sender, replicas }: Testbed,
  { kind, replica, probe }: { kind: string; replica: number; probe: Probe },
): Promise<Recovery> {
  await Promise.race([replicas[replica]!.isUp(), sleep(LONGEST_MS, null, { ref: false })]);
  const [at, since] = [Date.now(), performance.now()];
  const until = since + LONGEST_MS;
  const stored = await sender.deliverTo(probe.callback, replica, until);
  const isReady = stored && (await isReadyBefore(until, replicas[replica]!));
  // A callback that this replica has not stored is stored by the other one.
  if (!stored) await sender.deliver(probe.callback, 1 - replica);
  const afterMs = isReady ? Math.round(performance.now() - since) : null;
  return { kind, replica, at, callback: probe.callback.key, stored, afterMs };
}

async function isReadyBefore(until: number, replica: Replica): Promise<boolean> {
  for (; performance.now() < until; await sleep(POLL_MS)) if (await replica.isReady()) return true;
  return false;
}
