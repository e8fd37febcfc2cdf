import { describe, expect, test } from '@jest/globals';
import { TIMELINE_LIMIT, timelineOf, type TimelineItem } from '../../src/application/timeline.js';

const item = (kind: TimelineItem['kind'], id: string, second = 0): TimelineItem =>
  ({ kind, id, at: new Date(Date.UTC(2026, 10, 23, 8, 0, second)) }) as TimelineItem;
const told = (items: readonly TimelineItem[], limit?: number) => {
  const timeline = timelineOf(items, limit)!;
  return { items: timeline.items.map(({ kind, id }) => `${kind} ${id}`), truncated: timeline.truncated };
};

describe('a timeline', () => {
  test('is told as it happened, oldest first', () => {
    expect(told([item('event', '3', 2), item('callback', '9', 1), item('note', '1', 3)]).items).toEqual([
      'callback 9',
      'event 3',
      'note 1',
    ]);
  });

  test('tells of one instant the cause before its effect', () => {
    const kinds = ['delivery', 'note', 'discrepancy', 'event', 'callback'] as const;
    const causes = ['callback 1', 'event 1', 'discrepancy 1', 'note 1', 'delivery 1'];
    expect(told(kinds.map((kind) => item(kind, '1'))).items).toEqual(causes);
    expect(told(kinds.toReversed().map((kind) => item(kind, '1'))).items).toEqual(causes);
  });

  test('tells of one instant and kind by number, and 9 comes before 10', () => {
    const numbers = ['10', '9', '100', '11'].map((id) => item('event', id));
    expect(told(numbers).items).toEqual(['event 9', 'event 10', 'event 11', 'event 100']);
  });

  test('keeps the newest where there are too many, and says that there was more', () => {
    const three = ['1', '2', '3'].map((id) => item('event', id));
    expect(told(three, 2)).toEqual({ items: ['event 2', 'event 3'], truncated: true });
    expect(told(three, 3)).toEqual({ items: ['event 1', 'event 2', 'event 3'], truncated: false });
    const many = Array.from({ length: TIMELINE_LIMIT + 1 }, (_, id) => item('event', String(id)));
    expect(told(many)).toMatchObject({ truncated: true, items: { length: TIMELINE_LIMIT } });
  });

  test('is none where nothing has happened', () => {
    expect(timelineOf([])).toBeNull();
  });
});
