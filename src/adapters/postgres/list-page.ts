import type { Filter, Page, PageRequest } from '../../application/page.js';
import type { PlainSql } from './engine/sql.js';

/** A table as a list shows it, newest first. */
export interface List {
  readonly table: string;
  /** The column of the ids by which the list is sorted; `id` by default. */
  readonly key?: string;
  /** They have the names of the view's fields. */
  readonly columns: string;
  /** The condition for the rows that the list has; without it the list has all rows. */
  readonly only?: string;
  /** The column of each filter. */
  readonly filters: Readonly<Record<string, string>>;
  /** The indexes that serve the filters, in order of preference. Without a walk for its filters a page is read along the primary key. */
  readonly walks: readonly Walk[];
}

/** An index on (column of a filter, key). */
export interface Walk {
  /** The filter whose column it is. */
  readonly by: string;
  /** The predicate of a partial index, exactly as the index has it. */
  readonly predicate?: string;
  /** A value of the filter for which this index is not used. */
  readonly except?: string;
}

/** A page that needs more rows than this ends early, with a cursor. So no filter can make a list read a whole table. */
const EXAMINED_LIMIT = 10_000;
/** Above all ids. */
const NO_BOUND = '9223372036854775807';

/**
 * One page. It is short or empty with a `next` if `EXAMINED_LIMIT` rows were examined for it.
 *
 * The rows of one walk are numbered while they are read, and reading ends with the first row that the page does not need. The
 * last row that may be examined is returned in any case, so that the next page can begin behind it.
 */
export async function listPage<View extends object>(
  sql: PlainSql,
  list: List,
  filter: Filter<string>,
  { limit, before }: PageRequest,
): Promise<Page<View>> {
  const { text, values } = pageStatement(list, filter);
  const rows = await sql.query<View & Examined>(text, [limit + 1, before ?? NO_BOUND, ...values]);
  const matches = rows.filter(({ matches }) => matches);
  const shown = matches.slice(0, limit);
  const last = rows.at(-1);
  const next = matches.length > limit ? shown.at(-1)!.key : last?.isLast ? last.key : null;
  return { items: shown.map(viewOf), next };
}

/** Columns that a row has beside those of the view. */
interface Examined {
  readonly key: string;
  readonly matches: boolean | null;
  /** No further row was examined. */
  readonly isLast: boolean;
}

function viewOf<View extends object>(row: View & Examined): View {
  const { key: _key, matches: _matches, isLast: _isLast, ...view } = row;
  return view as unknown as View;
}

/** $1: the number of rows, $2: the key before which the page begins; then `values`. */
function pageStatement(
  { table, key = 'id', columns, only, filters, walks }: List,
  filter: Filter<string>,
): { readonly text: string; readonly values: readonly (string | undefined)[] } {
  const walk = walks.find(({ by, except }) => filter[by] !== undefined && filter[by] !== except);
  const others = Object.keys(filters).filter((name) => filter[name] !== undefined && name !== walk?.by);
  const used = walk ? [walk.by, ...others] : others;
  const isEqual = others.map((name) => `${filters[name]} = $${used.indexOf(name) + 3}`);
  const matches = ['true', ...(only ? [only] : []), ...isEqual].join(' AND ');
  const predicate = walk?.predicate ? `${walk.predicate} AND ` : '';
  const rows = walk
    ? newestOf({ table, column: filters[walk.by]!, key, before: '$2::bigint', value: '$3' })
    : { condition: `${key} < $2::bigint`, order: `${key} DESC` };
  const text = `
SELECT ${key} AS key, examined = ${EXAMINED_LIMIT} AS "isLast", ${matches} AS matches, ${columns}
  FROM (SELECT *, row_number() OVER (ORDER BY ${rows.order} ROWS UNBOUNDED PRECEDING) AS examined
          FROM (SELECT * FROM ${table} WHERE ${predicate}${rows.condition} ORDER BY ${rows.order} LIMIT ${EXAMINED_LIMIT}) AS ${table}
       ) AS ${table}
 WHERE ${matches} OR examined = ${EXAMINED_LIMIT}
 ORDER BY ${rows.order} LIMIT $1`;
  return { text, values: used.map((name) => filter[name]) };
}

/**
 * The rows whose column has this value, newest first, along the index on (column, key). With `column = value` the order by key
 * alone would be enough, and without statistics the planner may then take it from another index and filter a whole table.
 */
export function newestOf(of: {
  readonly table: string;
  readonly column: string;
  /** SQL text. */
  readonly value: string;
  readonly key?: string;
  /** SQL text: only rows with a smaller key. */
  readonly before?: string;
}): { readonly condition: string; readonly order: string } {
  const { table, value, before = NO_BOUND } = of;
  const [column, key] = [`${table}.${of.column}`, `${table}.${of.key ?? 'id'}`];
  return {
    condition: `${column} >= ${value} AND (${column}, ${key}) < (${value}, ${before})`,
    order: `${column} DESC, ${key} DESC`,
  };
}
