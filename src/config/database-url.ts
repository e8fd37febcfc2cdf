import { X509Certificate, createPrivateKey } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { Client } from 'pg';
import { distance } from './near-names.js';
import { type Parsed, type VariableType, contentOf } from './variable.js';

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
    if (!URL.canParse(given)) return { fault: NOT_A_URL };
    const { searchParams } = new URL(given);
    const url = withVerification(given);
    const fault = tlsFault(searchParams) ?? fileFault(searchParams) ?? driverFault(url);
    return fault === null ? { value: url } : { fault };
  },
};

export const EXAMPLE = 'postgres://user:password@host:5432/quittance';

/** An environment file cuts off a value at `#`, and what is left may have no host or a part of a password for its port. */
const NOT_A_URL = `must be a postgres:// URL such as ${EXAMPLE}, or the value was cut off at a #: write %23 for it`;

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

const TLS_MODES: readonly string[] = [
  'disable',
  'no-verify',
  'prefer',
  'require',
  'verify-ca',
  'verify-full',
];

/** The parameters that name a file, and what the file must contain. */
const FILES: Readonly<Record<string, readonly [content: string, isContained: (text: string) => boolean]>> = {
  sslrootcert: ['certificate', isCertificate],
  sslcert: ['certificate', isCertificate],
  sslkey: ['private key that can be used without a passphrase', isPrivateKey],
};

const TLS_PARAMETERS: readonly string[] = ['sslmode', ...Object.keys(FILES)];
/** A parameter of PostgreSQL's own library that is near `sslcert` and means something else. */
const NO_MISTAKE = 'sslcrl';
const MOST_WRONG_LETTERS = 2;

/** The driver ignores a parameter that it does not know, so that a misspelt `sslmode` would mean a connection without TLS. */
function tlsFault(parameters: URLSearchParams): string | null {
  if (parameters.getAll('sslmode').some((mode) => !TLS_MODES.includes(mode)))
    return `has an unknown sslmode: it must be ${TLS_MODES.slice(0, -1).join(', ')} or ${TLS_MODES.at(-1)}`;
  for (const name of parameters.keys()) {
    const meant = TLS_PARAMETERS.find((known) => isMisspelt(name, known));
    // The name is not repeated: where a password is not percent-encoded, it may be a part of it.
    if (meant) return `has a parameter that is nearly ${meant} and has no effect: did you mean ${meant}?`;
  }
  return null;
}

function isMisspelt(name: string, known: string): boolean {
  if (TLS_PARAMETERS.includes(name) || name === NO_MISTAKE) return false;
  const plain = name.toLowerCase().replaceAll(/[^a-z]/g, '');
  // The distance is not asked for a name that is too long to be near.
  if (Math.abs(plain.length - known.length) > MOST_WRONG_LETTERS) return false;
  return distance(plain, known) <= MOST_WRONG_LETTERS;
}

/** Without a path: it may be a secret that was written into the wrong place. */
function fileFault(parameters: URLSearchParams): string | null {
  for (const [name, [content, isContained]] of Object.entries(FILES)) {
    // The driver takes the last of several.
    const path = parameters.getAll(name).at(-1);
    if (!path) continue;
    const file = contentOf(path, (given) => readFileSync(given, 'utf8'));
    if ('fault' in file) return `has a parameter ${name} that ${file.fault}`;
    if (!isContained(file.content)) return `has a parameter ${name} that names a file without a ${content}`;
  }
  return null;
}

function isCertificate(text: string): boolean {
  return isRead(() => new X509Certificate(text));
}

function isPrivateKey(text: string): boolean {
  return isRead(() => createPrivateKey(text));
}

function isRead(read: () => unknown): boolean {
  try {
    read();
    return true;
  } catch {
    return false;
  }
}

/** The driver reads the files that sslrootcert, sslcert and sslkey name. It must not be asked about a URL before its modes are named. */
function driverFault(url: string): string | null {
  try {
    const { port } = new Client({ connectionString: url });
    return port >= 1 && port <= 65_535 ? null : 'must have a port from 1 to 65535';
  } catch (error) {
    return (error as NodeJS.ErrnoException).syscall === undefined
      ? NOT_A_URL
      : 'names a file with sslrootcert, sslcert or sslkey that cannot be read';
  }
}
