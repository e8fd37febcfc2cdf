import type { Attribution } from '../../domain/attribution.js';
import type { Notification } from '../../domain/callbacks/notification.js';
import type { OpenCase, StoredCase } from '../../domain/cases/case.js';
import type { Resolution } from '../../domain/cases/endings.js';
import type { CaseKind } from '../../domain/cases/kinds.js';

/** How an operator ends a case. */
export interface CaseEnding {
  readonly resolution: Resolution;
  readonly note: string;
  readonly reference: string | null;
  /** The outcome of an acceptance; null for other resolutions. */
  readonly reason: string | null;
}

export abstract class CaseRepository {
  /** Opens the new cases and returns them. The others join a case that exists, open or resolved. */
  abstract open(cases: readonly OpenCase[], at: Date): Promise<StoredCase[]>;
  /** Closes the open `unmatched` cases of these callbacks, because their payment exists now. Returns the closed cases. */
  abstract closeUnmatched(callbackIds: readonly string[], at: Date): Promise<StoredCase[]>;
  /**
   * Closes the open case of this kind for the money of a notification, or for the callback itself if the notification names
   * no transaction. Returns the closed case.
   */
  abstract closeFor(
    callback: { readonly id: string; readonly notification: Notification },
    kind: CaseKind,
    reason: string,
    attribution: Attribution,
  ): Promise<StoredCase | null>;
  /** Locks the case. True if it is open. */
  abstract lockOpen(id: string): Promise<boolean>;
  /** Ends a case that is locked and open. */
  abstract end(id: string, ending: CaseEnding, attribution: Attribution): Promise<void>;
  abstract addNote(id: string, note: string, attribution: Attribution): Promise<void>;
  /** Those of these payments that have a case of this kind, open or resolved. */
  abstract paymentsWithCase(kind: CaseKind, paymentNumbers: readonly string[]): Promise<ReadonlySet<string>>;
  /** Whether an operator has said that the money of this transaction was refunded elsewhere. */
  abstract isRefundedElsewhere(gateway: string, transactionId: string): Promise<boolean>;
}
