import {
  Inject,
  Logger,
  Module,
  type DynamicModule,
  type InjectionToken,
  type OnModuleInit,
  type Provider,
} from '@nestjs/common';
import { TypeOrmModule, getDataSourceToken } from '@nestjs/typeorm';
import { DataSource } from 'typeorm';
import { boundedReads } from '../adapters/postgres/engine/bounded-query.js';
import { dataSourceOptions, type PoolOptions } from '../adapters/postgres/engine/data-source.js';
import { checkServer } from '../adapters/postgres/engine/server-checks.js';
import { PostgresUnitOfWork } from '../adapters/postgres/engine/unit-of-work.js';
import { READS_PLANNER } from '../adapters/postgres/engine/session.js';
import { OWN_TABLES } from '../adapters/postgres/own-tables.js';
import { PostgresReadinessProbe } from '../adapters/postgres/readiness-probe.js';
import { PostgresReceipts } from '../adapters/postgres/receipts.js';
import { PostgresRejections } from '../adapters/postgres/rejections.js';
import { QUERIES, repositories } from '../adapters/postgres/repositories.js';
import { SCHEMA } from '../adapters/postgres/schema.js';
import { ReadinessWorker } from '../adapters/workers/readiness-worker.js';
import { ReceiptRepository } from '../application/callbacks/receipt-repository.js';
import { RejectionRepository } from '../application/callbacks/rejection-repository.js';
import { Readiness } from '../application/readiness.js';
import { Telemetry } from '../application/telemetry.js';
import { UnitOfWork } from '../application/transaction.js';

/** Placing, other admin writes, workers, the relay, rejections. */
const WORK = DataSource;
/** Batches of callbacks, and callbacks that wait for a lock. */
const CALLBACKS = getDataSourceToken('callbacks');
/** Lists, the timeline, gauges. */
const READS = getDataSourceToken('reads');
/** Bare receipts, and cancelling work at its deadline: what must not wait for anything else. */
const RESERVE = getDataSourceToken('reserve');
/** The probe of readiness, which must not use what callbacks need. It is not part of DATABASE_POOL_SIZE. */
const READINESS = getDataSourceToken('readiness');

/** The unit of work of callbacks that gateways send. The injected `UnitOfWork` shares the connections of the workers. */
export const CALLBACKS_UNIT_OF_WORK = Symbol('the unit of work on the pool of callbacks');

/** A bare receipt has little time left, and a key that another transaction has locked must not take it from the others. */
const RESERVE_LOCK_MS = 200;

interface PoolSizes {
  readonly callbacks: number;
  readonly work: number;
  readonly reads: number;
  readonly reserve: number;
}

/** The shares of the pools. Two of `callbacks` may wait for a lock while two others settle, which takes a pool of ten. */
export function poolSizes(connections: number): PoolSizes {
  const each = connections >= 8 ? 2 : 1;
  return { callbacks: connections - 3 * each, work: each, reads: each, reserve: each };
}

/** The pools by purpose. A further pool is made here, with its share of the connections. */
function pools(url: string, connections: number): DynamicModule[] {
  const sizes = poolSizes(connections);
  // By default Nest tries a wrong URL ten times, three seconds apart. A start that cannot succeed should fail at once.
  const pool = (size: number, options?: PoolOptions, name?: string) =>
    TypeOrmModule.forRoot({
      ...dataSourceOptions(SCHEMA, url, size, options),
      retryAttempts: 0,
      ...(name === undefined ? {} : { name }),
    });
  return [
    pool(sizes.work),
    pool(sizes.callbacks, {}, 'callbacks'),
    pool(sizes.reads, { planner: READS_PLANNER, pipeline: false }, 'reads'),
    pool(sizes.reserve, { lockTimeoutMs: RESERVE_LOCK_MS }, 'reserve'),
    // A new connection for each probe, because a change of the role or of the database reaches only new ones. The second one cancels it.
    pool(2, { maxUses: 1 }, 'readiness'),
  ];
}

/** No page of a list takes this long; a connection whose network is silent does. */
const READ_WITHIN_MS = 5_000;

/** The pool itself comes first, then the one that cancels its work. */
const unitOfWork = (pool: DataSource, reserve: DataSource, telemetry: Telemetry) =>
  new PostgresUnitOfWork(pool, reserve, repositories(pool, telemetry), telemetry);

const PORTS = [
  { provide: UnitOfWork, useFactory: unitOfWork, inject: [WORK, RESERVE, Telemetry] },
  { provide: CALLBACKS_UNIT_OF_WORK, useFactory: unitOfWork, inject: [CALLBACKS, RESERVE, Telemetry] },
  ...QUERIES.map(([port, Queries]) => ({
    provide: port as InjectionToken,
    useFactory: (reads: DataSource) => new Queries(boundedReads(reads, READ_WITHIN_MS)),
    inject: [READS],
  })),
  {
    provide: ReceiptRepository,
    useFactory: (reserve: DataSource) => new PostgresReceipts(reserve),
    inject: [RESERVE],
  },
  {
    provide: RejectionRepository,
    useFactory: (work: DataSource) => new PostgresRejections(work),
    inject: [WORK],
  },
  {
    provide: Readiness,
    useFactory: (readiness: DataSource) => new Readiness(new PostgresReadinessProbe(readiness)),
    inject: [READINESS],
  },
] satisfies Provider[];

/** Log lines about a server that may lose callbacks. An embedded server of development and of tests is allowed to. */
const WARNS = Symbol('whether an unsafe server is logged');

@Module({})
export class PostgresModule implements OnModuleInit {
  private readonly log = new Logger('Database');

  constructor(
    private readonly work: DataSource,
    @Inject(RESERVE) private readonly reserve: DataSource,
    @Inject(WARNS) private readonly warns: boolean,
  ) {}

  /** Refuses a database on which the service would not do what it promises. */
  async onModuleInit(): Promise<void> {
    const warnings = await checkServer({ first: this.work, second: this.reserve }, OWN_TABLES);
    if (this.warns) for (const warning of warnings) this.log.warn(warning);
  }

  /** @param connections all connections that this process may open, except that of readiness. */
  static at(url: string, connections: number, mode: 'development' | 'production'): DynamicModule {
    return {
      module: PostgresModule,
      global: true,
      imports: pools(url, connections),
      providers: [...PORTS, ReadinessWorker, { provide: WARNS, useValue: mode === 'production' }],
      exports: PORTS.map(({ provide }) => provide),
    };
  }
}
