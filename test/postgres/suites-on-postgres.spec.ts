import { expect } from '@jest/globals';
import type { TestDatabase } from '../application/fixtures/world.js';
import { callbackSuite } from '../application/suites/callbacks.js';
import { disputeSuite } from '../application/suites/disputes.js';
import { eventSuite } from '../application/suites/events.js';
import { expiryAndRetentionSuite } from '../application/suites/expiry-and-retention.js';
import { idempotencySuite } from '../application/suites/idempotency.js';
import { orderAndPaymentSuite } from '../application/suites/orders-and-payments.js';
import { ownerSuite } from '../application/suites/owners.js';
import { placingSuite } from '../application/suites/placing.js';
import { refundSuite } from '../application/suites/refunds.js';
import { replaySuite } from '../application/suites/replays.js';
import { resolutionSuite } from '../application/suites/resolutions.js';
import { retrySuite } from '../application/suites/retries.js';
import { transactionSuite } from '../application/suites/transactions.js';
import { databaseOfItsOwnServer, freshDatabase, type FreshDatabase } from '../database.js';
import { auditOf } from './fixtures/audit-of.js';
import { openPools, unitOfWorkOn } from './open-postgres.js';

/** The same suites run on tables in memory, in `test/application`. Here each ends with an audit: every piece of money has its owner. */
const openOn = (create: () => Promise<FreshDatabase>) => async (): Promise<TestDatabase> => {
  const database = await create();
  const pools = await openPools(database.url);
  return {
    unitOfWork: unitOfWorkOn(pools),
    close: async () => {
      await pools.close();
      const { broken } = await auditOf(database.url);
      await database.drop();
      expect(broken).toEqual([]);
    },
  };
};
const openPostgres = openOn(freshDatabase);

transactionSuite('PostgreSQL', openPostgres);
orderAndPaymentSuite('PostgreSQL', openPostgres);
placingSuite('PostgreSQL', openPostgres);
callbackSuite('PostgreSQL', openPostgres);
retrySuite('PostgreSQL', openPostgres);
expiryAndRetentionSuite('PostgreSQL', openPostgres);
resolutionSuite('PostgreSQL', openPostgres);
replaySuite('PostgreSQL', openPostgres);
ownerSuite('PostgreSQL', openPostgres);
disputeSuite('PostgreSQL', openPostgres);
refundSuite('PostgreSQL', openPostgres);
// The relay waits for every transaction that runs on its server.
eventSuite('PostgreSQL', openOn(databaseOfItsOwnServer));
idempotencySuite('PostgreSQL', openPostgres);
