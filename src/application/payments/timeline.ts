import type { NotificationKind } from '../../domain/callbacks/notification.js';
import type { Outcome } from '../../domain/callbacks/outcome.js';
import type { EndedBy } from '../../domain/cases/ended-by.js';
import type { Resolution } from '../../domain/cases/endings.js';
import type { CaseKind } from '../../domain/cases/kinds.js';

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
      readonly endedBy: EndedBy | null;
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

/** What a timeline is made from. Each source gives its items newest first, by its own keys. */
export const TIMELINE_SOURCES = [
  'callback',
  'paymentEvent',
  'orderEvent',
  'caseOpened',
  'caseResolved',
  'note',
  'delivery',
] as const;
export type TimelineSource = (typeof TIMELINE_SOURCES)[number];

/**
 * The key of the last item that was shown of each source; a source without one is read from its newest item. The key of a
 * delivery is `<event id>:<subscriber id>`. All other keys are ids.
 */
export type TimelinePosition = Readonly<Partial<Record<TimelineSource, string>>>;

export interface TimelineRequest {
  readonly limit: number;
  /** Where the previous page ended; null for the newest page. */
  readonly before: TimelinePosition | null;
}

export interface Timeline {
  /** Oldest first. */
  readonly items: readonly TimelineItem[];
  /** The `before` of the next page, which has older items; null on the last page. */
  readonly next: TimelinePosition | null;
}

export interface SourceItem {
  readonly key: string;
  readonly item: TimelineItem;
}

/** The items of each source that are older than the position, newest first, at least one more than a page has if there are so many. */
export type SourceItems = Readonly<Record<TimelineSource, readonly SourceItem[]>>;

/** The order of items that happened at the same time: a cause before its effect. */
const KINDS: readonly TimelineItem['kind'][] = ['callback', 'event', 'discrepancy', 'note', 'delivery'];

const inOrder = (left: TimelineItem, right: TimelineItem): number =>
  left.at.getTime() - right.at.getTime() ||
  KINDS.indexOf(left.kind) - KINDS.indexOf(right.kind) ||
  Number(left.id) - Number(right.id);

/**
 * Merges the sources into one page. Each source is read in the order of its keys, so an item is on one page only, also if its
 * time changes between two pages. Null if there are no items at all.
 */
export function timelinePage(sources: SourceItems, { limit, before }: TimelineRequest): Timeline | null {
  const position: Partial<Record<TimelineSource, string>> = { ...before };
  const left = new Map(TIMELINE_SOURCES.map((source) => [source, [...sources[source]].reverse()]));
  const shown: TimelineItem[] = [];
  for (let source = newest(left); source && shown.length < limit; source = newest(left)) {
    const { key, item } = left.get(source)!.pop()!;
    position[source] = key;
    shown.push(item);
  }
  if (shown.length === 0 && before === null) return null;
  return { items: shown.reverse().toSorted(inOrder), next: newest(left) ? position : null };
}

/** The source whose next item is the newest. Of items that are equal the later source has the newer one. */
function newest(left: ReadonlyMap<TimelineSource, readonly SourceItem[]>): TimelineSource | undefined {
  let found: TimelineSource | undefined;
  for (const [source, items] of left) {
    const next = items.at(-1)?.item;
    if (next && (!found || inOrder(left.get(found)!.at(-1)!.item, next) <= 0)) found = source;
  }
  return found;
}
