import {
  TIMELINE_SOURCES,
  type Timeline,
  type TimelineItem,
  type TimelinePosition,
  type TimelineRequest,
} from '../../../../application/payments/timeline.js';
import { ROW_ID } from '../../server/field-validators.js';
import { cursorOf, invalidCursor, textOf } from '../../server/pagination.js';
import type { TimelineQuery } from './bodies.js';

/** A timeline as it is sent. */
export interface TimelineView {
  readonly items: readonly TimelineItem[];
  readonly nextCursor: string | null;
  readonly truncated: boolean;
}

/** The keys of the position in the order of the sources, with dots between them; empty for a source without a key. */
const textOfPosition = (position: TimelinePosition): string =>
  TIMELINE_SOURCES.map((source) => position[source] ?? '').join('.');

export function timelineView({ items, next }: Timeline): TimelineView {
  return { items, nextCursor: next && cursorOf(textOfPosition(next)), truncated: next !== null };
}

export function timelineRequest({ limit, cursor }: TimelineQuery): TimelineRequest {
  if (cursor === undefined) return { limit, before: null };
  const keys = textOf(cursor).split('.');
  const read = TIMELINE_SOURCES.flatMap((source, index) =>
    keys[index] ? [[source, keys[index]] as const] : [],
  );
  const before: TimelinePosition = Object.fromEntries(read);
  const areKeys = read.every(([source, key]) => {
    const ids = key.split(':');
    return ids.length === (source === 'delivery' ? 2 : 1) && ids.every((id) => ROW_ID.test(id));
  });
  // Written again it must be the same text, so that each page has one cursor.
  if (read.length === 0 || !areKeys || cursorOf(textOfPosition(before)) !== cursor) throw invalidCursor();
  return { limit, before };
}
