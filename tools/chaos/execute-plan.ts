import { setTimeout as sleep } from 'node:timers/promises';
import type { Client } from 'pg';
import { PUBLISHED_TYPES } from '../../src/domain/events/published-event.js';
import { auditOf } from './audit.js';
import { DECOY_ORDER, FAULT_INJECTORS } from './faults.js';
import { type AuditAnswer, type History, type InjectedFault, type Recovery, loadTables } from './history.js';
import { type Action, type Plan, type PlannedFault, type Probe, type Scenario, probesOf } from './plan.js';
import { injectAndMend } from './recovery.js';
import type { Testbed } from './testbed.js';

export interface ExecutionOptions {
  /** The longest time for the recovery, once everything is acknowledged. The checker finds what is unfinished after it. */
  readonly recoverySeconds: number;
  /** Whether the leases of killed processes end with the last fault. Otherwise the recovery waits half a minute for them. */
  readonly expireLeases: boolean;
  /** Gets the phase and the counts every few seconds. */
  readonly progress: (text: string) => void;
  /** Whether the database is the embedded PostgreSQL also if another one could have a standby. */
  readonly embedded?: boolean;
}

/** For the scenarios that are unfinished after the last fault. The checker finds what was never acknowledged. */
const LAST_SENDS_MS = 120_000;
/** However long nothing is answered, the repeated requests must leave the services enough resources to start. */
const MAX_RUNNING_SCENARIOS = 200;
const POLL_MS = 500;
const PROGRESS_EVERY_MS = 5_000;

/** Retries that were postponed, and callbacks that a killed process had leased. */
const EXPIRE_CALLBACKS = `UPDATE callbacks SET next_attempt_at = now() WHERE outcome = 'pending'`;
const EXPIRE_DELIVERIES = `UPDATE deliveries SET next_attempt_at = now() WHERE next_attempt_at > now()`;

/** Payments that expire soon count as well, because the sweep that expires them publishes events. */
const UNFINISHED = `
SELECT (SELECT count(*) FROM callbacks WHERE outcome = 'pending')
     + (SELECT count(*) FROM deliveries WHERE next_attempt_at IS NOT NULL)
     + (SELECT count(*) FROM events WHERE type = ANY($1) AND NOT EXISTS (SELECT FROM deliveries WHERE event_id = events.id))
     + (SELECT count(*) FROM payments WHERE status IN ('init','processing') AND expires_at < now() + interval '30 minutes') AS left`;

/** Runs the plan on the testbed, waits until the service has recovered, and returns everything that is known about it. */
export async function executePlan(plan: Plan, testbed: Testbed, options: ExecutionOptions): Promise<History> {
  const execution = new Execution(plan, testbed);
  const ticker = setInterval(() => options.progress(execution.progress()), PROGRESS_EVERY_MS);
  try {
    await execution.run();
    await execution.recover(options);
  } finally {
    clearInterval(ticker);
    testbed.stopRetrying();
  }
  options.progress(execution.progress());
  const audit = await auditOf(testbed.replicas[0]!.url, execution.from);
  await Promise.all(testbed.replicas.map((replica) => replica.stop('SIGTERM')));
  return execution.history(audit);
}

class Execution {
  private readonly faults: InjectedFault[] = [];
  private readonly recoveries: Recovery[] = [];
  private readonly since = performance.now();
  readonly from = new Date();
  private phase: 'run' | 'last sends' | 'recovery' = 'run';
  private runningScenarios = 0;
  /** Scenarios that are due and wait for another one to end, in the order of the plan. */
  private readonly waiting: (() => void)[] = [];
  private scenarios: Promise<unknown> = Promise.resolve();

  constructor(
    private readonly plan: Plan,
    private readonly testbed: Testbed,
  ) {}

  async run(): Promise<void> {
    await this.testbed.shop.place({
      number: DECOY_ORDER,
      amount: '1.00',
      currency: 'CNY',
      expected: ['pending'],
    });
    await Promise.all(probesOf(this.plan).map((probe) => this.placeProbe(probe)));
    this.scenarios = Promise.all(this.plan.scenarios.map((scenario) => this.play(scenario)));
    await Promise.all(this.plan.faults.map((fault) => this.inject(fault)));
    for (const planned of this.plan.databaseFaults) {
      const { fault, recoveries } = await injectAndMend(this.testbed, planned);
      this.faults.push(fault);
      this.recoveries.push(...recoveries);
    }
    this.phase = 'last sends';
  }

