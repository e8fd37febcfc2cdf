import { randomUUID } from 'node:crypto';
import { Global, Module, type DynamicModule } from '@nestjs/common';
import { APP_FILTER } from '@nestjs/core';
import { CreatePayment } from '../../application/create-payment.js';
import { IdempotentWrite } from '../../application/idempotent-write.js';
import { Clock, Telemetry, UnitOfWork } from '../../application/ports.js';
import { Gateways, GatewaysModule, type GatewaySettings } from '../gateways/gateways.module.js';
import { AdminGuard, AdminTokens, type AdminToken } from './admin.guard.js';
import { AdminWrites } from './admin-writes.js';
import { CallbackController } from './callback.controller.js';
import { HealthController } from './health.controller.js';
import { InboxController } from './inbox.controller.js';
import { Metrics } from './metrics.js';
import { MetricsController } from './metrics.controller.js';
import { OrdersController } from './orders.controller.js';
import { PaymentsController } from './payments.controller.js';
import { ProblemFilter } from './problem.filter.js';

export interface HttpSettings {
  readonly adminTokens: readonly AdminToken[];
  /** How long a payment waits for its money where nobody says otherwise. */
  readonly paymentTtlSeconds: number;
  readonly gateways: GatewaySettings;
}

/**
 * Everything that listens. Needs the ports of `application/ports.ts`, Queries and CallbackQueue from global
 * modules, and is global itself for the Telemetry that the others report to.
 */
@Global()
@Module({})
export class HttpModule {
  static with({ adminTokens, paymentTtlSeconds, gateways }: HttpSettings): DynamicModule {
    return {
      module: HttpModule,
      imports: [GatewaysModule.with(gateways)],
      controllers: [
        CallbackController,
        OrdersController,
        PaymentsController,
        InboxController,
        HealthController,
        MetricsController,
      ],
      providers: [
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
          inject: [Gateways],
          useFactory: ({ names }: Gateways) =>
            new CreatePayment({ gateways: names, ttlSeconds: paymentTtlSeconds, drawNumber }),
        },
        Metrics,
        { provide: Telemetry, useExisting: Metrics },
      ],
      exports: [Metrics, Telemetry],
    };
  }
}

/** 122 random bits in 32 letters and digits. */
function drawNumber(): string {
  return randomUUID().replaceAll('-', '');
}
