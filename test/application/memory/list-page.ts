import type { Filter, Page, PageRequest, TimeFilter } from '../../../src/application/page.js';

/** Newest first. A filter names fields of the view and the values that they must equal. */
export function listPage<Row extends { readonly id: string }, View extends object>(
  rows: Iterable<Row>,
  viewOf: (row: Row) => View,
  filter: Readonly<Record<string, string | undefined>>,
  { limit, before }: PageRequest,
): Page<View> {
  const wanted = Object.entries(filter).filter(([, value]) => value !== undefined);
  const found = [...rows]
    .map((row) => ({ id: row.id, view: viewOf(row) }))
    .filter(({ view }) => wanted.every(([name, value]) => (view as Record<string, unknown>)[name] === value))
    .filter(({ id }) => before === null || Number(id) < Number(before))
    .sort((left, right) => Number(right.id) - Number(left.id));
  const items = found.slice(0, limit);
  return { items: items.map(({ view }) => view), next: found.length > limit ? items.at(-1)!.id : null };
}

/** The rows whose time is in the range of the filter, and the rest of the filter. */
export function inRange<Row, Names extends string>(
  rows: Iterable<Row>,
  timeOf: (row: Row) => Date,
  filter: Filter<Names | TimeFilter>,
): { readonly rows: Row[]; readonly filter: Filter<Exclude<Names, TimeFilter>> } {
  const { from, to, ...rest } = filter as Filter<string>;
  const isIn = (time: Date) =>
    (from === undefined || time >= new Date(from)) && (to === undefined || time < new Date(to));
  return {
    rows: [...rows].filter((row) => isIn(timeOf(row))),
    filter: rest as Filter<Exclude<Names, TimeFilter>>,
  };
}
