import { InboxAndLedger1763900000000 } from '../../../migrations/1-inbox-and-ledger.js';
import { ExpiryAndRetention1763900000002 } from '../../../migrations/2-expiry-and-retention.js';
import { Resolutions1763900000003 } from '../../../migrations/3-resolutions.js';
import { Deliveries1763900000004 } from '../../../migrations/4-deliveries.js';
import { PlainChecks1763900000005 } from '../../../migrations/5-plain-checks.js';
import type { Schema } from './engine/data-source.js';
import { runMigrations } from './engine/migrate.js';
import { orders, payments } from './entities.js';

export const SCHEMA = {
  entities: [orders, payments],
  migrations: [
    InboxAndLedger1763900000000,
    ExpiryAndRetention1763900000002,
    Resolutions1763900000003,
    Deliveries1763900000004,
    PlainChecks1763900000005,
  ],
} satisfies Schema;

/** Brings the database up to date. Returns the names of the migrations that it ran. */
export function migrate(url: string): Promise<string[]> {
  return runMigrations(SCHEMA, url);
}
