import {
  Module,
  type DynamicModule,
  type InjectionToken,
  type OnModuleInit,
  type Provider,
} from '@nestjs/common';
import { TypeOrmModule, getDataSourceToken } from '@nestjs/typeorm';
import { DataSource } from 'typeorm';
import { boundedSql } from '../adapters/postgres/engine/bounded-query.js';
import { dataSourceOptions } from '../adapters/postgres/engine/data-source.js';
import { DatabaseReadiness } from '../adapters/postgres/engine/readiness.js';
import { PostgresUnitOfWork } from '../adapters/postgres/engine/unit-of-work.js';
import { PostgresReceipts } from '../adapters/postgres/receipts.js';
import { PostgresRejections } from '../adapters/postgres/rejections.js';
import { QUERIES, repositories } from '../adapters/postgres/repositories.js';
import { SCHEMA } from '../adapters/postgres/schema.js';
import { ReceiptRepository } from '../application/callbacks/receipt-repository.js';
import { RejectionRepository } from '../application/callbacks/rejection-repository.js';
import { Readiness } from '../application/readiness.js';
import { Telemetry } from '../application/telemetry.js';
import { UnitOfWork } from '../application/transaction.js';

/** Transactions, and reads outside a transaction. */
const MAIN = DataSource;
/** Bare receipts, rejections, readiness, and cancelling work at its deadline: all that must not wait for a transaction. */
const RESERVE = getDataSourceToken('reserve');
const RESERVE_SIZE = 2;
/** A bare receipt has little time left, and a key that another transaction has locked must not take it from the others. */
const RESERVE_LOCK_MS = 200;

/** The pools by purpose. A further pool is made here, with its share of the connections. */
function pools(url: string, connections: number): DynamicModule[] {
  // By default Nest tries a wrong URL ten times, three seconds apart. A start that cannot succeed should fail at once.
  const once = { retryAttempts: 0 };
  return [
    TypeOrmModule.forRoot({ ...dataSourceOptions(SCHEMA, url, connections - RESERVE_SIZE), ...once }),
    TypeOrmModule.forRoot({
      ...dataSourceOptions(SCHEMA, url, RESERVE_SIZE, RESERVE_LOCK_MS),
      ...once,
      name: 'reserve',
    }),
  ];
}

/** No page of a list takes this long; a connection whose network is silent does. */
const READ_WITHIN_MS = 5_000;

const PORTS = [
  {
    provide: UnitOfWork,
    useFactory: (main: DataSource, reserve: DataSource, telemetry: Telemetry) =>
      new PostgresUnitOfWork(main, reserve, repositories(main, telemetry), telemetry),
    inject: [MAIN, RESERVE, Telemetry],
  },
  ...QUERIES.map(([port, Queries]) => ({
    provide: port as InjectionToken,
    useFactory: (main: DataSource) => new Queries(boundedSql(main, READ_WITHIN_MS)),
    inject: [MAIN],
  })),
  {
    provide: ReceiptRepository,
    useFactory: (reserve: DataSource) => new PostgresReceipts(reserve),
    inject: [RESERVE],
  },
  {
    provide: RejectionRepository,
    useFactory: (reserve: DataSource) => new PostgresRejections(reserve),
    inject: [RESERVE],
  },
  {
    provide: Readiness,
    useFactory: (reserve: DataSource) => new DatabaseReadiness(reserve),
    inject: [RESERVE],
  },
] satisfies Provider[];

/** The oldest PostgreSQL that has everything that the statements use. */
const OLDEST_VERSION = 140_000;

@Module({})
export class PostgresModule implements OnModuleInit {
  constructor(private readonly dataSource: DataSource) {}

  /** Refuses a database on which the locks would not have their intended effect. */
  async onModuleInit(): Promise<void> {
    const [server] = await boundedSql(this.dataSource, READ_WITHIN_MS).query<{
      number: number;
      version: string;
      isolation: string;
    }>(
      `SELECT current_setting('server_version_num')::int AS number, current_setting('server_version') AS version,
              current_setting('default_transaction_isolation') AS isolation`,
    );
    const { number, version, isolation } = server!;
    if (number < OLDEST_VERSION)
      throw new Error(
        `The database is PostgreSQL ${version}, and PostgreSQL 14 or later is required: upgrade it, or set DATABASE_URL to another one.`,
      );
    if (isolation !== 'read committed')
      throw new Error(
        `The database's default_transaction_isolation is "${isolation}", and "read committed" is required: set it for this role or database.`,
      );
  }

  /** @param connections all connections that this process may open. */
  static at(url: string, connections: number): DynamicModule {
    return {
      module: PostgresModule,
      global: true,
      imports: pools(url, connections),
      providers: PORTS,
      exports: PORTS.map(({ provide }) => provide),
    };
  }
}
