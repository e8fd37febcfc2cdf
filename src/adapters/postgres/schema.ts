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
import { RowsByStatus1763900000011 } from '../../../migrations/11-rows-by-status.js';
import { CallbackContents1763900000012 } from '../../../migrations/12-callback-contents.js';
import { FillRowsByStatus1763900000013 } from '../../../migrations/13-fill-rows-by-status.js';
import { EventsOfOrder1763900000014 } from '../../../migrations/14-events-of-order.js';
import { CallbacksOfPayment1763900000015 } from '../../../migrations/15-callbacks-of-payment.js';
import { CasesByTransaction1763900000016 } from '../../../migrations/16-cases-by-transaction.js';
import { WithoutIndexesOfChangedColumns1763900000017 } from '../../../migrations/17-without-indexes-of-changed-columns.js';
import { BodiesInContents1763900000018 } from '../../../migrations/18-bodies-in-contents.js';
import { HeadersOfEndpoints1763900000019 } from '../../../migrations/19-headers-of-endpoints.js';
import { RefusedRequests1763900000020 } from '../../../migrations/20-refused-requests.js';
import { BodiesComparedAsJson1763900000021 } from '../../../migrations/21-bodies-compared-as-json.js';
import { OrdersOverZero1763900000022 } from '../../../migrations/22-orders-over-zero.js';
import { ValidTotals1763900000023 } from '../../../migrations/23-valid-totals.js';
import { MoneyOfCases1763900000024 } from '../../../migrations/24-money-of-cases.js';
import { OneCaseForAPiece1763900000025 } from '../../../migrations/25-one-case-for-a-piece.js';
import { Disputes1763900000026 } from '../../../migrations/26-disputes.js';
import { KindsOfCases1763900000027 } from '../../../migrations/27-kinds-of-cases.js';
import { ValidKinds1763900000028 } from '../../../migrations/28-valid-kinds.js';
import { RecordedDisputes1763900000029 } from '../../../migrations/29-recorded-disputes.js';
import { OneCaseForAReport1763900000030 } from '../../../migrations/30-one-case-for-a-report.js';
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
    RowsByStatus1763900000011,
    CallbackContents1763900000012,
    FillRowsByStatus1763900000013,
    EventsOfOrder1763900000014,
    CallbacksOfPayment1763900000015,
    CasesByTransaction1763900000016,
    WithoutIndexesOfChangedColumns1763900000017,
    BodiesInContents1763900000018,
    HeadersOfEndpoints1763900000019,
    RefusedRequests1763900000020,
    BodiesComparedAsJson1763900000021,
    OrdersOverZero1763900000022,
    ValidTotals1763900000023,
    MoneyOfCases1763900000024,
    OneCaseForAPiece1763900000025,
    Disputes1763900000026,
    KindsOfCases1763900000027,
    ValidKinds1763900000028,
    RecordedDisputes1763900000029,
    OneCaseForAReport1763900000030,
  ],
} satisfies Schema;

/** Brings the database up to date. Returns the names of the migrations that it ran. `signal` stops it. */
export function migrate(url: string, report?: Report, signal?: AbortSignal): Promise<string[]> {
  return runMigrations({ schema: SCHEMA, url, tables: OWN_TABLES, signal }, report);
}
