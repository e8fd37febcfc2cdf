import type { Filter, Page, PageRequest } from '../../application/page.js';
import type { PlainSql } from './engine/sql.js';

/** A table as a list shows it. The columns have the names of the view's fields; `filters` give each filter its indexed column. */
interface List {
  readonly table: string;
  readonly columns: string;
  readonly filters: Readonly<Record<string, string>>;
}

/** Newest first by id. Reads one row more than the page has, to know whether there is a next page. */
export async function listPage<View extends object>(
  sql: PlainSql,
  { table, columns, filters }: List,
  filter: Filter<string>,
  { limit, before }: PageRequest,
): Promise<Page<View>> {
  const used = Object.entries(filters).filter(([name]) => filter[name] !== undefined);
  const conditions = used.map(([, column], index) => `AND ${column} = $${index + 3}`);
  const rows = await sql.query<View & { readonly listId: string }>(
    `SELECT id AS "listId", ${columns} FROM ${table}
      WHERE ($2::bigint IS NULL OR id < $2) ${conditions.join(' ')}
      ORDER BY id DESC LIMIT $1`,
    [limit + 1, before, ...used.map(([name]) => filter[name])],
  );
  const shown = rows.slice(0, limit);
  const items = shown.map((row) => {
    const { listId: _, ...view } = row;
    return view as unknown as View;
  });
  return { items, next: rows.length > limit ? shown.at(-1)!.listId : null };
}
