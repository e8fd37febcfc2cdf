import type { Refund } from '../../domain/refunds/refund.js';

export abstract class RefundRepository {
  /** Stores new refunds. The piece of each is locked. */
  abstract add(refunds: readonly Refund[], at: Date): Promise<void>;
}
