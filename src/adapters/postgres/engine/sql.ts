/** Runs the prepared statements of one transaction, in the order of the calls. */
export interface PreparedSql {
  /** A SELECT and the locks that it takes. It may travel with the BEGIN, so it must not change anything. */
  query<Row>(text: string, values: readonly unknown[]): Promise<Row[]>;
  /** A change whose rows are needed. */
  change<Row>(text: string, values: readonly unknown[]): Promise<Row[]>;
  /** A change whose result is not needed before the commit. Resolves at once; the commit waits for it and throws its error. */
  write(text: string, values: readonly unknown[]): Promise<void>;
}

/** Runs statements that are too rare to be prepared, inside a transaction or each on its own. */
export interface PlainSql {
  /** The rows that a SELECT or a RETURNING gives. */
  query<Row>(text: string, values?: readonly unknown[]): Promise<Row[]>;
  /** The number of rows that a change affected. */
  execute(text: string, values?: readonly unknown[]): Promise<number>;
}
