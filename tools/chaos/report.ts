import { cpus } from 'node:os';
import type { ViolatedClaim } from './check.js';
import { DATABASE_FAULT_KINDS, FAULT_KINDS } from './fault-kinds.js';
import type { History, Recovery } from './history.js';
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
  /** What operators have asked for, by the answer. */
  readonly deeds: Readonly<Record<string, number>>;
  readonly deedsRepeated: number;
  readonly refunds: Readonly<Record<string, number>>;
  /** How many pieces of money the service's own audit has examined. Null if it has no audit. */
  readonly audited: number;
  readonly faults: Readonly<Record<string, number>>;
  readonly notInjected: number;
  /** Why kinds of faults could not be had on this machine. */
  readonly skipped: Readonly<Record<string, string>>;
  /** The longest time from the mend of a database fault until a replica worked again. Null if one never did. */
  readonly recoveryMs: Readonly<Record<string, number | null>>;
  readonly outcomes: Readonly<Record<string, number>>;
  readonly violations: number;
}

const ALL_KINDS = [...Object.keys(FAULT_KINDS), ...Object.keys(DATABASE_FAULT_KINDS)];
const NOT_INJECTED = ', not injected';
const SKIPPED = ', skipped';

export function resultsOf(history: History, violated: readonly ViolatedClaim[], seconds: number): Results {
  const { plan, attempts, deeds, faults, callbacks, refunds, delivered } = history;
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
    deeds: counted(deeds.map(({ answer }) => answer)),
    deedsRepeated: deeds.filter((deed) => deed.attempts > 1 || deed.repeated !== null).length,
    audited: history.audit.pieces,
    refunds: counted(refunds.map(({ status }) => status)),
    faults: Object.fromEntries(ALL_KINDS.map((kind) => [kind, injected[kind] ?? 0])),
    notInjected: faults.filter(({ kind }) => kind.endsWith(NOT_INJECTED)).length,
    skipped: Object.fromEntries(
      faults
        .filter(({ kind }) => kind.endsWith(SKIPPED))
        .map(({ kind, detail }) => [kind.slice(0, -SKIPPED.length), detail]),
    ),
    recoveryMs: longestRecoveries(history.recoveries),
    outcomes: counted(callbacks.map(({ outcome }) => outcome)),
    violations: violated.reduce((sum, { violations }) => sum + violations.length, 0),
  };
}

/** The longest of each kind. */
function longestRecoveries(recoveries: readonly Recovery[]): Record<string, number | null> {
  const longest: Record<string, number | null> = {};
  for (const { kind, afterMs } of recoveries) {
    const known = longest[kind] ?? 0;
    longest[kind] = afterMs === null || longest[kind] === null ? null : Math.max(known, afterMs);
  }
  return longest;
}

/** The number of the faults, or why they could not be had, and how long the recovery after them took. */
function faultText({ skipped, recoveryMs }: Results, kind: string, count: number): string | number {
  if (skipped[kind] !== undefined) return `skipped: ${skipped[kind]}`;
  const longest = recoveryMs[kind];
  if (longest === undefined) return count;
  return longest === null
    ? `${count}, and a replica did not work again`
    : `${count}, and every replica worked again after ${(longest / 1_000).toFixed(1)} s at most`;
}

function counted(names: readonly string[]): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const name of names.toSorted()) counts[name] = (counts[name] ?? 0) + 1;
  return counts;
}

const countRows = (name: string, counts: Readonly<Record<string, number>>): [string, number][] =>
  Object.entries(counts).map(([each, count]) => [`${name} ${each}`, count]);

export function table(results: Results): string {
  const rows: [string, string | number][] = [
    ['seed', results.seed],
    ['seconds', results.seconds],
    ['callbacks', results.callbacks],
    ['deliveries', results.deliveries],
    ['not acknowledged and sent again', results.sentAgain],
    ['events delivered', results.events],
    ...Object.entries(results.faults).map(([kind, count]): [string, string | number] => [
      kind,
      faultText(results, kind, count),
    ]),
    ['faults that could not be injected', results.notInjected],
    ...countRows('outcome', results.outcomes),
    ...countRows('operators:', results.deeds),
    ['deeds of operators, asked for several times', results.deedsRepeated],
    ...countRows('refund', results.refunds),
    ['pieces of money in the audit', results.audited],
    ['violations', results.violations],
  ];
  const width = Math.max(...rows.map(([name]) => name.length));
  return rows.map(([name, value]) => `  ${name.padEnd(width)}  ${value}`).join('\n');
}

/** The first violation with its timeline, and the names of the other violated claims. */
export function violationReport(history: History, violated: readonly ViolatedClaim[]): string {
  const [first, ...others] = violated;
  const violation = first!.violations[0]!;
  const subject =
    violation.callback ?? violation.deed ?? violation.paymentNumber ?? violation.orderNumber ?? '';
  return [
    `VIOLATED: ${first!.claim}`,
    `  ${subject}: ${violation.detail} (and ${first!.violations.length - 1} more violations of this claim)`,
    '',
    ...timelineOf(history, violation),
    '',
    ...others.map(({ claim, violations }) => `Also violated, ${violations.length} times: ${claim}`),
  ].join('\n');
}
