import type { DataSource } from 'typeorm';
import type { Readiness } from '../../../application/readiness.js';
import { boundedSql } from './bounded-query.js';
import { migrationsAreDue } from './migrate.js';
import type { PlainSql } from './sql.js';

/** Longer than a healthy database ever takes, and shorter than the time-out of a probe. */
const ANSWER_WITHIN_MS = 1_000;

/** The database answers, and its schema is the one that this release was built for. */
export class DatabaseReadiness implements Readiness {
  private readonly sql: PlainSql;
  private schemaIsCurrent = false;

  constructor(private readonly dataSource: DataSource) {
    this.sql = boundedSql(dataSource, ANSWER_WITHIN_MS);
  }

  async check(): Promise<readonly string[]> {
    try {
      if (this.schemaIsCurrent) await this.sql.query('SELECT 1');
      // A current schema stays current while this release runs, and the check costs two statements.
      else this.schemaIsCurrent = !(await migrationsAreDue(this.sql, this.dataSource));
      return this.schemaIsCurrent ? [] : ['the schema is not current: run "npm run migrate"'];
    } catch {
      return ['the database cannot be reached'];
    }
  }
}
