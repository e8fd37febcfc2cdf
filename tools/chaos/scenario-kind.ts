import type { ScenarioBuilder } from './scenario-builder.js';

export interface ScenarioKind {
  readonly name: string;
  /** How often it comes, in proportion to the others. */
  readonly weight: number;
  build(builder: ScenarioBuilder): void;
}

export const MORE_THAN_ANY_ORDER = '10000.01';
