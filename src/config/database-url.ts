import { Client } from 'pg';
import type { Parsed, VariableType } from './variable.js';

const SCHEME = /^postgres(ql)?:\/\//;

/**
 * The URL of a PostgreSQL database, in the form in which the driver understands it as the operator does. Where the user or the password
 * has a character that ends a part of a URL, the driver would take the rest for a host or a database.
 */
export const databaseUrl: VariableType<string> = {
  expects: 'a postgres:// URL',
  parse(given): Parsed<string> {
    if (!SCHEME.test(given))
      return { fault: 'must be a postgres:// URL: it begins with another scheme, or with none' };
    if (!isEncoded(given)) return { fault: MUST_BE_ENCODED };
    if (namesNothing(given)) return { fault: `has neither a host nor a database: write it as in ${EXAMPLE}` };
    if (!URL.canParse(given)) return { fault: `must be a postgres:// URL such as ${EXAMPLE}` };
    const url = withVerification(given);
    const fault = driverFault(url);
    return fault === null ? { value: url } : { fault };
  },
};

export const EXAMPLE = 'postgres://user:password@host:5432/quittance';

const MUST_BE_ENCODED =
  'has a user or a password with a character that must be percent-encoded: ' +
  'write # as %23, / as %2F, ? as %3F, % as %25, @ as %40, : as %3A and a space as %20';

/** `postgres://` alone, or with parameters. The driver would take a database of this machine that has the name of the user. */
function namesNothing(url: string): boolean {
  return /^\/*(?:\?|$)/.test(url.replace(SCHEME, '')) && !/[?&]host=[^&]/.test(url);
}

/** Whether user and password end where the operator meant it, and each % begins a code. An @ in a password is understood as it is. */
function isEncoded(url: string): boolean {
  const [authority = ''] = url.replace(SCHEME, '').split(/[/?#]/, 1);
  const rest = url.replace(SCHEME, '').slice(authority.length);
  // A fragment means nothing to a database.
  if (rest.includes('#')) return false;
  // `user:pa/ss@host/db`: the authority ends within the password. An @ in a parameter, as in ?user=me@corp, is no such case.
  if (!authority.includes('@') && /^[^=]*@/.test(rest)) return false;
  try {
    decodeURIComponent(authority);
    return true;
  } catch {
    return false;
  }
}

/**
 * Today the driver takes these modes for `verify-full`. Its next major version will not, and warns of it in six lines at each start. So
 * the mode is named that is in force.
 */
function withVerification(url: string): string {
  if (/[?&]uselibpqcompat=/.test(url)) return url;
  return url.replace(/([?&]sslmode=)(?:prefer|require|verify-ca)(?=&|$)/, '$1verify-full');
}

/** The driver reads the files that sslrootcert, sslcert and sslkey name. It must not be asked about a URL before its modes are named. */
function driverFault(url: string): string | null {
  try {
    const { port } = new Client({ connectionString: url });
    return port >= 1 && port <= 65_535 ? null : 'must have a port from 1 to 65535';
  } catch (error) {
    return (error as NodeJS.ErrnoException).syscall === undefined
      ? `must be a postgres:// URL such as ${EXAMPLE}`
      : 'names a file with sslrootcert, sslcert or sslkey that cannot be read';
  }
}
