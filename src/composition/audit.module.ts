import { Global, Module } from '@nestjs/common';
import { AuditWorker } from '../adapters/workers/audit-worker.js';
import { AuditMoney } from '../application/audit/audit-money.js';
import { AuditQueries } from '../application/audit/audit-queries.js';
import { WatchMoney } from '../application/audit/watch-money.js';
import { Clock } from '../application/clock.js';
import { provide } from './provide.js';

/** The proof that each piece of money has exactly one owner. */
@Global()
@Module({
  providers: [
    AuditWorker,
    provide(AuditMoney, AuditQueries, Clock),
    provide(WatchMoney, AuditMoney, AuditQueries, Clock),
  ],
  exports: [AuditMoney],
})
export class AuditModule {}
