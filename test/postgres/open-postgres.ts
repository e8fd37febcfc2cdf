import { DataSource } from 'typeorm';
import { dataSourceOptions } from '../../src/adapters/postgres/engine/data-source.js';
import { PostgresUnitOfWork } from '../../src/adapters/postgres/engine/unit-of-work.js';
import { repositories } from '../../src/adapters/postgres/repositories.js';
import { SCHEMA } from '../../src/adapters/postgres/schema.js';
import { CountingTelemetry } from '../application/fixtures/counting-telemetry.js';

/** The pools of one process. */
export interface OpenedPools {
  readonly main: DataSource;
  readonly reserve: DataSource;
  close(): Promise<void>;
}

export async function openPools(
  url: string,
  { main: mainSize = 4, reserve: reserveSize = 1 } = {},
): Promise<OpenedPools> {
  const open = (poolSize: number) => new DataSource(dataSourceOptions(SCHEMA, url, poolSize)).initialize();
  const [main, reserve] = [await open(mainSize), await open(reserveSize)];
  return {
    main,
    reserve,
    close: async () => {
      await Promise.all([main.destroy(), reserve.destroy()]);
    },
  };
}

export function unitOfWorkOn({ main, reserve }: OpenedPools): PostgresUnitOfWork {
  const telemetry = new CountingTelemetry();
  return new PostgresUnitOfWork(main, reserve, repositories(main, telemetry), telemetry);
}
