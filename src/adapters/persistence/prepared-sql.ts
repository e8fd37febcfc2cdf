import type { EntityManager } from 'typeorm';

/** What a store needs of a transaction to run its statements. */
export interface Sql {
  query<Result>(text: string, values: readonly unknown[]): Promise<Result>;
}

/** The texts are constants of this program, so there are few of them and they never grow with what is sent. */
const names = new Map<string, string>();

/**
 * Runs statements that PostgreSQL parses and plans once for each connection and not for each group: for a small group
 * planning costs as much as the work itself. TypeORM hands the driver's own form of a named statement through.
 */
export function preparedSql(manager: EntityManager): Sql {
  return {
    query: <Result>(text: string, values: readonly unknown[]) => {
      const name = names.get(text) ?? `quittance_${names.size}`;
      names.set(text, name);
      return manager.query<Result>({ name, text } as unknown as string, [...values]);
    },
  };
}
