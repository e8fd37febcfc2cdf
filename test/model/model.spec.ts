import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { SeededRandom } from '../../tools/chaos/seeded-random.js';
import { inventStory } from '../../tools/model/invent-story.js';
import { playStories } from '../../tools/model/play-stories.js';
import { postgresStages, type PostgresStages } from '../../tools/model/postgres-stage.js';
import { memoryStage, type OpenStage } from '../../tools/model/stage.js';
import { freshDatabase, type FreshDatabase } from '../database.js';

/** The text of the failure; null if the law holds. */
async function failureOf(seed: number, steps: number, open: OpenStage): Promise<string | null> {
  const { failure } = await playStories({ seed, steps, first: 1, command: 'npm run model --' }, open);
  return failure;
}

describe('random stories of gateways, operators and the clock', () => {
  test.each([1, 2])('the law holds after each of 3 000 steps in memory, with seed %i', async (seed) => {
    expect(await failureOf(seed, 3_000, memoryStage)).toBeNull();
  });

  test('the same seed makes the same story', () => {
    const inventedOf = (seed: string) => inventStory(new SeededRandom(seed));
    expect(inventedOf('7 1')).toEqual(inventedOf('7 1'));
    expect(inventedOf('7 2')).not.toEqual(inventedOf('7 1'));
  });
});

describe('random stories on PostgreSQL', () => {
  let database: FreshDatabase;
  let stages: PostgresStages;
  beforeAll(async () => {
    database = await freshDatabase();
    stages = await postgresStages(database.url);
  });
  afterAll(async () => {
    await stages.close();
    await database.drop();
  });

  test('the law holds after each of 250 steps', async () => {
    expect(await failureOf(1, 250, stages.open)).toBeNull();
  });
});
