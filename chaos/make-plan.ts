import { Dice } from './dice.js';
import { Draft } from './draft.js';
import { FAULT_KINDS, type FaultKind } from './fault-kinds.js';
import type { Plan, PlannedFault, Scenario } from './plan.js';
import { SCENARIOS, type ScenarioName } from './scenarios.js';

/** How large a storm is, and of what. */
export interface Weather {
  readonly seconds: number;
  readonly scenariosPerSecond: number;
  readonly faults: Readonly<Record<FaultKind, number>>;
  /** Scenarios that come more often, or never, in place of their own weight. */
  readonly weights?: Readonly<Partial<Record<ScenarioName, number>>>;
}

/** The same seed and weather make the same plan. */
export function makePlan(seed: number, weather: Weather): Plan {
  const dice = new Dice(String(seed));
  return {
    seed,
    scenarios: scenariosOf(seed, weather, dice.for('scenarios')),
    faults: faultsOf(weather, dice.for('faults')),
  };
}

function scenariosOf(
  seed: number,
  { seconds, scenariosPerSecond, weights }: Weather,
  dice: Dice,
): Scenario[] {
  const kinds = SCENARIOS.map((kind) => ({ ...kind, weight: weights?.[kind.name] ?? kind.weight }));
  const count = Math.round(seconds * scenariosPerSecond);
  // Each kind comes at least once; beyond that chance decides.
  const sure = kinds.filter(({ weight }) => weight > 0);
  const chosen = Array.from({ length: count }, (_, index) => sure[index] ?? dice.weighed(kinds));
  return dice.shuffled(chosen).map((kind, index) => {
    const draft = new Draft(`s${seed}n${index}`, kind.name, dice.for(String(index)));
    kind.play(draft);
    const offsetMs = Math.round(((index + dice.fraction()) / count) * seconds * 1_000);
    return { name: kind.name, offsetMs, steps: draft.steps };
  });
}

/** As many of each kind as the weather says, in an order that the seed shuffles, spread over the storm but for its last tenth. */
function faultsOf({ seconds, faults }: Weather, dice: Dice): PlannedFault[] {
  const all = Object.entries(faults).flatMap(([kind, count]) =>
    Array<FaultKind>(count).fill(kind as FaultKind),
  );
  return dice.shuffled(all).map((kind, index) => {
    const [shortest, longest] = FAULT_KINDS[kind].lastsMs;
    return {
      kind,
      offsetMs: Math.round(((index + dice.fraction()) / all.length) * seconds * 900),
      lastsMs: dice.between(shortest, longest),
      replica: dice.oneOf([0, 1]),
      luck: dice.fraction(),
    };
  });
}
