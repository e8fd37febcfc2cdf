import type { DataSource } from 'typeorm';
import { Readiness } from '../../application/ports.js';

/** The database answers and its schema is the one that this release was built for. */
export class DatabaseReadiness extends Readiness {
  private schemaIsCurrent = false;

  constructor(private readonly dataSource: DataSource) {
    super();
  }

  async check(): Promise<readonly string[]> {
    try {
      if (this.schemaIsCurrent) await this.dataSource.query('SELECT 1');
      // A current schema stays so while this release runs, and asking is not free.
      else this.schemaIsCurrent = !(await this.migrationsAreDue());
      return this.schemaIsCurrent ? [] : ['the schema is not current: run "npm run migrate"'];
    } catch {
      return ['the database cannot be reached'];
    }
  }

  private async migrationsAreDue(): Promise<boolean> {
    const [table]: { there: boolean }[] = await this.dataSource.query(
      `SELECT to_regclass('migrations') IS NOT NULL AS there`,
    );
    if (!table?.there) return true;
    const done: { name: string }[] = await this.dataSource.query('SELECT name FROM migrations');
    const names = new Set(done.map(({ name }) => name));
    return this.dataSource.migrations.some(({ name }) => !names.has(name!));
  }
}
