import type { NotificationKind } from '../../domain/callbacks/notification.js';
import type { Outcome } from '../../domain/callbacks/outcome.js';
import type { Resolution } from '../../domain/cases/endings.js';
import type { CaseKind } from '../../domain/cases/kinds.js';

/** More items than a payment has in practice. */
export const TIMELINE_LIMIT = 1_000;

/** Something that happened to a payment. `id` is the id of the row behind the item; several items may have the same one. */
export type TimelineItem = { readonly at: Date; readonly id: string } & (
  | {
      /** A callback was received. `outcome` is its current outcome. */
      readonly kind: 'callback';
      readonly gateway: string;
      readonly eventId: string;
      readonly noticeKind: NotificationKind;
      readonly outcome: Outcome;
      readonly deliveries: number;
      readonly settledAt: Date | null;
    }
  | {
      /** An entry of the log of the payment or of its order. */
      readonly kind: 'event';
      readonly type: string;
      readonly actor: string;
      readonly callbackId: string | null;
      readonly data: Readonly<Record<string, unknown>>;
    }
  | {
      readonly kind: 'discrepancy';
      readonly type: 'opened' | 'resolved';
      readonly discrepancyKind: CaseKind;
      readonly callbackId: string | null;
      readonly resolution: Resolution | null;
      readonly actor: string | null;
      readonly reason: string | null;
    }
  | { readonly kind: 'note'; readonly discrepancyId: string; readonly actor: string; readonly note: string }
  | {
      /** The delivery of an event to a subscriber. */
      readonly kind: 'delivery';
      /** The id that the subscriber receives. */
      readonly eventId: string;
      readonly type: string;
      /** The id of the endpoint, or `nats`. */
      readonly subscriber: string;
      readonly status: string;
      readonly attempts: number;
      readonly deliveredAt: Date | null;
    }
);

export interface Timeline {
  /** Oldest first. */
  readonly items: readonly TimelineItem[];
  /** There are older items that are left out. */
  readonly truncated: boolean;
}

/** The order of items that happened at the same time: a cause before its effect. */
const KINDS: readonly TimelineItem['kind'][] = ['callback', 'event', 'discrepancy', 'note', 'delivery'];

/** Merges the items of all sources, of which each gives its newest. Null if there are none. */
export function timelineOf(items: readonly TimelineItem[], limit = TIMELINE_LIMIT): Timeline | null {
  if (items.length === 0) return null;
  const sorted = items.toSorted(
    (left, right) =>
      left.at.getTime() - right.at.getTime() ||
      KINDS.indexOf(left.kind) - KINDS.indexOf(right.kind) ||
      Number(left.id) - Number(right.id),
  );
  return { items: sorted.slice(-limit), truncated: sorted.length > limit };
}
