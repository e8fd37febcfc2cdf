import type { DataSource } from 'typeorm';
import { Readiness } from '../../application/ports.js';
import { boundedSource } from './bounded-query.js';
import { migrationsAreDue } from './data-source.js';

/** Longer than a healthy database ever takes, and shorter than a probe's patience. */
const ANSWER_WITHIN_MS = 1_000;

/** The database answers and its schema is the one that this release was built for. */
export class DatabaseReadiness extends Readiness {
  private schemaIsCurrent = false;

  private readonly source = boundedSource(this.dataSource, ANSWER_WITHIN_MS);

  constructor(private readonly dataSource: DataSource) {
    super();
  }

  async check(): Promise<readonly string[]> {
    try {
      if (this.schemaIsCurrent) await this.source.query('SELECT 1');
      // A current schema stays so while this release runs, and asking is not free.
      else this.schemaIsCurrent = !(await migrationsAreDue(this.source, this.dataSource));
      return this.schemaIsCurrent ? [] : ['the schema is not current: run "npm run migrate"'];
    } catch {
      return ['the database cannot be reached'];
    }
  }
}
