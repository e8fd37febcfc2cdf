import { describe, expect, test } from '@jest/globals';
import { TIMELINE_LIMIT, timelineOf, type TimelineItem } from '../../../src/application/payments/timeline.js';

const item = (kind: TimelineItem['kind'], id: string, second = 0): TimelineItem =>
  ({ kind, id, at: new Date(Date.UTC(2026, 10, 23, 8, 0, second)) }) as TimelineItem;
const timeline = (items: readonly TimelineItem[], limit?: number) => {
  const { items: sorted, truncated } = timelineOf(items, limit)!;
  return { items: sorted.map(({ kind, id }) => `${kind} ${id}`), truncated };
};

describe('a timeline', () => {
  test('is sorted by time, oldest first', () => {
    expect(timeline([item('event', '3', 2), item('callback', '9', 1), item('note', '1', 3)]).items).toEqual([
      'callback 9',
      'event 3',
      'note 1',
    ]);
  });

  test('shows a cause before its effect if both have the same time', () => {
    const kinds = ['delivery', 'note', 'discrepancy', 'event', 'callback'] as const;
    const sorted = ['callback 1', 'event 1', 'discrepancy 1', 'note 1', 'delivery 1'];
    expect(timeline(kinds.map((kind) => item(kind, '1'))).items).toEqual(sorted);
    expect(timeline(kinds.toReversed().map((kind) => item(kind, '1'))).items).toEqual(sorted);
  });

  test('sorts items of the same time and kind by number, so that 9 comes before 10', () => {
    const numbers = ['10', '9', '100', '11'].map((id) => item('event', id));
    expect(timeline(numbers).items).toEqual(['event 9', 'event 10', 'event 11', 'event 100']);
  });

  test('shows the newest items and is marked as truncated if there are too many', () => {
    const three = ['1', '2', '3'].map((id) => item('event', id));
    expect(timeline(three, 2)).toEqual({ items: ['event 2', 'event 3'], truncated: true });
    expect(timeline(three, 3)).toEqual({ items: ['event 1', 'event 2', 'event 3'], truncated: false });
    const many = Array.from({ length: TIMELINE_LIMIT + 1 }, (_, id) => item('event', String(id)));
    expect(timeline(many)).toMatchObject({ truncated: true, items: { length: TIMELINE_LIMIT } });
  });

  test('does not exist if nothing has happened', () => {
    expect(timelineOf([])).toBeNull();
  });
});