  /** Waits until everything is up, everything sent is acknowledged, nothing is pending and every event is delivered. */
  async recover({ recoverySeconds, expireLeases }: ExecutionOptions): Promise<void> {
    const { database, replicas, proxies } = this.testbed;
    proxies.forEach((proxy) => proxy.resume());
    proxies.forEach((proxy) => (proxy.dropFrom = null));
    await database.isUp();
    await Promise.all(replicas.map((replica) => replica.isUp()));
    await Promise.race([this.scenarios, sleep(LAST_SENDS_MS, null, { ref: false })]);
    this.phase = 'recovery';
    const end = performance.now() + recoverySeconds * 1_000;
    const session = await database.session();
    try {
      if (expireLeases) await session.query(EXPIRE_DELIVERIES);
      while (performance.now() < end && !(await isFinished(session))) {
        if (expireLeases) await session.query(EXPIRE_CALLBACKS);
        await sleep(POLL_MS);
      }
    } finally {
      await session.end();
    }
  }

  async history(audit: AuditAnswer): Promise<History> {
    const { plan, faults, recoveries } = this;
    const { database, sender, shop, operators, subscriber } = this.testbed;
    const session = await database.session();
    try {
      const tables = await loadTables(session);
      const { delivered } = subscriber;
      const { attempts } = sender;
      const clients = { attempts, requests: shop.requests, deeds: operators.deeds, delivered };
      return { ...tables, ...clients, plan, faults, recoveries, audit };
    } finally {
      await session.end();
    }
  }

  progress(): string {
    const { attempts } = this.testbed.sender;
    const acknowledged = new Set(
      attempts.filter(({ answer }) => Number(answer) < 300).map(({ callback }) => callback),
    );
    const seconds = `${((performance.now() - this.since) / 1_000).toFixed(0)} s`.padStart(6);
    const sent = String(attempts.length).padStart(6);
    const taken = String(acknowledged.size).padStart(6);
    const running = this.runningScenarios === 0 ? '' : `, ${this.runningScenarios} scenarios running`;
    return `${seconds}  ${this.phase.padEnd(10)}${sent} deliveries, ${taken} callbacks acknowledged${running}, ${this.faults.length} of ${this.plan.faults.length + this.plan.databaseFaults.length} faults`;
  }

  private async placeProbe({ order, payment }: Probe): Promise<void> {
    await this.testbed.shop.place(order);
    await this.testbed.shop.open(payment);
  }

  private async play({ offsetMs, steps }: Scenario): Promise<void> {
    await this.until(offsetMs);
    if (this.runningScenarios >= MAX_RUNNING_SCENARIOS)
      await new Promise<void>((begin) => this.waiting.push(begin));
    this.runningScenarios += 1;
    for (const actions of steps) await Promise.all(actions.map((action) => this.perform(action)));
    this.runningScenarios -= 1;
    this.waiting.shift()?.();
  }

  private async perform(action: Action): Promise<void> {
    const { shop, operators, sender } = this.testbed;
    switch (action.type) {
      case 'place':
        return shop.place(action.order);
      case 'open':
        return shop.open(action.payment);
      case 'cancel':
        return shop.cancel(action.orderNumber);
      case 'operate':
        return operators.perform(action.deed);
      case 'await decision':
        return operators.awaitDecision(action.callback);
      case 'wait':
        return sleep(action.ms);
      case 'send': {
        const { callback, to, repeatAfterMs } = action;
        await sender.deliver(callback, to);
        if (repeatAfterMs === null) return;
        await sleep(repeatAfterMs);
        await sender.deliver(callback, 1 - to);
      }
    }
  }

  private async inject(fault: PlannedFault): Promise<void> {
    await this.until(fault.offsetMs);
    const at = Date.now();
    try {
      const detail = await FAULT_INJECTORS[fault.kind](this.testbed, fault, this.plan);
      this.faults.push({ kind: fault.kind, at, detail });
    } catch (error) {
      // A fault that holds locks needs the database, which another fault may have killed.
      this.faults.push({ kind: `${fault.kind}, not injected`, at, detail: (error as Error).message });
    }
  }

  private async until(offsetMs: number): Promise<void> {
    await sleep(this.since + offsetMs - performance.now());
  }
}

async function isFinished(session: Client): Promise<boolean> {
  const { rows } = await session.query<{ left: string }>(UNFINISHED, [[...PUBLISHED_TYPES]]);
  return rows[0]!.left === '0';
}
