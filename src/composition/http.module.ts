import { type DynamicModule, Module } from '@nestjs/common';
import { APP_FILTER } from '@nestjs/core';
import { AuditController } from '../adapters/http/admin/audit/audit.controller.js';
import { InboxController } from '../adapters/http/admin/callbacks/inbox.controller.js';
import { DisputesController } from '../adapters/http/admin/disputes/disputes.controller.js';
import { DiscrepanciesController } from '../adapters/http/admin/cases/discrepancies.controller.js';
import { EventStreamsController } from '../adapters/http/admin/events/event-streams.controller.js';
import { LongWriteHandler } from '../adapters/http/admin/events/long-write-handler.js';
import { WebhookEndpointsController } from '../adapters/http/admin/events/webhook-endpoints.controller.js';
import { IdempotentHandler } from '../adapters/http/admin/idempotent-handler.js';
import { OrdersController } from '../adapters/http/admin/orders/orders.controller.js';
import { PlacementsController } from '../adapters/http/admin/orders/placements.controller.js';
import { PaymentsController } from '../adapters/http/admin/payments/payments.controller.js';
import { RefundsController } from '../adapters/http/admin/refunds/refunds.controller.js';
import { CallbackController } from '../adapters/http/callbacks/callback.controller.js';
import { ReceiptFactory } from '../adapters/http/callbacks/receipt-factory.js';
import { HealthController } from '../adapters/http/operations/health.controller.js';
import { GaugeReader } from '../adapters/http/operations/gauge-reader.js';
import { MetricsController } from '../adapters/http/operations/metrics.controller.js';
import { AdminGuard, AdminTokens, type AdminToken } from '../adapters/http/server/admin.guard.js';
import { BoundedReads } from '../adapters/http/server/bounded-reads.js';
import { FailedLogins } from '../adapters/http/server/failed-logins.js';
import { IS_SPLIT, Listeners } from '../adapters/http/server/listeners.js';
import { LoadShedding } from '../adapters/http/server/load-shedding.js';
import { ProblemFilter } from '../adapters/http/server/problem.filter.js';
import { RefusedRequests } from '../adapters/http/server/refused-requests.js';
import { ReplyWorker } from '../adapters/workers/reply-worker.js';
import { Clock } from '../application/clock.js';
import { IdempotentWrite } from '../application/idempotency/idempotent-write.js';
import { RemoveExpiredReplies } from '../application/idempotency/remove-expired-replies.js';
import { UnitOfWork } from '../application/transaction.js';
import type { ExpiryJudgedBy } from '../domain/callbacks/judged-time.js';
import { provide } from './provide.js';

interface HttpSettings {
  readonly adminTokens: readonly AdminToken[];
  readonly expiryJudgedBy: ExpiryJudgedBy;
  /** Null or absent if operators use the same port as gateways. */
  readonly adminPort?: number | null;
}

/** Everything that answers HTTP requests. */
@Module({})
export class HttpModule {
  static with({ adminTokens, expiryJudgedBy, adminPort = null }: HttpSettings): DynamicModule {
    return {
      module: HttpModule,
      controllers: [
        CallbackController,
        OrdersController,
        PlacementsController,
        PaymentsController,
        InboxController,
        DiscrepanciesController,
        DisputesController,
        RefundsController,
        AuditController,
        WebhookEndpointsController,
        EventStreamsController,
        HealthController,
        MetricsController,
      ],
      providers: [
        LoadShedding,
        FailedLogins,
        Listeners,
        RefusedRequests,
        { provide: IS_SPLIT, useValue: adminPort !== null },
        AdminGuard,
        BoundedReads,
        GaugeReader,
        IdempotentHandler,
        LongWriteHandler,
        { provide: APP_FILTER, useClass: ProblemFilter },
        { provide: AdminTokens, useValue: new AdminTokens(adminTokens) },
        { provide: ReceiptFactory, useValue: new ReceiptFactory(expiryJudgedBy) },
        provide(IdempotentWrite, UnitOfWork, Clock),
        provide(RemoveExpiredReplies, UnitOfWork, Clock),
        ReplyWorker,
      ],
    };
  }
}
