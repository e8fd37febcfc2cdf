/** Work that lost a race for a lock, and may win it when it is run again. */
const CONFLICTS: ReadonlySet<string> = new Set([
  '40P01', // deadlock_detected
  '40001', // serialization_failure
  '55P03', // lock_not_available: the lock time-out
]);

/**
 * Constraints that two transactions can meet although each has looked: the one that comes second sees what the first has done when
 * it looks again.
 */
const RACED_CONSTRAINTS: ReadonlySet<string> = new Set([
  'payments_transaction_key',
  'events_order_paid_once',
]);

/** The database is away, refuses work for now or awaits its migration, by SQLSTATE or its class. */
const PASSING = /^(?:08|53|57|25P03|25006|58030|42P01)/;
const PASSING_ERRNO: ReadonlySet<string> = new Set([
  'ECONNREFUSED',
  'ECONNRESET',
  'EPIPE',
  'ETIMEDOUT',
  'EHOSTUNREACH',
  'ENOTFOUND',
]);
/** The driver says these in words alone. */
const PASSING_WORDS =
  /connection terminated|timeout exceeded when trying to connect|not queryable|client was closed|connection error|query read timeout|already released/i;

export type Fault = 'conflict' | 'raced' | 'key_taken' | 'passing' | 'bug';

/** What kind of fault a query or a connection has met. */
export function faultOf(error: unknown): Fault {
  const { code = '', constraint = '', message = '' } = fields(error);
  if (CONFLICTS.has(code)) return 'conflict';
  if (code === '23505' && RACED_CONSTRAINTS.has(constraint)) return 'raced';
  if (code === '23505' && constraint === 'callbacks_event_key') return 'key_taken';
  if (PASSING.test(code) || PASSING_ERRNO.has(code) || PASSING_WORDS.test(message)) return 'passing';
  return 'bug';
}

function fields(error: unknown): { code?: string; constraint?: string; message?: string } {
  if (typeof error !== 'object' || error === null) return {};
  const driverError = (error as { driverError?: object }).driverError;
  // An AggregateError of refused connections (IPv4 and IPv6) carries its code on its members.
  const inner = (error as { errors?: object[] }).errors?.[0];
  return { ...inner, message: (error as Error).message, ...error, ...driverError };
}
