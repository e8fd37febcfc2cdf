import { type DynamicModule, Module } from '@nestjs/common';
import { randomUUID } from 'node:crypto';
import { Gateways } from '../adapters/gateways/registry.js';
import { ExpiryWorker } from '../adapters/workers/expiry-worker.js';
import { ProcessPaymentSuccess } from '../application/callbacks/process-payment-success.js';
import { Clock } from '../application/clock.js';
import { CreatePayment } from '../application/payments/create-payment.js';
import { ExpirePayments } from '../application/payments/expire-payments.js';
import { Telemetry } from '../application/telemetry.js';
import { UnitOfWork } from '../application/transaction.js';

interface PaymentSettings {
  readonly paymentTtlSeconds: number;
  readonly cancelUnpaidOrders: boolean;
}

/** The use cases that open and expire payments. */
@Module({})
export class PaymentsModule {
  static with({ paymentTtlSeconds: ttlSeconds, cancelUnpaidOrders }: PaymentSettings): DynamicModule {
    return {
      module: PaymentsModule,
      global: true,
      providers: [
        ExpiryWorker,
        {
          provide: CreatePayment,
          useFactory: ({ names: gateways }: Gateways, processPaymentSuccess: ProcessPaymentSuccess) =>
            new CreatePayment({ gateways, ttlSeconds, generateNumber }, processPaymentSuccess),
          inject: [Gateways, ProcessPaymentSuccess],
        },
        {
          provide: ExpirePayments,
          useFactory: (unitOfWork: UnitOfWork, clock: Clock, telemetry: Telemetry) =>
            new ExpirePayments(unitOfWork, clock, telemetry, cancelUnpaidOrders),
          inject: [UnitOfWork, Clock, Telemetry],
        },
      ],
      exports: [CreatePayment],
    };
  }
}

/** 122 random bits as 32 letters and digits. */
function generateNumber(): string {
  return randomUUID().replaceAll('-', '');
}
