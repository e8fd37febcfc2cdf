import { Unavailable } from '../../../application/transaction.js';

/** Work that lost a race for a lock. It may win the race when it runs again. */
const CONFLICTS: ReadonlySet<string> = new Set([
  '40P01', // deadlock_detected
  '40001', // serialization_failure
  '55P03', // lock_not_available: the lock time-out
]);

const UNIQUE_VIOLATION = '23505';

/**
 * The database is unreachable, refuses work for now, or is not as this service needs it: an operator can mend that while the service
 * runs. SQLSTATEs or their classes: connections, resources (a full disk), shutdown and cancellation, an idle transaction, log-in, a missing
 * database, schema, table, column or function (a migration is due), missing rights, read-only, the disk, and what a
 * pooler does to prepared statements.
 */
const TEMPORARY = /^(?:08|53|57|28|25P03|25006|25P04|58030|3D000|3F000|42P01|42703|42883|42501|26000|42P05)/;

/**
 * After these the session is of no use: the server or the session is read-only (another server may be the primary now), or its prepared
 * statements are not those that this service made.
 */
const SESSION_UNUSABLE = /^(?:25006|26000|42P05)/;
/** A migration has changed a table whose rows a prepared statement returns. */
const PLAN_OUTDATED = /cached plan must not change result type/;
const TEMPORARY_ERRNO: ReadonlySet<string> = new Set([
  'ECONNREFUSED',
  'ECONNRESET',
  'EPIPE',
  'ETIMEDOUT',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'ENOTFOUND',
  // The resolver has no answer for now.
  'EAI_AGAIN',
]);
/** The server has no certificate that is trusted, or no TLS at all. An operator can mend that on either side. */
const TLS_CODES = /^(?:ERR_TLS_|ERR_SSL_|CERT_|UNABLE_TO_|DEPTH_ZERO_|SELF_SIGNED_|HOSTNAME_MISMATCH)/;
/** The driver gives these errors no code, only a message. */
const TEMPORARY_MESSAGES =
  /connection terminated|timeout exceeded when trying to connect|not queryable|client was closed|connection error|query read timeout|already released|does not support SSL connections|error establishing an SSL connection|client password must be/i;

/** Whether a connection must be replaced after this error. */
export function leavesSessionUnusable(error: unknown): boolean {
  const { code = '', message = '' } = fields(error);
  return SESSION_UNUSABLE.test(code) || PLAN_OUTDATED.test(message);
}

export type Fault = 'conflict' | 'raced' | 'key_taken' | 'temporary' | 'bug';

/** What the violation of a unique constraint means, by the constraint's name. Any other violation is a bug. */
export type UniqueFaults = ReadonlyMap<string, 'raced' | 'key_taken'>;

const NO_CONSTRAINTS: UniqueFaults = new Map();

/** The kind of an error that a query or a connection threw. */
export function faultOf(error: unknown, uniqueFaults: UniqueFaults = NO_CONSTRAINTS): Fault {
  if (error instanceof Unavailable) return 'temporary';
  const { code = '', constraint = '', message = '' } = fields(error);
  if (CONFLICTS.has(code)) return 'conflict';
  if (code === UNIQUE_VIOLATION) return uniqueFaults.get(constraint) ?? 'bug';
  if (TEMPORARY.test(code) || TEMPORARY_ERRNO.has(code) || TLS_CODES.test(code)) return 'temporary';
  if (TEMPORARY_MESSAGES.test(message)) return 'temporary';
  if (PLAN_OUTDATED.test(message)) return 'temporary';
  return 'bug';
}

function fields(error: unknown): { code?: string; constraint?: string; message?: string } {
  if (typeof error !== 'object' || error === null) return {};
  const driverError = (error as { driverError?: object }).driverError;
  // An AggregateError of refused connections (IPv4 and IPv6) has its code on its members.
  const inner = (error as { errors?: object[] }).errors?.[0];
  return { ...inner, message: (error as Error).message, ...error, ...driverError };
}
