import { cpus } from 'node:os';
import type { ViolatedClaim } from './check.js';
import { FAULT_KINDS } from './fault-kinds.js';
import type { History } from './history.js';
import { isAcknowledged } from './indexed-history.js';
import { callbacksOf } from './plan.js';
import { timelineOf } from './timeline.js';

export interface Results {
  readonly seed: number;
  readonly seconds: number;
  readonly machine: string;
  readonly callbacks: number;
  readonly deliveries: number;
  readonly sentAgain: number;
  readonly events: number;
  readonly faults: Readonly<Record<string, number>>;
  readonly notInjected: number;
  readonly outcomes: Readonly<Record<string, number>>;
  readonly violations: number;
}

export function resultsOf(history: History, violated: readonly ViolatedClaim[], seconds: number): Results {
  const { plan, attempts, faults, callbacks, delivered } = history;
  const [cpu] = cpus();
  const injected = counted(faults.map(({ kind }) => kind));
  return {
    seed: plan.seed,
    seconds: Math.round(seconds),
    machine: `${cpus().length} × ${cpu?.model ?? 'unknown'}, Node.js ${process.version}`,
    callbacks: callbacksOf(plan).length,
    deliveries: attempts.length,
    sentAgain: attempts.filter((attempt) => !isAcknowledged(attempt) && attempt.answer !== 401).length,
    events: new Set(delivered.map(({ id }) => id)).size,
    faults: Object.fromEntries(Object.keys(FAULT_KINDS).map((kind) => [kind, injected[kind] ?? 0])),
    notInjected: faults.filter(({ kind }) => !(kind in FAULT_KINDS)).length,
    outcomes: counted(callbacks.map(({ outcome }) => outcome)),
    violations: violated.reduce((sum, { violations }) => sum + violations.length, 0),
  };
}

function counted(names: readonly string[]): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const name of names.toSorted()) counts[name] = (counts[name] ?? 0) + 1;
  return counts;
}

export function table(results: Results): string {
  const rows: [string, string | number][] = [
    ['seed', results.seed],
    ['seconds', results.seconds],
    ['callbacks', results.callbacks],
    ['deliveries', results.deliveries],
    ['not acknowledged and sent again', results.sentAgain],
    ['events delivered', results.events],
    ...Object.entries(results.faults),
    ['faults that could not be injected', results.notInjected],
    ...Object.entries(results.outcomes).map(([outcome, count]): [string, number] => [
      `outcome ${outcome}`,
      count,
    ]),
    ['violations', results.violations],
  ];
  const width = Math.max(...rows.map(([name]) => name.length));
  return rows.map(([name, value]) => `  ${name.padEnd(width)}  ${value}`).join('\n');
}

/** The first violation with its timeline, and the names of the other violated claims. */
export function violationReport(history: History, violated: readonly ViolatedClaim[]): string {
  const [first, ...others] = violated;
  const violation = first!.violations[0]!;
  const subject = violation.callback ?? violation.paymentNumber ?? violation.orderNumber ?? '';
  return [
    `VIOLATED: ${first!.claim}`,
    `  ${subject}: ${violation.detail} (and ${first!.violations.length - 1} more violations of this claim)`,
    '',
    ...timelineOf(history, violation),
    '',
    ...others.map(({ claim, violations }) => `Also violated, ${violations.length} times: ${claim}`),
  ].join('\n');
}
