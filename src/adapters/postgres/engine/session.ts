/**
 * How PostgreSQL plans the statements of this service. Every statement is written for one index, and must use it on a table that was never
 * analysed and on one of ten million rows. Without statistics all plans cost nearly the same, so the plans that read a whole table
 * are switched off, and a prepared statement is planned once, whatever its values are.
 */
export const PLANNER = {
  plan_cache_mode: 'force_generic_plan',
  enable_seqscan: 'off',
  enable_bitmapscan: 'off',
  enable_hashjoin: 'off',
  enable_mergejoin: 'off',
  enable_indexscan: 'on',
  enable_indexonlyscan: 'on',
  enable_nestloop: 'on',
  enable_sort: 'on',
  max_parallel_workers_per_gather: '0',
  // Compiling a plan takes longer than any statement here. It would be chosen for statements whose rows are overestimated.
  jit: 'off',
} as const;

/** Lists are planned for their values, because a filter that is not used must not become a condition. */
export const READS_PLANNER = { ...PLANNER, plan_cache_mode: 'force_custom_plan' } as const;

/**
 * The settings that change what is read, stored or meant. A role, a database or a server may have other ones, and every connection of this
 * service has these. `default_transaction_read_only` is not here: if an operator makes a database read-only, callbacks are refused.
 */
const MEANING = {
  TimeZone: 'UTC',
  DateStyle: 'ISO, MDY',
  IntervalStyle: 'postgres',
  client_encoding: 'UTF8',
  bytea_output: 'hex',
  extra_float_digits: '1',
  standard_conforming_strings: 'on',
  backslash_quote: 'safe_encoding',
  array_nulls: 'on',
  transform_null_equals: 'off',
  quote_all_identifiers: 'off',
  row_security: 'on',
  client_min_messages: 'warning',
  exit_on_error: 'off',
  default_transaction_isolation: 'read committed',
  default_transaction_deferrable: 'off',
  // These two would end connections of the pool, or transactions that are within their own limits.
  idle_session_timeout: '0',
  transaction_timeout: '0',
  synchronous_commit: 'on',
} as const;

/** In milliseconds; 0 is no limit. */
export interface SessionTimeouts {
  readonly lock_timeout: number;
  readonly statement_timeout: number;
  readonly idle_in_transaction_session_timeout: number;
}

/** How the connections of one pool are set up. */
export interface SessionSetup {
  readonly planner: Readonly<Record<string, string>>;
  readonly timeouts: SessionTimeouts;
  /**
   * The schema of the first connection, which all later ones use: a `search_path` that is changed while the service runs must
   * not lead it to other tables of the same names.
   */
  schema: string | null;
}

export interface SessionState {
  /** The process id of the backend. A pooler reports another one when a connection is opened. */
  readonly pid: number;
  readonly schema: string | null;
}

/** The setting that only this connection has. If it is gone, a pooler has given the connection to another session. */
export const SESSION_MARK = 'quittance.session';

/**
 * One statement that sets up a session and reports its state. $1: settings by name as JSON; the server may be too old for some of them. $2:
 * the mark. $3: the schema, or null for the current one. An acknowledged callback must survive a crash of the server, so
 * `synchronous_commit` is only changed if it is off: every other value waits for the disk, and some wait for a standby.
 */
export const SET_UP_SESSION = `
SELECT pg_catalog.pg_backend_pid() AS pid, pg_catalog.current_schema() AS schema,
       pg_catalog.set_config('${SESSION_MARK}', $2, false),
       pg_catalog.set_config('search_path', pg_catalog.quote_ident(coalesce($3, pg_catalog.current_schema())) || ', pg_temp', false),
       (SELECT pg_catalog.count(pg_catalog.set_config(key, value, false)) FROM pg_catalog.json_each_text($1)
         WHERE pg_catalog.current_setting(key, true) IS NOT NULL
           AND (key <> 'synchronous_commit' OR pg_catalog.current_setting(key) = 'off'))`;

export function settingsOf({ planner, timeouts }: SessionSetup): Readonly<Record<string, string>> {
  const limits = Object.entries(timeouts).map(([name, value]) => [name, String(value)] as const);
  return { ...MEANING, ...planner, ...Object.fromEntries(limits) };
}
