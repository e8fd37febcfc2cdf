import type { NotificationKind } from '../../domain/callbacks/notification.js';
import type { Outcome } from '../../domain/callbacks/outcome.js';
import type { Filter, Page, PageRequest } from '../page.js';

export interface CallbackView {
  readonly id: string;
  readonly gateway: string;
  readonly eventId: string;
  readonly kind: NotificationKind;
  readonly paymentNumber: string | null;
  readonly outcome: Outcome;
  readonly deliveries: number;
  readonly receivedAt: Date;
  readonly settledAt: Date | null;
}

/** Contains what a gateway sent, so only operators see it, and only for one callback at a time. */
export interface CallbackDetail extends CallbackView {
  /** Headers and body are null after they have been pruned. */
  readonly headers: Readonly<Record<string, string>> | null;
  readonly bodyBase64: string | null;
}

/** The callbacks that are stored and not settled yet. */
export interface PendingCallbacks {
  readonly count: number;
  /** The age of the oldest one; 0 if there is none. */
  readonly oldestSeconds: number;
}

/** Reads without locks. */
export abstract class CallbackQueries {
  abstract list(
    filter: Filter<'gateway' | 'outcome' | 'paymentNumber'>,
    page: PageRequest,
  ): Promise<Page<CallbackView>>;
  abstract find(id: string): Promise<CallbackDetail | null>;
  abstract pending(): Promise<PendingCallbacks>;
}
