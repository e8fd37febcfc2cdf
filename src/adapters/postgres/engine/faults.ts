/** Work that lost a race for a lock. It may win the race when it runs again. */
const CONFLICTS: ReadonlySet<string> = new Set([
  '40P01', // deadlock_detected
  '40001', // serialization_failure
  '55P03', // lock_not_available: the lock time-out
]);

const UNIQUE_VIOLATION = '23505';

/** The database is unreachable, refuses work for now or awaits its migration. SQLSTATEs or their classes. */
const TEMPORARY = /^(?:08|53|57|25P03|25006|58030|42P01)/;
const TEMPORARY_ERRNO: ReadonlySet<string> = new Set([
  'ECONNREFUSED',
  'ECONNRESET',
  'EPIPE',
  'ETIMEDOUT',
  'EHOSTUNREACH',
  'ENOTFOUND',
]);
/** The driver gives these errors no code, only a message. */
const TEMPORARY_MESSAGES =
  /connection terminated|timeout exceeded when trying to connect|not queryable|client was closed|connection error|query read timeout|already released/i;

export type Fault = 'conflict' | 'raced' | 'key_taken' | 'temporary' | 'bug';

/** What the violation of a unique constraint means, by the constraint's name. Any other violation is a bug. */
export type UniqueFaults = ReadonlyMap<string, 'raced' | 'key_taken'>;

const NO_CONSTRAINTS: UniqueFaults = new Map();

/** The kind of an error that a query or a connection threw. */
export function faultOf(error: unknown, uniqueFaults: UniqueFaults = NO_CONSTRAINTS): Fault {
  const { code = '', constraint = '', message = '' } = fields(error);
  if (CONFLICTS.has(code)) return 'conflict';
  if (code === UNIQUE_VIOLATION) return uniqueFaults.get(constraint) ?? 'bug';
  if (TEMPORARY.test(code) || TEMPORARY_ERRNO.has(code) || TEMPORARY_MESSAGES.test(message))
    return 'temporary';
  return 'bug';
}

function fields(error: unknown): { code?: string; constraint?: string; message?: string } {
  if (typeof error !== 'object' || error === null) return {};
  const driverError = (error as { driverError?: object }).driverError;
  // An AggregateError of refused connections (IPv4 and IPv6) has its code on its members.
  const inner = (error as { errors?: object[] }).errors?.[0];
  return { ...inner, message: (error as Error).message, ...error, ...driverError };
}
