import { Module, type DynamicModule } from '@nestjs/common';
import { InboxWorker } from './adapters/worker/inbox-worker.js';
import { CallbackQueue } from './application/callback-queue.js';
import { Clock, ReceiptStore, Telemetry, UnitOfWork } from './application/ports.js';
import { ProcessPaymentSuccess } from './application/process-payment-success.js';
import { ReceiveCallback } from './application/receive-callback.js';
import { RecordNotice } from './application/record-notice.js';
import { SettlePending } from './application/settle-pending.js';
import type { ExpiryJudgedBy } from './domain/notice.js';

/** The use cases between a verified callback and a paid order, built by hand because the application knows no framework. */
@Module({})
export class SettlementModule {
  static with(expiryJudgedBy: ExpiryJudgedBy): DynamicModule {
    return {
      module: SettlementModule,
      global: true,
      providers: [
        InboxWorker,
        {
          provide: ReceiveCallback,
          useFactory: (unitOfWork: UnitOfWork, clock: Clock, telemetry: Telemetry) =>
            new ReceiveCallback(
              unitOfWork,
              new ProcessPaymentSuccess(),
              new RecordNotice(),
              clock,
              telemetry,
            ),
          inject: [UnitOfWork, Clock, Telemetry],
        },
        {
          provide: CallbackQueue,
          useFactory: (receiveCallback: ReceiveCallback, receipts: ReceiptStore, clock: Clock) =>
            new CallbackQueue(receiveCallback, receipts, clock, expiryJudgedBy),
          inject: [ReceiveCallback, ReceiptStore, Clock],
        },
        {
          provide: SettlePending,
          useFactory: (unitOfWork: UnitOfWork, receiveCallback: ReceiveCallback, clock: Clock) =>
            new SettlePending(unitOfWork, receiveCallback, clock),
          inject: [UnitOfWork, ReceiveCallback, Clock],
        },
      ],
      exports: [CallbackQueue],
    };
  }
}
