import { type DynamicModule, Module } from '@nestjs/common';
import { CallbackWorker } from '../adapters/workers/callback-worker.js';
import { RetentionWorker } from '../adapters/workers/retention-worker.js';
import { CallbackBatcher } from '../application/callbacks/callback-batcher.js';
import { ExplainCallback } from '../application/callbacks/explain-callback.js';
import { ProcessPaymentSuccess } from '../application/callbacks/process-payment-success.js';
import { PruneBodies } from '../application/callbacks/prune-bodies.js';
import { ReceiptRepository } from '../application/callbacks/receipt-repository.js';
import { Reparser } from '../application/callbacks/reparse.js';
import { ReplayCallback } from '../application/callbacks/replay-callback.js';
import { SettlePending } from '../application/callbacks/settle-pending.js';
import { SettleUnmatched } from '../application/callbacks/settle-unmatched.js';
import { Clock } from '../application/clock.js';
import { NotificationReader } from '../application/gateways/notification-reader.js';
import { Readiness } from '../application/readiness.js';
import { Telemetry } from '../application/telemetry.js';
import { UnitOfWork } from '../application/transaction.js';
import type { ExpiryJudgedBy } from '../domain/callbacks/judged-time.js';
import { CALLBACKS_UNIT_OF_WORK } from './postgres.module.js';
import { provide } from './provide.js';

interface CallbackSettings {
  readonly expiryJudgedBy: ExpiryJudgedBy;
  /** How long headers and bodies of settled callbacks are stored. */
  readonly callbackBodyDays: number;
}

/** Callbacks have connections of their own. What workers and admin writes settle uses those of the workers. */
const ON_CALLBACKS = Symbol('ProcessPaymentSuccess on the connections of callbacks');
const PROCESSING = {
  provide: ON_CALLBACKS,
  useFactory: (unitOfWork: UnitOfWork, clock: Clock, telemetry: Telemetry) =>
    new ProcessPaymentSuccess(unitOfWork, clock, telemetry),
  inject: [CALLBACKS_UNIT_OF_WORK, Clock, Telemetry],
};
const BATCHER = {
  provide: CallbackBatcher,
  useFactory: (
    processPaymentSuccess: ProcessPaymentSuccess,
    receipts: ReceiptRepository,
    clock: Clock,
    readiness: Readiness,
  ) => new CallbackBatcher(processPaymentSuccess, receipts, clock, readiness),
  inject: [ON_CALLBACKS, ReceiptRepository, Clock, Readiness],
};

/** The use cases that receive, settle, retry, replay and explain callbacks. */
@Module({})
export class CallbacksModule {
  static with({ expiryJudgedBy, callbackBodyDays }: CallbackSettings): DynamicModule {
    return {
      module: CallbacksModule,
      global: true,
      providers: [
        CallbackWorker,
        RetentionWorker,
        provide(ProcessPaymentSuccess, UnitOfWork, Clock, Telemetry),
        PROCESSING,
        BATCHER,
        provide(SettlePending, UnitOfWork, ProcessPaymentSuccess, Clock),
        provide(SettleUnmatched, UnitOfWork, ProcessPaymentSuccess),
        provide(ReplayCallback, Reparser),
        provide(ExplainCallback, Reparser),
        {
          provide: PruneBodies,
          useFactory: (unitOfWork: UnitOfWork, clock: Clock) =>
            new PruneBodies(unitOfWork, clock, callbackBodyDays),
          inject: [UnitOfWork, Clock],
        },
        {
          provide: Reparser,
          useFactory: (reader: NotificationReader) => new Reparser(reader, expiryJudgedBy),
          inject: [NotificationReader],
        },
      ],
      exports: [CallbackBatcher, ProcessPaymentSuccess, ReplayCallback, ExplainCallback],
    };
  }
}
