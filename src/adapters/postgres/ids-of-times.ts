import type { PlainSql } from './engine/sql.js';

/**
 * Rows are numbered when they are inserted, and their times are those of the receipt or of the transaction, so ids ascend with the
 * times except for what waited or was written by a process with another clock. Less than this apart, rows may be in any order.
 */
const MARGIN = `interval '10 s'`;

/** The condition for an id to be examined: `from` is the first id, and `before` is above the last one. */
export interface IdRange {
  readonly from: string | undefined;
  readonly before: string;
}

/**
 * The ids that rows of these times can have, by bisection along the primary key, because no index has the times. Ids outside the
 * range have other times; of those inside it, some seconds at both ends may have.
 */
export async function idsOfTimes(
  sql: PlainSql,
  of: {
    readonly table: string;
    readonly time: string;
    readonly from: string | undefined;
    readonly to: string | undefined;
  },
): Promise<IdRange> {
  const values: string[] = [];
  const bound = (time: string | undefined, margin: string) =>
    time === undefined ? 'NULL' : firstIdAt(of, `$${values.push(time)}::timestamptz ${margin}`);
  const [row] = await sql.query<{ first: string | null; after: string | null }>(
    `SELECT ${bound(of.from, `- ${MARGIN}`)}::text AS first, ${bound(of.to, `+ ${MARGIN}`)}::text AS after`,
    values,
  );
  return { from: row?.first ?? undefined, before: row?.after ?? ABOVE_ALL };
}

const ABOVE_ALL = '9223372036854775807';

/**
 * Each step halves the ids that are left, and reads the first row of the upper half. Ids have gaps, so the row may be above that
 * half; then the answer is in the lower half as well.
 */
function firstIdAt({ table, time }: { readonly table: string; readonly time: string }, at: string): string {
  return `
(WITH RECURSIVE search (low, high) AS (
   SELECT oldest.id, newest.id + 1
     FROM (SELECT id FROM ${table} WHERE id >= 0 ORDER BY id LIMIT 1) AS oldest,
          (SELECT id FROM ${table} WHERE id >= 0 ORDER BY id DESC LIMIT 1) AS newest
   UNION ALL
   SELECT CASE WHEN is_before THEN probe.id + 1 ELSE low END, CASE WHEN is_before THEN high ELSE (low + high) / 2 END
     FROM search, LATERAL (
          SELECT id, ${time} < ${at} AS is_before FROM ${table} WHERE id >= (low + high) / 2 ORDER BY id LIMIT 1) AS probe
    WHERE low < high)
 SELECT low FROM search WHERE low >= high LIMIT 1)`;
}
