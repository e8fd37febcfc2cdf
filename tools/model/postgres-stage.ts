import { Client } from 'pg';
import { migrate } from '../../src/adapters/postgres/schema.js';
import { startPostgres } from '../../src/development/embedded-postgres.js';
import { World } from '../../test/application/fixtures/world.js';
import { openPools, unitOfWorkOn } from '../../test/postgres/open-postgres.js';
import { PostgresFacts } from './postgres-facts.js';
import type { OpenStage } from './stage.js';

export interface PostgresStages {
  readonly open: OpenStage;
  close(): Promise<void>;
}

/** All stories share one temporary database, on a server of its own. */
export async function startPostgresStages(): Promise<PostgresStages> {
  const server = await startPostgres({ ephemeral: true });
  await migrate(server.url());
  const stages = await postgresStages(server.url());
  const close = async (): Promise<void> => {
    await stages.close();
    await server.stop();
  };
  return { open: stages.open, close };
}

/** On an empty, migrated database. */
export async function postgresStages(url: string): Promise<PostgresStages> {
  const pools = await openPools(url);
  const client = new Client({ connectionString: url });
  await client.connect();
  const unitOfWork = unitOfWorkOn(pools);
  return {
    open: (story) => {
      const facts = new PostgresFacts(client);
      const world = new World({ unitOfWork, close: () => Promise.resolve() });
      return { world, story, facts: () => facts.read(), end: () => finish(world) };
    },
    close: async () => {
      await client.end();
      await pools.close();
    },
  };
}

const DAYS = 24 * 60 * 60 * 1_000;

/** Everything that waits is decided or has expired. */
async function finish(world: World): Promise<void> {
  world.clock.at += 30 * DAYS;
  while ((await world.settlePending.execute()).length > 0);
  await world.settleUnmatched.execute(null);
  while ((await world.expireAt(world.clock.at)).more);
}
