import { DATABASE_FAULT_KINDS, FAULT_KINDS } from './fault-kinds.js';
import type { Plan, PlannedDatabaseFault, PlannedFault, Probe, Scenario } from './plan.js';
import type { Profile } from './profiles.js';
import { ScenarioBuilder } from './scenario-builder.js';
import { SCENARIOS } from './scenarios.js';
import { SeededRandom } from './seeded-random.js';

/** The share of the run in which faults begin. The rest is for what they leave unfinished. */
const FAULTS_SHARE = 0.9;
/** A database fault with the recovery after it takes about this long. */
const DATABASE_FAULT_SECONDS = 4;
/** However many database faults there are, the other faults have at least this share of the run. */
const LEAST_SHARE = 0.5;

/** Makes the same plan from the same seed and profile. */
export function makePlan(seed: number, profile: Profile): Plan {
  const random = new SeededRandom(String(seed));
  return {
    seed,
    scenarios: scenariosOf(seed, profile, random.stream('scenarios')),
    faults: faultsOf(profile, random.stream('faults')),
    databaseFaults: databaseFaultsOf(seed, profile, random.stream('database faults')),
  };
}

function scenariosOf(
  seed: number,
  { seconds, scenariosPerSecond, weights }: Profile,
  random: SeededRandom,
): Scenario[] {
  const kinds = SCENARIOS.map((kind) => ({ ...kind, weight: weights?.[kind.name] ?? kind.weight }));
  const count = Math.round(seconds * scenariosPerSecond);
  // Each kind that is not left out comes at least once. The others are drawn by weight.
  const atLeastOnce = kinds.filter(({ weight }) => weight > 0);
  const chosen = Array.from({ length: count }, (_, index) => atLeastOnce[index] ?? random.weighted(kinds));
  return random.shuffled(chosen).map((kind, index) => {
    const builder = new ScenarioBuilder(`s${seed}n${index}`, kind.name, random.stream(String(index)));
    kind.build(builder);
    const offsetMs = Math.round(((index + random.fraction()) / count) * seconds * 1_000);
    return { name: kind.name, offsetMs, steps: builder.steps };
  });
}

const kindsOf = <Kind extends string>(counts: Readonly<Record<Kind, number>>): Kind[] =>
  Object.entries<number>(counts).flatMap(([kind, count]) => Array<Kind>(count).fill(kind as Kind));

/** The faults of the profile in random order, spread over the part of the run that the database faults leave. */
function faultsOf({ seconds, faults, databaseFaults }: Profile, random: SeededRandom): PlannedFault[] {
  const all = kindsOf(faults);
  const alone = kindsOf(databaseFaults).length * DATABASE_FAULT_SECONDS;
  const spreadSeconds = Math.max(seconds * FAULTS_SHARE - alone, seconds * LEAST_SHARE);
  return random.shuffled(all).map((kind, index) => {
    const [shortest, longest] = FAULT_KINDS[kind].lastsMs;
    return {
      kind,
      offsetMs: Math.round(((index + random.fraction()) / all.length) * spreadSeconds * 1_000),
      lastsMs: random.integer(shortest, longest),
      replica: random.oneOf([0, 1]),
      random: random.fraction(),
    };
  });
}

/** The database faults of the profile in random order. A third of them begin with the kill of a replica. */
function databaseFaultsOf(seed: number, profile: Profile, random: SeededRandom): PlannedDatabaseFault[] {
  return random.shuffled(kindsOf(profile.databaseFaults)).map((kind, index) => {
    const [shortest, longest] = DATABASE_FAULT_KINDS[kind].lastsMs;
    const probe = (replica: number) =>
      probeOf(
        new ScenarioBuilder(
          `s${seed}d${index}r${replica}`,
          `after ${kind}`,
          random.stream(`${index} ${replica}`),
        ),
      );
    return {
      kind,
      lastsMs: random.integer(shortest, longest),
      restarts: random.oneOf([0, 1, null, null, null, null]),
      probes: [probe(0), probe(1)],
    };
  });
}

function probeOf(builder: ScenarioBuilder): Probe {
  const order = builder.placeOrder('paid');
  const payment = builder.payment(order);
  return { order, payment, callback: builder.callback(payment, order, { expected: ['settled'] }) };
}
