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
  /** How many pieces of money are known not to have exactly one owner, and until when money was audited. */
  abstract moneyAudited(audit: { readonly unowned: number; readonly auditedTo: Date }): void;
}
