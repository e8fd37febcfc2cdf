import { DataSource } from 'typeorm';
import { dataSourceOptions } from '../../src/adapters/persistence/data-source.js';
import { TypeormUnitOfWork } from '../../src/adapters/persistence/typeorm-unit-of-work.js';
import { Metrics } from '../../src/adapters/http/metrics.js';
import { freshDatabase } from '../database.js';
import { adminUseCases } from './admin-use-cases.js';
import { idempotentWrites } from './idempotent-writes.js';

const openPg = async () => {
  const database = await freshDatabase();
  const main = await new DataSource(dataSourceOptions(database.url, 12) as never).initialize();
  const reserve = await new DataSource(dataSourceOptions(database.url, 2) as never).initialize();
  return { unitOfWork: new TypeormUnitOfWork(main, reserve, new Metrics()), close: async () => { await main.destroy(); await reserve.destroy(); await database.drop(); } };
};
adminUseCases('pg', openPg);
idempotentWrites('pg', openPg);
