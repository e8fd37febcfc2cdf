import { Module, type DynamicModule } from '@nestjs/common';
import { ExpiryWorker } from './adapters/worker/expiry-worker.js';
import { RetentionWorker } from './adapters/worker/retention-worker.js';
import { DropBodies } from './application/drop-bodies.js';
import { ExpirePayments } from './application/expire-payments.js';
import { Clock, Telemetry, UnitOfWork } from './application/ports.js';

export interface UpkeepSettings {
  readonly cancelUnpaidOrders: boolean;
  readonly callbackBodyDays: number;
}

/** What the passing of time alone brings about. */
@Module({})
export class UpkeepModule {
  static with({ cancelUnpaidOrders, callbackBodyDays }: UpkeepSettings): DynamicModule {
    return {
      module: UpkeepModule,
      providers: [
        ExpiryWorker,
        RetentionWorker,
        {
          provide: ExpirePayments,
          useFactory: (unitOfWork: UnitOfWork, clock: Clock, telemetry: Telemetry) =>
            new ExpirePayments(unitOfWork, clock, telemetry, cancelUnpaidOrders),
          inject: [UnitOfWork, Clock, Telemetry],
        },
        {
          provide: DropBodies,
          useFactory: (unitOfWork: UnitOfWork, clock: Clock) =>
            new DropBodies(unitOfWork, clock, callbackBodyDays),
          inject: [UnitOfWork, Clock],
        },
      ],
    };
  }
}
