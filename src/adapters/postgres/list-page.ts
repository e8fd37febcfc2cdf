import type { Filter, Page, PageRequest } from '../../application/page.js';
import type { PlainSql } from './engine/sql.js';
import { idsOfTimes } from './ids-of-times.js';

/** A table as a list shows it, newest first. */
export interface List {
  readonly table: string;
  /** The column of the ids by which the list is sorted; `id` by default. */
  readonly key?: string;
  /** They have the names of the view's fields. */
  readonly columns: string;
  /** The condition for the rows that the list has; without it the list has all rows. */
  readonly only?: string;
  /** The column of the time that the filters `from` and `to` are about. The ids must ascend with it, as `idsOfTimes` says. */
  readonly time?: string;
  /** The column of each other filter, or an expression on the row. A filter whose walk comes first needs none. */
  readonly filters: Readonly<Record<string, string>>;
  /** What serves the filters, in order of preference. Without a walk for its filters a page is read along the primary key. */
  readonly walks: readonly Walk[];
}

/** How the rows with one value of a filter are found, newest first. */
export type Walk = IndexWalk | KeyWalk;

interface WalkBy {
  readonly by: string;
  /** A value of the filter for which this walk is not used. */
  readonly except?: string;
}

/** Along an index of the table itself, on (column of the filter, key). */
interface IndexWalk extends WalkBy {
  /** The predicate of a partial index, exactly as the index has it. */
  readonly predicate?: string;
}

/** Through other tables, which have the keys of the rows. */
interface KeyWalk extends WalkBy {
  readonly keys: (bounds: WalkBounds) => Keys;
}

/** SQL texts. */
export interface WalkBounds {
  /** The value of the filter. */
  readonly value: string;
  /** Only smaller keys. */
  readonly before: string;
  /** Only this key and greater ones; undefined for all. */
  readonly from: string | undefined;
}

export interface Keys {
  /** A SELECT without ORDER BY, with the column `key`. */
  readonly select: string;
  /** The order of descending keys. If it begins with a column that is equal in all rows, `select` has that column too. */
  readonly order: string;
}

/**
 * A page that needs more rows than this ends early, with a cursor. So no filter can make a list read a whole table. Along the primary
 * key rows lie next to each other. The rows of any other walk may each be on a page of its own, which costs four times as much.
 */
const EXAMINED_LIMIT = 10_000;
export const SCATTERED_LIMIT = 2_500;
/** Above all ids. */
export const NO_BOUND = '9223372036854775807';

/**
 * One page. It is short or empty with a `next` if as many rows were examined for it as are allowed.
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
  const range = await keyRange(sql, list, filter, before);
  if (BigInt(range.from ?? 0) >= BigInt(range.before)) return { items: [], next: null };
  const { text, values } = pageStatement(list, filter, range, limit + 1);
  const rows = await sql.query<View & Examined>(text, values);
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

/** The keys among which the rows of a page are. */
interface KeyRange {
  readonly from: string | undefined;
  readonly before: string;
}

async function keyRange(
  sql: PlainSql,
  { table, time }: List,
  { from, to }: Filter<string>,
  before: string | null,
): Promise<KeyRange> {
  const cursor = before ?? NO_BOUND;
  if (time === undefined || (from === undefined && to === undefined))
    return { from: undefined, before: cursor };
  const ids = await idsOfTimes(sql, { table, time, from, to });
  return { from: ids.from, before: BigInt(ids.before) < BigInt(cursor) ? ids.before : cursor };
}

interface Statement {
  readonly text: string;
  readonly values: readonly unknown[];
}

function pageStatement(list: List, filter: Filter<string>, range: KeyRange, rows: number): Statement {
  const values: unknown[] = [];
  const bind = (value: unknown) => `$${values.push(value)}`;
  const walk = list.walks.find(({ by, except }) => filter[by] !== undefined && filter[by] !== except);
  const limit = bind(rows);
  const bounds = {
    before: `${bind(range.before)}::bigint`,
    from: range.from === undefined ? undefined : `${bind(range.from)}::bigint`,
    value: walk ? bind(filter[walk.by]) : '',
  };
  const matches = conditionsOf(list, filter, walk, bind);
  const examined = walk && 'keys' in walk ? rowsOfKeys(list, walk.keys(bounds)) : rowsOf(list, walk, bounds);
  const isMatch = [examined.exists, ...matches].join(' AND ');
  const text = `
SELECT ${examined.key} AS key, examined = ${examined.limit} AS "isLast", ${isMatch} AS matches, ${list.columns}
  FROM ${examined.rows}
 WHERE ${isMatch} OR examined = ${examined.limit}
 ORDER BY ${examined.order} LIMIT ${limit}`;
  return { text, values };
}

