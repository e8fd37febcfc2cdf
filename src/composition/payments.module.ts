import { type DynamicModule, Module } from '@nestjs/common';
import { Gateways } from '../adapters/gateways/registry.js';
import { ExpiryWorker } from '../adapters/workers/expiry-worker.js';
import { RefundWorker } from '../adapters/workers/refund-worker.js';
import { ProcessPaymentSuccess } from '../application/callbacks/process-payment-success.js';
import { Clock } from '../application/clock.js';
import { NotificationReader } from '../application/gateways/notification-reader.js';
import { PlaceOrders } from '../application/orders/place-orders.js';
import { PlacementBatcher } from '../application/orders/placement-batcher.js';
import { ExpirePayments } from '../application/payments/expire-payments.js';
import { OpenWaitingCases } from '../application/disputes/open-waiting-cases.js';
import { OpenOverdueCases } from '../application/refunds/open-overdue-cases.js';
import { RecordOldReports } from '../application/refunds/record-old-reports.js';
import { Telemetry } from '../application/telemetry.js';
import { UnitOfWork } from '../application/transaction.js';
import { generatePaymentNumber as generateNumber } from './payment-numbers.js';
import { provide } from './provide.js';

interface PaymentSettings {
  readonly paymentTtlSeconds: number;
  readonly cancelUnpaidOrders: boolean;
}

/** The use cases that place orders, and open and expire payments. */
@Module({})
export class PaymentsModule {
  static with({ paymentTtlSeconds: ttlSeconds, cancelUnpaidOrders }: PaymentSettings): DynamicModule {
    return {
      module: PaymentsModule,
      global: true,
      providers: [
        ExpiryWorker,
        RefundWorker,
        provide(OpenOverdueCases, UnitOfWork, Clock),
        provide(OpenWaitingCases, UnitOfWork, Clock),
        provide(RecordOldReports, UnitOfWork, NotificationReader, Clock),
        {
          provide: PlaceOrders,
          useFactory: (
            unitOfWork: UnitOfWork,
            clock: Clock,
            gateways: Gateways,
            process: ProcessPaymentSuccess,
          ) => {
            const rules = { gateways: gateways.names, paymentNumbers: gateways, ttlSeconds, generateNumber };
            return new PlaceOrders(unitOfWork, clock, rules, process);
          },
          inject: [UnitOfWork, Clock, Gateways, ProcessPaymentSuccess],
        },
        provide(PlacementBatcher, PlaceOrders),
        {
          provide: ExpirePayments,
          useFactory: (unitOfWork: UnitOfWork, clock: Clock, telemetry: Telemetry) =>
            new ExpirePayments(unitOfWork, clock, telemetry, cancelUnpaidOrders),
          inject: [UnitOfWork, Clock, Telemetry],
        },
      ],
      exports: [PlacementBatcher],
    };
  }
}
