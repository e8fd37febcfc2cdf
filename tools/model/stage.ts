import { MemoryUnitOfWork } from '../../test/application/memory/unit-of-work.js';
import { World } from '../../test/application/fixtures/world.js';
import type { Facts } from './facts.js';
import { MemoryFacts } from './memory-facts.js';

/** Where a story is played: the use cases on tables, and a reader of what is stored. */
export interface Stage {
  readonly world: World;
  /** Begins every name of the story. */
  readonly story: string;
  facts(): Facts | Promise<Facts>;
  /** Leaves nothing behind that a worker would do in the next story. */
  end(): Promise<void>;
}

/** Makes a new stage for each story. */
export type OpenStage = (story: string) => Stage;

/** Each story has tables of its own in memory. */
export function memoryStage(story: string): Stage {
  const facts = new MemoryFacts();
  // The clock of the tables is that of the world, which needs the tables first.
  const clock = { now: (): Date => world.clock.now() };
  const memory = new MemoryUnitOfWork(clock);
  const world: World = new World({ unitOfWork: memory, close: () => Promise.resolve() });
  return { world, story, facts: () => facts.of(memory.tables), end: () => Promise.resolve() };
}
