import type { DiscrepancyKind } from '../domain/discrepancy.js';
import type { NoticeKind, Outcome } from '../domain/notice.js';
import type { Resolution } from '../domain/resolution.js';

/** More than a payment ever has, unless somebody makes it so. */
export const TIMELINE_LIMIT = 1_000;

/** One thing that happened about a payment. What `id` numbers depends on the kind. */
export type TimelineItem = { readonly at: Date; readonly id: string } & (
  | {
      /** A callback came in; `outcome` is what has become of it by now. */
      readonly kind: 'callback';
      readonly gateway: string;
      readonly eventId: string;
      readonly noticeKind: NoticeKind;
      readonly outcome: Outcome;
      readonly deliveries: number;
      readonly settledAt: Date | null;
    }
  | {
      /** An entry of the log, of the payment or of its order. */
      readonly kind: 'event';
      readonly type: string;
      readonly actor: string;
      readonly callbackId: string | null;
      readonly data: Readonly<Record<string, unknown>>;
    }
  | {
      readonly kind: 'discrepancy';
      readonly type: 'opened' | 'resolved';
      readonly discrepancyKind: DiscrepancyKind;
      readonly callbackId: string | null;
      readonly resolution: Resolution | null;
      readonly actor: string | null;
      readonly reason: string | null;
    }
  | { readonly kind: 'note'; readonly discrepancyId: string; readonly actor: string; readonly note: string }
  | {
      /** An event on its way to a subscriber. */
      readonly kind: 'delivery';
      /** As the subscriber is told it. */
      readonly eventId: string;
      readonly type: string;
      /** The endpoint's id, or `nats`. */
      readonly subscriber: string;
      readonly status: string;
      readonly attempts: number;
      readonly deliveredAt: Date | null;
    }
);

export interface Timeline {
  /** As it happened, oldest first. */
  readonly items: readonly TimelineItem[];
  /** There was more before the first of these. */
  readonly truncated: boolean;
}

/** What happens at one instant is told in this order: a cause before its effect. */
const KINDS: readonly TimelineItem['kind'][] = ['callback', 'event', 'discrepancy', 'note', 'delivery'];

/** One list of all that happened, of which each source has given its newest. */
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
