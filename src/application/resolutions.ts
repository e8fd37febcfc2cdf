import type { DiscrepancyKind } from '../domain/discrepancy.js';
import type { Notice } from '../domain/notice.js';
import type { Deed } from '../domain/order.js';
import type { Resolution } from '../domain/resolution.js';
import type { OpenDiscrepancy } from './ports.js';

/** How an operator has ended a case. */
export interface Ending {
  readonly resolution: Resolution;
  readonly note: string;
  readonly reference: string | null;
  /** What came of it, where it was more than a word. */
  readonly reason: string | null;
}

/** What operators do to discrepancies, inside a transaction. */
export interface Resolutions {
  /** Holds the case until the transaction ends; true where it is still open. */
  hold(id: string): Promise<boolean>;
  /** Ends a case that is held and open. */
  end(id: string, ending: Ending, deed: Deed): Promise<void>;
  addNote(id: string, note: string, deed: Deed): Promise<void>;
  /**
   * Closes the open case of this kind that the money of a notice has, or, where the notice names no transaction, the callback
   * itself; and returns it.
   */
  closeCaseOf(
    callback: { readonly id: string; readonly notice: Notice },
    kind: DiscrepancyKind,
    reason: string,
    deed: Deed,
  ): Promise<OpenDiscrepancy | null>;
  /** An operator has said that the money of this transaction was given back by another way. */
  isRefunded(gateway: string, transactionId: string): Promise<boolean>;
}
