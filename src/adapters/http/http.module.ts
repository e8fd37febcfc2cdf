import { randomUUID } from 'node:crypto';
import { Global, Module, type DynamicModule, type Provider } from '@nestjs/common';
import { APP_FILTER } from '@nestjs/core';
import { CreatePayment } from '../../application/create-payment.js';
import { DecideCallbacks } from '../../application/decide-callbacks.js';
import { ExplainCallback, Rereading } from '../../application/explain-callback.js';
import { IdempotentWrite } from '../../application/idempotent-write.js';
import { Clock, Telemetry, UnitOfWork } from '../../application/ports.js';
import { ProcessPaymentSuccess } from '../../application/process-payment-success.js';
import { RecordNotice } from '../../application/record-notice.js';
import { ReplayCallback } from '../../application/replay-callback.js';
import { NoticeReader } from '../../application/stored-callbacks.js';
import type { ExpiryJudgedBy } from '../../domain/notice.js';
import { Gateways, GatewaysModule, type GatewaySettings } from '../gateways/gateways.module.js';
import { AdminGuard, AdminTokens, type AdminToken } from './admin.guard.js';
import { AdminWrites } from './admin-writes.js';
import { CallbackController } from './callback.controller.js';
import { DiscrepanciesController } from './discrepancies.controller.js';
import { HealthController } from './health.controller.js';
import { InboxController } from './inbox.controller.js';
import { Metrics } from './metrics.js';
import { MetricsController } from './metrics.controller.js';
import { OrdersController } from './orders.controller.js';
import { Overload } from './overload.js';
import { PaymentsController } from './payments.controller.js';
import { ProblemFilter } from './problem.filter.js';
import { WebhookEndpointsController } from './webhook-endpoints.controller.js';

export interface HttpSettings {
  readonly adminTokens: readonly AdminToken[];
  /** How long a payment waits for its money where nobody says otherwise. */
  readonly paymentTtlSeconds: number;
  readonly gateways: GatewaySettings;
  readonly expiryJudgedBy: ExpiryJudgedBy;
}

const CONTROLLERS = [
  CallbackController,
  OrdersController,
  PaymentsController,
  InboxController,
  DiscrepanciesController,
  WebhookEndpointsController,
  HealthController,
  MetricsController,
];

/**
 * Everything that listens. Needs the ports of `application/ports.ts`, Queries and CallbackQueue from global
 * modules, and is global itself for the Telemetry that the others report to.
 */
@Global()
@Module({})
export class HttpModule {
  static with({ adminTokens, paymentTtlSeconds, gateways, expiryJudgedBy }: HttpSettings): DynamicModule {
    return {
      module: HttpModule,
      imports: [GatewaysModule.with(gateways)],
      controllers: CONTROLLERS,
      providers: [
        Overload,
        { provide: APP_FILTER, useClass: ProblemFilter },
        { provide: AdminTokens, useValue: new AdminTokens(adminTokens) },
        AdminGuard,
        AdminWrites,
        {
          provide: IdempotentWrite,
          inject: [UnitOfWork, Clock],
          useFactory: (unitOfWork: UnitOfWork, clock: Clock) => new IdempotentWrite(unitOfWork, clock),
        },
        {
          provide: CreatePayment,
          inject: [Gateways, DecideCallbacks],
          useFactory: ({ names }: Gateways, decideCallbacks: DecideCallbacks) =>
            new CreatePayment(
              { gateways: names, ttlSeconds: paymentTtlSeconds, drawNumber },
              decideCallbacks,
            ),
        },
        ...decidingOnceMore(expiryJudgedBy),
        Metrics,
        { provide: Telemetry, useExisting: Metrics },
      ],
      exports: [Metrics, Telemetry],
    };
  }
}

/** What operators do with stored callbacks. */
function decidingOnceMore(expiryJudgedBy: ExpiryJudgedBy): Provider[] {
  return [
    {
      provide: Rereading,
      inject: [NoticeReader],
      useFactory: (reader: NoticeReader) => new Rereading(reader, expiryJudgedBy),
    },
    {
      provide: ReplayCallback,
      inject: [Rereading],
      useFactory: (rereading: Rereading) =>
        new ReplayCallback(new ProcessPaymentSuccess(), new RecordNotice(), rereading),
    },
    {
      provide: ExplainCallback,
      inject: [Rereading],
      useFactory: (rereading: Rereading) => new ExplainCallback(rereading),
    },
  ];
}

/** 122 random bits in 32 letters and digits. */
function drawNumber(): string {
  return randomUUID().replaceAll('-', '');
}
