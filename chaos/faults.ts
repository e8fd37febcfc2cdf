import { setTimeout as rest } from 'node:timers/promises';
import { hold } from './database.js';
import type { FaultKind } from './fault-kinds.js';
import { paymentsOf, type Plan, type PlannedFault, type Scenario } from './plan.js';
import type { World } from './world.js';

/** An order that nobody pays; operators crowd in front of it when the pool is to be full. */
export const DECOY_ORDER = 'decoy';
/** More than a replica has connections. */
const CROWD = 24;
/** Scenarios that began so long before a lock are about to send. */
const HOT_MS = 600;
/** A replica lets two callbacks wait for a row; those behind them are stored and answered at once. */
const HELD_ROWS = 4;
/** Back further than ahead: a lease of a clock that was ahead is held for as long as that, and the storm waits for it. */
const JUMP_MS = { back: 240_000, ahead: 20_000 };
const TABLES = ['events', 'callbacks', 'payments', 'orders', 'discrepancies'] as const;

type Strike = (world: World, fault: PlannedFault, plan: Plan) => Promise<string>;

/** How each kind strikes. It returns what exactly it did, when it is over; what was killed may still be starting then. */
export const STRIKES: Readonly<Record<FaultKind, Strike>> = {
  'service killed': (world) => kill(world, 0),
  'replica killed': (world) => kill(world, 1),
  async 'database killed'({ database }, { luck }) {
    const signal = luck < 0.5 ? 'SIGKILL' : 'SIGQUIT';
    await database.kill(signal);
    return signal === 'SIGKILL' ? 'kill -9 of the postmaster' : 'immediate shutdown';
  },
  async 'connections cut'({ proxies }, { replica }) {
    proxies[replica]!.cut();
    return `all of replica ${replica}`;
  },
  async 'connections silenced'({ proxies }, { replica }) {
    return `${proxies[replica]!.silence()} of replica ${replica} carry nothing any more`;
  },
  async 'network stalled'({ proxies }, { replica, lastsMs }) {
    proxies[replica]!.stall();
    await rest(lastsMs);
    proxies[replica]!.resume();
    return `replica ${replica}, ${lastsMs} ms`;
  },
  async 'commit swallowed'({ proxies }, { replica, lastsMs }) {
    proxies[replica]!.swallow = 'COMMIT';
    await rest(lastsMs);
    const swallowed = proxies[replica]!.swallow === null;
    proxies[replica]!.swallow = null;
    return swallowed ? `one of replica ${replica}` : 'none came by';
  },
  async 'rows held'({ database }, { offsetMs, lastsMs }, plan) {
    const numbers = crowdedPayments(plan, offsetMs);
    await hold(database, lastsMs, [
      ['SELECT FROM payments WHERE number = ANY($1) ORDER BY id FOR UPDATE', [numbers]],
    ]);
    return `${numbers.length} payments, ${lastsMs} ms`;
  },
  async 'table held'({ database }, { lastsMs, luck }) {
    const table = TABLES[Math.floor(luck * TABLES.length)]!;
    await hold(database, lastsMs, [[`LOCK TABLE ${table} IN ACCESS EXCLUSIVE MODE`]]);
    return `${table}, ${lastsMs} ms`;
  },
  async 'pool filled'({ database, shop }, { replica, lastsMs }) {
    const held = hold(database, lastsMs, [
      ['SELECT FROM orders WHERE number = $1 FOR UPDATE', [DECOY_ORDER]],
    ]);
    await Promise.all([held, ...Array.from({ length: CROWD }, () => shop.jostle(DECOY_ORDER, replica))]);
    return `${CROWD} operators at replica ${replica}, ${lastsMs} ms`;
  },
  async 'clock jumped'({ replicas }, { replica, lastsMs, luck }) {
    const jumpMs = Math.round(luck < 0.6 ? (-luck / 0.6) * JUMP_MS.back : luck * JUMP_MS.ahead);
    await replicas[replica]!.jump(jumpMs);
    await rest(lastsMs);
    await replicas[replica]!.jump(0);
    return `replica ${replica} by ${Math.round(jumpMs / 1_000)} s for ${lastsMs} ms`;
  },
};

/** Payments that are about to be paid, those first where the most callbacks will meet. */
function crowdedPayments({ scenarios }: Plan, offsetMs: number): string[] {
  const meeting = ({ steps }: Scenario) => Math.max(...steps.map((deeds) => deeds.length));
  return scenarios
    .filter((each) => each.offsetMs <= offsetMs && each.offsetMs > offsetMs - HOT_MS)
    .toSorted((left, right) => meeting(right) - meeting(left))
    .flatMap(paymentsOf)
    .slice(0, HELD_ROWS)
    .map(({ number }) => number);
}

async function kill({ replicas }: World, replica: number): Promise<string> {
  await replicas[replica]!.kill();
  return `kill -9 of replica ${replica}`;
}
