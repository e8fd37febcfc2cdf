import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import {
  TIMELINE_SOURCES,
  timelinePage,
  type SourceItem,
  type SourceItems,
  type Timeline,
  type TimelineItem,
  type TimelinePosition,
  type TimelineSource,
} from '../../../src/application/payments/timeline.js';

const KINDS: Readonly<Record<TimelineSource, TimelineItem['kind']>> = {
  callback: 'callback',
  paymentEvent: 'event',
  orderEvent: 'event',
  caseOpened: 'discrepancy',
  caseResolved: 'discrepancy',
  note: 'note',
  delivery: 'delivery',
};

/** An item is a source, an id and a second. */
type Seed = readonly [source: TimelineSource, id: number, second: number];

function sourcesOf(seeds: readonly Seed[], before: TimelinePosition | null = null): SourceItems {
  const itemsOf = (source: TimelineSource): SourceItem[] =>
    seeds
      .filter(([each, id]) => each === source && id < Number(before?.[source] ?? Infinity))
      .toSorted(([, left], [, right]) => right - left)
      .map(([, id, second]) => {
        const at = new Date(Date.UTC(2026, 10, 23, 8, 0, second));
        return { key: String(id), item: { kind: KINDS[source], id: String(id), at } as TimelineItem };
      });
  return Object.fromEntries(
    TIMELINE_SOURCES.map((source) => [source, itemsOf(source)]),
  ) as unknown as SourceItems;
}

const shown = (items: readonly TimelineItem[]) => items.map(({ kind, id }) => `${kind} ${id}`);

const page = (seeds: readonly Seed[], limit = 200) => {
  const { items, next } = timelinePage(sourcesOf(seeds), { limit, before: null })!;
  return { items: shown(items), next };
};

/** All pages, the oldest first. */
function pagesOf(seeds: readonly Seed[], limit: number): TimelineItem[][] {
  const pages: TimelineItem[][] = [];
  for (let before: TimelinePosition | null = null; ;) {
    const { items, next }: Timeline = timelinePage(sourcesOf(seeds, before), { limit, before })!;
    pages.unshift([...items]);
    if (!next) return pages;
    before = next;
  }
}

describe('a timeline', () => {
  test('is sorted by time, oldest first', () => {
    const { items } = page([
      ['paymentEvent', 3, 2],
      ['callback', 9, 1],
      ['note', 1, 3],
    ]);
    expect(items).toEqual(['callback 9', 'event 3', 'note 1']);
  });

  test('shows a cause before its effect if both have the same time', () => {
    const { items } = page(
      TIMELINE_SOURCES.map((source, index) => [source, index + 1, 0] as const).toReversed(),
    );
    expect(items).toEqual([
      'callback 1',
      'event 2',
      'event 3',
      'discrepancy 4',
      'discrepancy 5',
      'note 6',
      'delivery 7',
    ]);
  });

  test('sorts items of the same time and kind by number, so that 9 comes before 10', () => {
    const { items } = page([10, 9, 100, 11].map((id) => ['paymentEvent', id, 0] as const));
    expect(items).toEqual(['event 9', 'event 10', 'event 11', 'event 100']);
  });

  test('begins with its newest page and remembers where each source ended', () => {
    const seeds: Seed[] = [
      ['paymentEvent', 1, 1],
      ['paymentEvent', 2, 2],
      ['callback', 5, 3],
    ];
    expect(page(seeds, 2)).toEqual({
      items: ['event 2', 'callback 5'],
      next: { callback: '5', paymentEvent: '2' },
    });
    expect(page(seeds, 3)).toMatchObject({ items: { length: 3 }, next: null });
  });

  test('does not exist if nothing has happened', () => {
    expect(timelinePage(sourcesOf([]), { limit: 1, before: null })).toBeNull();
  });

  const seeds = fc.uniqueArray(
    fc.tuple(
      fc.constantFrom(...TIMELINE_SOURCES),
      fc.integer({ min: 1, max: 30 }),
      fc.integer({ min: 0, max: 59 }),
    ),
    { selector: ([source, id]) => `${source} ${id}`, minLength: 1 },
  );
  const limits = fc.integer({ min: 1, max: 7 });

  test('has each item on one page, whatever the size of the pages is', () => {
    fc.assert(
      fc.property(seeds, limits, (items, limit) => {
        const paged = pagesOf(items, limit);
        const whole = pagesOf(items, 1_000).flat();
        expect(shown(paged.flat()).toSorted()).toEqual(shown(whole).toSorted());
        expect(paged.slice(1).every(({ length }) => length === limit)).toBe(true);
      }),
    );
  });

  test('is the same in pages as in one page if each source has its items in the order of time', () => {
    fc.assert(
      fc.property(seeds, limits, (items, limit) => {
        const inOrder = items.map(([source, id]) => [source, id, id] as const);
        expect(shown(pagesOf(inOrder, limit).flat())).toEqual(shown(pagesOf(inOrder, 1_000).flat()));
      }),
    );
  });
});
