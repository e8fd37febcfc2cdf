import type { Outcome } from '../domain/callbacks/outcome.js';

/** What the use cases report to the operator's metrics. */
export abstract class Telemetry {
  abstract lockConflict(): void;
  abstract lockWaited(seconds: number): void;
  abstract batchSettled(size: number): void;
  /** A callback that was acknowledged as `pending` has its outcome. */
  abstract decidedLater(gateway: string, outcome: Outcome): void;
  abstract paymentExpired(): void;
  /** Money came for an order that cannot be paid. */
  abstract orderNotPayable(): void;
}
