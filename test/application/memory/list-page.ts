import type { Page, PageRequest } from '../../../src/application/page.js';

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
