import { DataSource } from 'typeorm';
import { dataSourceOptions } from '../../src/adapters/persistence/data-source.js';
import { TypeormUnitOfWork } from '../../src/adapters/persistence/typeorm-unit-of-work.js';
import { adminUseCases } from '../application/admin-use-cases.js';
import { callbackStories } from '../application/callback-stories.js';
import { Tally } from '../application/callback-world.js';
import { eventStories } from '../application/event-stories.js';
import { idempotentWrites } from '../application/idempotent-writes.js';
import { upkeepStories } from '../application/upkeep-stories.js';
import { waitingStories } from '../application/waiting-stories.js';
import { replayStories } from '../application/replay-stories.js';
import { resolutionStories } from '../application/resolution-stories.js';
import { databaseOfItsOwnServer, freshDatabase } from '../database.js';

/** The same suites that run over tables in memory. */
const openPostgres = async (make = freshDatabase) => {
  const database = await make();
  const [main, reserve] = await Promise.all(
    [4, 1].map((poolSize) => new DataSource(dataSourceOptions(database.url, poolSize)).initialize()),
  );
  return {
    unitOfWork: new TypeormUnitOfWork(main!, reserve!, new Tally()),
    close: async () => {
      await Promise.all([main!.destroy(), reserve!.destroy()]);
      await database.drop();
    },
  };
};

adminUseCases('PostgreSQL', () => openPostgres());
callbackStories('PostgreSQL', () => openPostgres());
waitingStories('PostgreSQL', () => openPostgres());
upkeepStories('PostgreSQL', () => openPostgres());
eventStories('PostgreSQL', () => openPostgres(databaseOfItsOwnServer));
idempotentWrites('PostgreSQL', () => openPostgres());
resolutionStories('PostgreSQL', () => openPostgres());
replayStories('PostgreSQL', () => openPostgres());
