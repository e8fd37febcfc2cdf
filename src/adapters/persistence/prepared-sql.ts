import type { PoolClient } from 'pg';

/** What a store needs of a transaction to run its statements. */
export interface Sql {
  query<Row>(text: string, values: readonly unknown[]): Promise<Row[]>;
  /** BEGIN and its like, of which there is nothing to plan. */
  command(text: string): Promise<void>;
}

/** The texts are constants of this program, so there are few of them and they never grow with what is sent. */
const names = new Map<string, string>();

/**
 * Runs statements that PostgreSQL parses and plans once for each connection and not for each group: for a small group
 * planning costs as much as the work itself. Statements called together run in the order of the calls and travel
 * together: a write to a socket wakes the database up, which costs more than most of them.
 */
export function preparedSql(client: PoolClient): Sql {
  const { stream } = (client as unknown as { connection: { stream: Corkable } }).connection;
  const withOthers = (): void => {
    stream.cork();
    process.nextTick(() => stream.uncork());
  };
  return {
    async query<Row>(text: string, values: readonly unknown[]) {
      const name = names.get(text) ?? `quittance_${names.size}`;
      names.set(text, name);
      withOthers();
      const { rows } = await client.query({ name, text, values: [...values] });
      return rows as Row[];
    },
    async command(text) {
      withOthers();
      await client.query(text);
    },
  };
}

interface Corkable {
  cork(): void;
  uncork(): void;
}
