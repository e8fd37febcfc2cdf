import { InboxAndLedger1763900000000 } from '../../../migrations/1-inbox-and-ledger.js';
import { ExpiryAndRetention1763900000002 } from '../../../migrations/2-expiry-and-retention.js';
import { Resolutions1763900000003 } from '../../../migrations/3-resolutions.js';
import { Deliveries1763900000004 } from '../../../migrations/4-deliveries.js';
import { PlainChecks1763900000005 } from '../../../migrations/5-plain-checks.js';
import { WithoutIndexesByGateway1763900000006 } from '../../../migrations/6-without-indexes-by-gateway.js';
import { CasesByCallback1763900000007 } from '../../../migrations/7-cases-by-callback.js';
import { DeliveriesOfLane1763900000008 } from '../../../migrations/8-deliveries-of-lane.js';
import { SupersededIndexes1763900000009 } from '../../../migrations/9-superseded-indexes.js';
import { RestoredDatabases1763900000010 } from '../../../migrations/10-restored-databases.js';
import type { Schema } from './engine/data-source.js';
import { type Report, runMigrations } from './engine/migrate.js';
import { ENTITIES } from './entities.js';
import { OWN_TABLES } from './own-tables.js';

export const SCHEMA = {
  entities: ENTITIES,
  migrations: [
    InboxAndLedger1763900000000,
    ExpiryAndRetention1763900000002,
    Resolutions1763900000003,
    Deliveries1763900000004,
    PlainChecks1763900000005,
    WithoutIndexesByGateway1763900000006,
    CasesByCallback1763900000007,
    DeliveriesOfLane1763900000008,
    SupersededIndexes1763900000009,
    RestoredDatabases1763900000010,
  ],
} satisfies Schema;

/** Brings the database up to date. Returns the names of the migrations that it ran. */
export function migrate(url: string, report?: Report): Promise<string[]> {
  return runMigrations({ schema: SCHEMA, url, tables: OWN_TABLES }, report);
}
