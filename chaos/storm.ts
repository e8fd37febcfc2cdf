import { setTimeout as rest } from 'node:timers/promises';
import type { Client } from 'pg';
import { PUBLISHED_TYPES } from '../src/domain/published-event.js';
import { DECOY_ORDER, STRIKES } from './faults.js';
import { loadTables, type History, type StruckFault } from './history.js';
import type { Deed, Plan, PlannedFault, Scenario } from './plan.js';
import type { World } from './world.js';

export interface StormOptions {
  /** How long all of it may take to come to rest, once everything is acknowledged. What is not at rest by then is for the checker to find. */
  readonly calmSeconds: number;
  /** Whether leases of the killed end with the storm; to wait for them is to wait for half a minute. */
  readonly endsLeases: boolean;
  /** Hears the phase and the counts, now and then. */
  readonly progress: (text: string) => void;
}

/** Plays the plan over the world, waits until all is calm, and returns all that is known of it. */
export async function rage(plan: Plan, world: World, options: StormOptions): Promise<History> {
  const storm = new Storm(plan, world);
  const ticker = setInterval(() => options.progress(storm.tell()), 5_000);
  try {
    await storm.rage();
    await storm.calm(options);
  } finally {
    clearInterval(ticker);
    world.giveUp();
  }
  options.progress(storm.tell());
  await Promise.all(world.replicas.map((replica) => replica.stop('SIGTERM')));
  return storm.history();
}

class Storm {
  private readonly faults: StruckFault[] = [];
  private readonly since = performance.now();
  private phase = 'storm';
  private underWay = 0;
  /** Scenarios whose time has come, in the order of the plan. */
  private readonly waiting: (() => void)[] = [];
  private sending: Promise<unknown> = Promise.resolve();

  constructor(
    private readonly plan: Plan,
    private readonly world: World,
  ) {}

  async rage(): Promise<void> {
    await this.world.shop.place({
      number: DECOY_ORDER,
      amount: '1.00',
      currency: 'CNY',
      expected: ['pending'],
    });
    this.sending = Promise.all(this.plan.scenarios.map((scenario) => this.play(scenario)));
    await Promise.all(this.plan.faults.map((fault) => this.strike(fault)));
    this.phase = 'last sends';
  }

  /** Everything is up again, everything sent is acknowledged, nothing is pending, and everybody has been told. */
  async calm({ calmSeconds, endsLeases }: StormOptions): Promise<void> {
    const { database, replicas, proxies } = this.world;
    proxies.forEach((proxy) => proxy.resume());
    proxies.forEach((proxy) => (proxy.swallow = null));
    await database.isUp();
    await Promise.all(replicas.map((replica) => replica.isUp()));
    await Promise.race([this.sending, rest(SENDING_AT_MOST_MS, null, { ref: false })]);
    this.phase = 'calm';
    const end = performance.now() + calmSeconds * 1_000;
    const session = await database.session();
    try {
      if (endsLeases) await session.query(END_DELIVERIES);
      while (performance.now() < end && !(await isAtRest(session))) {
        if (endsLeases) await session.query(END_WAITING);
        await rest(REST_MS);
      }
    } finally {
      await session.end();
    }
  }

  async history(): Promise<History> {
    const { database, sender, shop, subscriber } = this.world;
    const session = await database.session();
    try {
      const tables = await loadTables(session);
      const { plan, faults } = this;
      return { ...tables, plan, faults, attempts: sender.attempts, asked: shop.asked, told: subscriber.told };
    } finally {
      await session.end();
    }
  }

  tell(): string {
    const { attempts } = this.world.sender;
    const acknowledged = new Set(
      attempts.filter(({ answer }) => Number(answer) < 300).map(({ callback }) => callback),
    );
    const seconds = `${((performance.now() - this.since) / 1_000).toFixed(0)} s`.padStart(6);
    const [sent, had] = [String(attempts.length).padStart(6), String(acknowledged.size).padStart(6)];
    const told = this.underWay === 0 ? '' : `, ${this.underWay} scenarios under way`;
    return `${seconds}  ${this.phase.padEnd(10)}${sent} deliveries, ${had} callbacks acknowledged${told}, ${this.faults.length} of ${this.plan.faults.length} faults`;
  }

  private async play({ offsetMs, steps }: Scenario): Promise<void> {
    await this.until(offsetMs);
    if (this.underWay >= UNDER_WAY_AT_MOST) await new Promise<void>((enter) => this.waiting.push(enter));
    this.underWay += 1;
    for (const deeds of steps) await Promise.all(deeds.map((deed) => this.perform(deed)));
    this.underWay -= 1;
    this.waiting.shift()?.();
  }

  private async perform(deed: Deed): Promise<void> {
    const { shop, sender } = this.world;
    if (deed.do === 'place') return shop.place(deed.order);
    if (deed.do === 'open') return shop.open(deed.payment);
    if (deed.do === 'cancel') return shop.cancel(deed.orderNumber);
    if (deed.do === 'wait') return rest(deed.ms);
    await sender.deliver(deed.callback, deed.to);
    if (deed.again === null) return;
    await rest(deed.again);
    await sender.deliver(deed.callback, 1 - deed.to);
  }

  private async strike(fault: PlannedFault): Promise<void> {
    await this.until(fault.offsetMs);
    const at = Date.now();
    try {
      const about = await STRIKES[fault.kind](this.world, fault, this.plan);
      this.faults.push({ kind: fault.kind, at, about });
    } catch (error) {
      // A session that is to hold a lock needs a database, which another fault may have taken away.
      this.faults.push({ kind: `${fault.kind}, in vain`, at, about: (error as Error).message });
    }
  }

  private async until(offsetMs: number): Promise<void> {
    await rest(this.since + offsetMs - performance.now());
  }
}

/** For what is left to be sent when the last fault is over; the checker finds what was never acknowledged. */
const SENDING_AT_MOST_MS = 120_000;
/** However long nothing is answered, the crowd that asks again must leave the services the means to start. */
const UNDER_WAY_AT_MOST = 200;
/** Between two looks at what is still under way. */
const REST_MS = 500;
/** What the dead had leased, and what was put off because it could not be settled in the storm. */
const END_WAITING = `UPDATE callbacks SET next_attempt_at = now() WHERE outcome = 'pending'`;
const END_DELIVERIES = `UPDATE deliveries SET next_attempt_at = now() WHERE next_attempt_at > now()`;

/** Short-lived payments count, too: when their time is up the sweep tells of it. */
const UNREST = `
SELECT (SELECT count(*) FROM callbacks WHERE outcome = 'pending')
     + (SELECT count(*) FROM deliveries WHERE next_attempt_at IS NOT NULL)
     + (SELECT count(*) FROM events WHERE type = ANY($1) AND NOT EXISTS (SELECT FROM deliveries WHERE event_id = events.id))
     + (SELECT count(*) FROM payments WHERE status IN ('init','processing') AND expires_at < now() + interval '30 minutes') AS left`;

async function isAtRest(session: Client): Promise<boolean> {
  const { rows } = await session.query<{ left: string }>(UNREST, [[...PUBLISHED_TYPES]]);
  return rows[0]!.left === '0';
}
