import { setTimeout as sleep } from 'node:timers/promises';
import { lockFor } from './database.js';
import type { FaultKind } from './fault-kinds.js';
import { type Plan, type PlannedFault, type Scenario, paymentsOf } from './plan.js';
import type { Testbed } from './testbed.js';

/** An order that is never paid. Operators' requests queue for its lock to exhaust the pool. */
export const DECOY_ORDER = 'decoy';
/** More than a replica has connections. */
const CONTENDERS = 24;
/** Scenarios that began within this time before a lock are about to send their callbacks. */
const ABOUT_TO_SEND_MS = 600;
/** A replica lets two callbacks wait for a row. The callbacks behind them are stored and answered at once. */
const LOCKED_PAYMENTS = 4;
/** Back further than ahead: a lease that was taken with a clock ahead lasts that much longer, and the recovery waits for it. */
const JUMP_MS = { back: 240_000, ahead: 20_000 };
const TABLES = ['events', 'callbacks', 'payments', 'orders', 'discrepancies'] as const;

/** Resolves when the fault is over, to a text that says what was done. A killed process may still be starting by then. */
type FaultInjector = (testbed: Testbed, fault: PlannedFault, plan: Plan) => Promise<string>;

export const FAULT_INJECTORS: Readonly<Record<FaultKind, FaultInjector>> = {
  'first replica killed': (testbed) => kill(testbed, 0),
  'second replica killed': (testbed) => kill(testbed, 1),
  async 'database killed'({ database }, { random }) {
    const signal = random < 0.5 ? 'SIGKILL' : 'SIGQUIT';
    await database.kill(signal);
    return signal === 'SIGKILL' ? 'kill -9 of the postmaster' : 'immediate shutdown';
  },
  async 'connections cut'({ proxies }, { replica }) {
    proxies[replica]!.cut();
    return `all of replica ${replica}`;
  },
  async 'connections silenced'({ proxies }, { replica }) {
    return `${proxies[replica]!.silence()} connections of replica ${replica} carry nothing any more`;
  },
  async 'network stalled'({ proxies }, { replica, lastsMs }) {
    proxies[replica]!.stall();
    await sleep(lastsMs);
    proxies[replica]!.resume();
    return `replica ${replica}, ${lastsMs} ms`;
  },
  async 'commit dropped'({ proxies }, { replica, lastsMs }) {
    proxies[replica]!.dropFrom = 'COMMIT';
    await sleep(lastsMs);
    const dropped = proxies[replica]!.dropFrom === null;
    proxies[replica]!.dropFrom = null;
    return dropped ? `one of replica ${replica}` : `replica ${replica} sent none in ${lastsMs} ms`;
  },
  async 'rows locked'({ database }, { offsetMs, lastsMs }, plan) {
    const numbers = contendedPayments(plan, offsetMs);
    await lockFor(database, lastsMs, [
      ['SELECT FROM payments WHERE number = ANY($1) ORDER BY id FOR UPDATE', [numbers]],
    ]);
    return `${numbers.length} payments, ${lastsMs} ms`;
  },
  async 'table locked'({ database }, { lastsMs, random }) {
    const table = TABLES[Math.floor(random * TABLES.length)]!;
    await lockFor(database, lastsMs, [[`LOCK TABLE ${table} IN ACCESS EXCLUSIVE MODE`]]);
    return `${table}, ${lastsMs} ms`;
  },
  async 'pool exhausted'({ database, shop }, { replica, lastsMs }) {
    const locked = lockFor(database, lastsMs, [
      ['SELECT FROM orders WHERE number = $1 FOR UPDATE', [DECOY_ORDER]],
    ]);
    const contenders = Array.from({ length: CONTENDERS }, () => shop.contend(DECOY_ORDER, replica));
    await Promise.all([locked, ...contenders]);
    return `${CONTENDERS} operators at replica ${replica}, ${lastsMs} ms`;
  },
  async 'clock jumped'({ replicas }, { replica, lastsMs, random }) {
    const jumpMs = Math.round(random < 0.6 ? (-random / 0.6) * JUMP_MS.back : random * JUMP_MS.ahead);
    await replicas[replica]!.jump(jumpMs);
    await sleep(lastsMs);
    await replicas[replica]!.jump(0);
    return `replica ${replica} by ${Math.round(jumpMs / 1_000)} s for ${lastsMs} ms`;
  },
};

/** Payments that are about to be paid. First those with the most callbacks at the same time. */
function contendedPayments({ scenarios }: Plan, offsetMs: number): string[] {
  const simultaneous = ({ steps }: Scenario) => Math.max(...steps.map((actions) => actions.length));
  return scenarios
    .filter((each) => each.offsetMs <= offsetMs && each.offsetMs > offsetMs - ABOUT_TO_SEND_MS)
    .toSorted((left, right) => simultaneous(right) - simultaneous(left))
    .flatMap(paymentsOf)
    .slice(0, LOCKED_PAYMENTS)
    .map(({ number }) => number);
}

async function kill({ replicas }: Testbed, replica: number): Promise<string> {
  await replicas[replica]!.kill();
  return `kill -9 of replica ${replica}`;
}
