import type { Bodies, BodyCursor } from '../../application/backlog.js';
import type { Source } from './prepared-sql.js';

export class SqlBodies implements Bodies {
  constructor(private readonly source: Source) {}

  async drop(settledBefore: Date, after: BodyCursor | null, limit: number) {
    // The cursor is text as PostgreSQL wrote it, for a JavaScript date has no microseconds.
    const page: { id: string; settledAt: string; isNeeded: boolean }[] = await this.source.query(
      `SELECT id, settled_at::text AS "settledAt", coalesce((SELECT true FROM discrepancies
              WHERE discrepancies.callback_id = callbacks.id AND status = 'open' LIMIT 1), false) AS "isNeeded"
         FROM callbacks
        WHERE body IS NOT NULL AND settled_at < $1 AND (settled_at, id) > ($2::timestamptz, $3::bigint)
        ORDER BY settled_at, id LIMIT $4`,
      [settledBefore, after?.settledAt ?? '-infinity', after?.id ?? '0', limit],
    );
    const ids = page.flatMap(({ id, isNeeded }) => (isNeeded ? [] : [id]));
    if (ids.length) {
      await this.source.query(
        // Held by somebody else, a row is left for the next walk; decided anew meanwhile, it keeps its body.
        `UPDATE callbacks SET body = NULL, headers = NULL
          WHERE id = ANY (ARRAY(SELECT id FROM callbacks WHERE id = ANY($1) AND settled_at < $2
                                 ORDER BY gateway, event_id FOR UPDATE SKIP LOCKED))`,
        [ids, settledBefore],
      );
    }
    const { settledAt, id } = page.at(-1) ?? {};
    return { dropped: ids.length, next: page.length === limit ? { settledAt: settledAt!, id: id! } : null };
  }
}
