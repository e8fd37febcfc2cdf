import { Module, type DynamicModule } from '@nestjs/common';
import { InboxWorker } from './adapters/worker/inbox-worker.js';
import { CallbackQueue } from './application/callback-queue.js';
import { DecideCallbacks } from './application/decide-callbacks.js';
import { Clock, ReceiptStore, Telemetry, UnitOfWork } from './application/ports.js';
import { ProcessPaymentSuccess } from './application/process-payment-success.js';
import { ReceiveCallback } from './application/receive-callback.js';
import { RecordNotice } from './application/record-notice.js';
import { SettlePending } from './application/settle-pending.js';
import { SettleUnmatched } from './application/settle-unmatched.js';
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
          provide: DecideCallbacks,
          useFactory: (clock: Clock) =>
            new DecideCallbacks(new ProcessPaymentSuccess(), new RecordNotice(), clock),
          inject: [Clock],
        },
        {
          provide: ReceiveCallback,
          useFactory: (unitOfWork: UnitOfWork, decideCallbacks: DecideCallbacks, telemetry: Telemetry) =>
            new ReceiveCallback(unitOfWork, decideCallbacks, telemetry),
          inject: [UnitOfWork, DecideCallbacks, Telemetry],
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
        {
          provide: SettleUnmatched,
          useFactory: (unitOfWork: UnitOfWork, receiveCallback: ReceiveCallback) =>
            new SettleUnmatched(unitOfWork, receiveCallback),
          inject: [UnitOfWork, ReceiveCallback],
        },
      ],
      exports: [CallbackQueue, DecideCallbacks],
    };
  }
}