/** What a row that was found by the walk must be as well. */
function conditionsOf(
  { only, filters, time }: List,
  filter: Filter<string>,
  walk: Walk | undefined,
  bind: (value: unknown) => string,
): string[] {
  const others = Object.keys(filters).filter((name) => filter[name] !== undefined && name !== walk?.by);
  const { from, to } = filter;
  return [
    ...(only ? [only] : []),
    ...others.map((name) => `${filters[name]} = ${bind(filter[name])}`),
    ...(time && from !== undefined ? [`${time} >= ${bind(from)}::timestamptz`] : []),
    ...(time && to !== undefined ? [`${time} < ${bind(to)}::timestamptz`] : []),
  ];
}

/** SQL texts about the rows that may be examined for a page. They are numbered in the column `examined`. */
interface ExaminedRows {
  readonly rows: string;
  readonly key: string;
  readonly order: string;
  readonly exists: string;
  readonly limit: number;
}

function rowsOf(
  { table, key = 'id', filters }: List,
  walk: IndexWalk | undefined,
  { value, before, from }: WalkBounds,
): ExaminedRows {
  const predicate = walk?.predicate ? `${walk.predicate} AND ` : '';
  const { condition, order } = walk
    ? newestOf({ table, column: filters[walk.by]!, key, value, before, from })
    : { condition: between(key, before, from), order: `${key} DESC` };
  const limit = walk ? SCATTERED_LIMIT : EXAMINED_LIMIT;
  const walked = `SELECT * FROM ${table} WHERE ${predicate}${condition} ORDER BY ${order} LIMIT ${limit}`;
  const rows = `(SELECT *, ${numbered(order)} FROM (${walked}) AS ${table}) AS ${table}`;
  return { rows, key, order, exists: 'true', limit };
}

function rowsOfKeys({ table, key = 'id' }: List, { select, order }: Keys): ExaminedRows {
  const limit = SCATTERED_LIMIT;
  const walked = `SELECT *, ${numbered(order)} FROM (${select} ORDER BY ${order} LIMIT ${limit}) AS walk`;
  const rows = `(${walked}) AS walk
  LEFT JOIN LATERAL (SELECT * FROM ${table} WHERE ${table}.${key} = walk.key LIMIT 1) AS ${table} ON true`;
  return { rows, key: 'walk.key', order, exists: `${table}.${key} IS NOT NULL`, limit };
}

const numbered = (order: string) =>
  `row_number() OVER (ORDER BY ${order} ROWS UNBOUNDED PRECEDING) AS examined`;

/** The keys within the bounds of a walk. */
export const between = (key: string, before: string, from: string | undefined): string =>
  `${key} < ${before}${from === undefined ? '' : ` AND ${key} >= ${from}`}`;

/** The keys of the few rows with this condition. They are sorted by an expression, so that no index is walked for their order. */
export function fewKeys(table: string, condition: string, { before, from }: WalkBounds): Keys {
  return {
    select: `SELECT id + 0 AS key FROM ${table} WHERE ${condition} AND (${between('id', before, from)}) IS TRUE`,
    order: 'key DESC',
  };
}

/** The keys that a narrow table has under each value, by its index on (column, key). */
export function listedKeys(
  { table, column, key }: { readonly table: string; readonly column: string; readonly key: string },
  { value, before, from }: WalkBounds,
): Keys {
  const { condition } = newestOf({ table, column, key, value, before, from });
  return {
    select: `SELECT ${column} AS listed, ${key} AS key FROM ${table} WHERE ${condition}`,
    order: 'listed DESC, key DESC',
  };
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
  /** SQL text: only rows with this key or a greater one. */
  readonly from?: string | undefined;
}): { readonly condition: string; readonly order: string } {
  const { table, value, before = NO_BOUND, from } = of;
  const [column, key] = [`${table}.${of.column}`, `${table}.${of.key ?? 'id'}`];
  const notOlder = from === undefined ? '' : ` AND (${column}, ${key}) >= (${value}, ${from})`;
  return {
    condition: `${column} >= ${value} AND (${column}, ${key}) < (${value}, ${before})${notOlder}`,
    order: `${column} DESC, ${key} DESC`,
  };
}
