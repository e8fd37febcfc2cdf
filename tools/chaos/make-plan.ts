import { FAULT_KINDS, type FaultKind } from './fault-kinds.js';
import type { Plan, PlannedFault, Scenario } from './plan.js';
import type { Profile } from './profiles.js';
import { ScenarioBuilder } from './scenario-builder.js';
import { SCENARIOS } from './scenarios.js';
import { SeededRandom } from './seeded-random.js';

/** Makes the same plan from the same seed and profile. */
export function makePlan(seed: number, profile: Profile): Plan {
  const random = new SeededRandom(String(seed));
  return {
    seed,
    scenarios: scenariosOf(seed, profile, random.stream('scenarios')),
    faults: faultsOf(profile, random.stream('faults')),
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

/** The faults of the profile in random order, spread over the first nine tenths of the run. */
function faultsOf({ seconds, faults }: Profile, random: SeededRandom): PlannedFault[] {
  const all = Object.entries(faults).flatMap(([kind, count]) =>
    Array<FaultKind>(count).fill(kind as FaultKind),
  );
  return random.shuffled(all).map((kind, index) => {
    const [shortest, longest] = FAULT_KINDS[kind].lastsMs;
    return {
      kind,
      offsetMs: Math.round(((index + random.fraction()) / all.length) * seconds * 900),
      lastsMs: random.integer(shortest, longest),
      replica: random.oneOf([0, 1]),
      random: random.fraction(),
    };
  });
}
