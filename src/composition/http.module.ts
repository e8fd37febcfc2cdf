import { type DynamicModule, Module } from '@nestjs/common';
import { APP_FILTER } from '@nestjs/core';
import { InboxController } from '../adapters/http/admin/callbacks/inbox.controller.js';
import { DiscrepanciesController } from '../adapters/http/admin/cases/discrepancies.controller.js';
import { WebhookEndpointsController } from '../adapters/http/admin/events/webhook-endpoints.controller.js';
import { IdempotentHandler } from '../adapters/http/admin/idempotent-handler.js';
import { OrdersController } from '../adapters/http/admin/orders/orders.controller.js';
import { PlacementsController } from '../adapters/http/admin/orders/placements.controller.js';
import { PaymentsController } from '../adapters/http/admin/payments/payments.controller.js';
import { CallbackController } from '../adapters/http/callbacks/callback.controller.js';
import { ReceiptFactory } from '../adapters/http/callbacks/receipt-factory.js';
import { HealthController } from '../adapters/http/operations/health.controller.js';
import { MetricsController } from '../adapters/http/operations/metrics.controller.js';
import { AdminGuard, AdminTokens, type AdminToken } from '../adapters/http/server/admin.guard.js';
import { BoundedReads } from '../adapters/http/server/bounded-reads.js';
import { LoadShedding } from '../adapters/http/server/load-shedding.js';
import { ProblemFilter } from '../adapters/http/server/problem.filter.js';
import { Clock } from '../application/clock.js';
import { IdempotentWrite } from '../application/idempotency/idempotent-write.js';
import { UnitOfWork } from '../application/transaction.js';
import type { ExpiryJudgedBy } from '../domain/callbacks/judged-time.js';
import { provide } from './provide.js';

interface HttpSettings {
  readonly adminTokens: readonly AdminToken[];
  readonly expiryJudgedBy: ExpiryJudgedBy;
}

/** Everything that answers HTTP requests. */
@Module({})
export class HttpModule {
  static with({ adminTokens, expiryJudgedBy }: HttpSettings): DynamicModule {
    return {
      module: HttpModule,
      controllers: [
        CallbackController,
        OrdersController,
        PlacementsController,
        PaymentsController,
        InboxController,
        DiscrepanciesController,
        WebhookEndpointsController,
        HealthController,
        MetricsController,
      ],
      providers: [
        LoadShedding,
        AdminGuard,
        BoundedReads,
        IdempotentHandler,
        { provide: APP_FILTER, useClass: ProblemFilter },
        { provide: AdminTokens, useValue: new AdminTokens(adminTokens) },
        { provide: ReceiptFactory, useValue: new ReceiptFactory(expiryJudgedBy) },
        provide(IdempotentWrite, UnitOfWork, Clock),
      ],
    };
  }
}
