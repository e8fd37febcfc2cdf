import { Module, type DynamicModule, type OnModuleInit, type Provider } from '@nestjs/common';
import { getDataSourceToken, TypeOrmModule } from '@nestjs/typeorm';
import { DataSource } from 'typeorm';
import { DeliveryQueries } from '../../application/outbox.js';
import { Readiness, ReceiptStore, Rejections, Telemetry, UnitOfWork } from '../../application/ports.js';
import { Queries } from '../../application/queries.js';
import { boundedSource } from './bounded-query.js';
import { DatabaseReadiness } from './database-readiness.js';
import { dataSourceOptions } from './data-source.js';
import { SqlDeliveryQueries } from './sql-delivery-queries.js';
import { SqlQueries } from './sql-queries.js';
import { SqlReceiptStore } from './sql-receipt-store.js';
import { SqlRejections } from './sql-rejections.js';
import { TypeormUnitOfWork } from './typeorm-unit-of-work.js';

/** The connections that are kept for storing bare receipts, cancelling work that is out of time, and telling that all is well. */
const RESERVE = 'reserve';
const RESERVE_SIZE = 2;
/** A bare receipt has little time left, and one key that somebody holds must not take it from the others. */
const RESERVE_LOCK_MS = 200;
/** No page of a list takes this long; a connection that has gone silent does. */
const READ_WITHIN_MS = 5_000;

const PORTS: Provider[] = [
  {
    provide: UnitOfWork,
    useFactory: (main: DataSource, reserve: DataSource, telemetry: Telemetry) =>
      new TypeormUnitOfWork(main, reserve, telemetry),
    inject: [DataSource, getDataSourceToken(RESERVE), Telemetry],
  },
  {
    provide: Queries,
    useFactory: (main: DataSource) => new SqlQueries(boundedSource(main, READ_WITHIN_MS)),
    inject: [DataSource],
  },
  {
    provide: DeliveryQueries,
    useFactory: (main: DataSource) => new SqlDeliveryQueries(boundedSource(main, READ_WITHIN_MS)),
    inject: [DataSource],
  },
  {
    provide: ReceiptStore,
    useFactory: (reserve: DataSource) => new SqlReceiptStore(reserve),
    inject: [getDataSourceToken(RESERVE)],
  },
  {
    provide: Rejections,
    useFactory: (reserve: DataSource) => new SqlRejections(reserve),
    inject: [getDataSourceToken(RESERVE)],
  },
  {
    provide: Readiness,
    useFactory: (reserve: DataSource) => new DatabaseReadiness(reserve),
    inject: [getDataSourceToken(RESERVE)],
  },
];

/** The oldest PostgreSQL that has all that the SQL here uses. */
const OLDEST_VERSION = 140_000;

@Module({})
export class PersistenceModule implements OnModuleInit {
  constructor(private readonly dataSource: DataSource) {}

  /** Refuses a database on which the locks would not mean what they are written for. */
  async onModuleInit(): Promise<void> {
    const source = boundedSource(this.dataSource, READ_WITHIN_MS);
    const [{ version, isolation }] = await source.query<[{ version: number; isolation: string }]>(
      `SELECT current_setting('server_version_num')::int AS version, current_setting('default_transaction_isolation') AS isolation`,
    );
    if (version < OLDEST_VERSION)
      throw new Error(`PostgreSQL 14 or newer is needed, and this one is ${version / 10_000}`);
    if (isolation !== 'read committed') {
      throw new Error(
        `the database's default_transaction_isolation is "${isolation}"; set it to "read committed" for this role or database`,
      );
    }
  }

  /** @param poolSize all connections that this process may open, the reserve among them. */
  static at(url: string, poolSize: number): DynamicModule {
    // Nest would try a wrong URL ten times, three seconds apart; a start that cannot succeed says so at once.
    const once = { retryAttempts: 0 };
    return {
      module: PersistenceModule,
      global: true,
      imports: [
        TypeOrmModule.forRoot({ ...dataSourceOptions(url, poolSize - RESERVE_SIZE), ...once }),
        TypeOrmModule.forRoot({
          ...dataSourceOptions(url, RESERVE_SIZE, RESERVE_LOCK_MS),
          ...once,
          name: RESERVE,
        }),
      ],
      providers: PORTS,
      exports: PORTS.map((port) => (port as { provide: symbol }).provide),
    };
  }
}
