import type { ReadinessFault } from '../../../application/readiness.js';
import { faultOf } from './faults.js';

/** Code and text of a fault. The texts are public: none names a host, a role or a password. */
export const FAULTS = {
  unreachable: 'the database cannot be reached: start it, or correct DATABASE_URL',
  slow_connection:
    'no connection to the database was ready in time: the database or this machine answered too slowly. Start again or wait; if it stays so, look for load, a firewall that drops packets, or a wrong host in DATABASE_URL',
  slow: 'the database does not answer in time: look for a blocked disk, a missing synchronous standby or an overloaded server',
  host_unknown: 'the host name of DATABASE_URL does not resolve to an address: correct it, or mend the DNS',
  log_in:
    'the database refuses the log-in: correct user and password of DATABASE_URL (special characters are percent-encoded), create the role, or allow it in pg_hba.conf',
  no_password: 'the database asks for a password, and DATABASE_URL has none: add it',
  certificate:
    'the certificate of the database server is not trusted: add sslmode=verify-full&sslrootcert=<path of the CA certificate> to DATABASE_URL',
  certificate_ca:
    "the CA of sslrootcert did not sign the server's certificate: put the CA certificate of this server into the file of sslrootcert",
  certificate_host:
    'the certificate of the database server is for another host name: put the name of the certificate into DATABASE_URL',
  no_tls:
    'the database server does not offer TLS: switch ssl on there, or remove sslmode and ssl from DATABASE_URL if the network is safe',
  tls_required: 'the database server requires TLS: add sslmode=verify-full to DATABASE_URL',
  not_postgres: 'what answers at the host and port of DATABASE_URL is not PostgreSQL: correct host and port',
  no_database: 'the database of DATABASE_URL does not exist: create it, or correct DATABASE_URL',
  no_connection:
    'the database server has no free connection: raise its max_connections or the limit of the role, or lower DATABASE_POOL_SIZE',
  starting: 'the database server is starting or stopping: wait until it is up',
  standby: 'this server is a standby: connect to the primary, or promote this server',
  read_only:
    'the database is read-only: default_transaction_read_only is on for the role, the database or the server: reset it',
  disk_full: "the database's disk is full: free space on it",
  disk: "the database's disk reports an error: read the log of the database server",
  memory: 'the database server is out of memory or of another resource: read its log',
  locked:
    'the table callbacks is locked by another transaction: wait for it, or end it (pg_stat_activity shows it)',
  rights: 'the database role lacks a right: GRANT it (the log says which one)',
  schema:
    'the schema is not current: run "npm run migrate" with the DATABASE_URL of the role that owns the tables ' +
    '(docs/deployment.md, "Migrate, then start", has the command)',
  no_schema:
    'the schema of the search_path does not exist, or the role may not use it: create it, or GRANT USAGE ON SCHEMA',
  pooler:
    'a connection pooler lends one database session to several clients: connect to the database itself, or use session pooling',
  replica_role:
    'session_replication_role is "replica" for the role or the database, which switches keys and triggers off: reset it',
  unknown: 'the database refuses to store a callback: read the log of this service',
} as const;

/** By SQLSTATE or its class, or by the code of Node; the first match counts. */
const BY_STATE: readonly (readonly [RegExp, keyof typeof FAULTS])[] = [
  [/^(?:ENOTFOUND|EAI_)/, 'host_unknown'],
  [/^ERR_TLS_CERT_ALTNAME/, 'certificate_host'],
  [/^(?:CERT_|UNABLE_TO_|DEPTH_ZERO_|SELF_SIGNED_|HOSTNAME_MISMATCH)/, 'certificate'],
  [/^28/, 'log_in'],
  [/^3D000/, 'no_database'],
  [/^53300/, 'no_connection'],
  [/^53100/, 'disk_full'],
  [/^53/, 'memory'],
  [/^57014/, 'slow'],
  [/^57P0[123]/, 'starting'],
  [/^25006/, 'read_only'],
  [/^(?:58|XX00[12])/, 'disk'],
  [/^55P03/, 'locked'],
  [/^42501/, 'rights'],
  [/^(?:42P01|42703|42883)/, 'schema'],
  [/^3F000/, 'no_schema'],
  [/^(?:26000|42P05)/, 'pooler'],
];

/** The driver and the server say these with no code, or with one that means more than this. */
const BY_MESSAGE: readonly (readonly [RegExp, keyof typeof FAULTS])[] = [
  [/server does not support SSL connections/i, 'no_tls'],
  [/no pg_hba\.conf entry .*no encryption/i, 'tls_required'],
  [/client password must be a (?:non-empty )?string/i, 'no_password'],
  [/There was an error establishing an SSL connection/i, 'not_postgres'],
  [/no connection to the database was free in time/, 'slow_connection'],
];

export function fault(code: keyof typeof FAULTS, detail?: string): ReadinessFault {
  return { code, text: FAULTS[code], ...(detail ? { detail: oneLine(detail) } : {}) };
}

/** OpenSSL ends its messages with a line break. */
const oneLine = (text: string): string => text.trim().replaceAll(/\s*\n\s*/g, '; ');

/** What an error of the driver or of the server means to an operator. */
export function explainFault(error: unknown): ReadinessFault {
  const { code = '', message, hasOwnCa } = rootOf(error);
  const byMessage = BY_MESSAGE.find(([texts]) => texts.test(message));
  const known = (byMessage ?? BY_STATE.find(([states]) => states.test(code)))?.[1];
  if (known === 'certificate' && hasOwnCa) return fault('certificate_ca', message);
  return fault(known ?? (faultOf(error) === 'temporary' ? 'unreachable' : 'unknown'), message);
}

interface RootFault {
  readonly code?: string;
  readonly message: string;
  /** The connection trusted only the CA of `sslrootcert`. */
  readonly hasOwnCa?: boolean;
}

/** The error of the server may be wrapped by TypeORM, by `Unavailable`, or as one of several refused connections. */
function rootOf(error: unknown): RootFault {
  const { code, message, hasOwnCa, cause, driverError, errors } = error as RootFault & {
    cause?: unknown;
    driverError?: unknown;
    errors?: readonly unknown[];
  };
  const inner = driverError ?? errors?.[0] ?? cause;
  if (code === undefined && inner instanceof Error) return rootOf(inner);
  return { ...(code === undefined ? {} : { code }), message, hasOwnCa: hasOwnCa === true };
}
