import type { AdminToken } from '../adapters/http/server/admin.guard.js';
import { isIP, isIPv6 } from 'node:net';
import { resolve } from 'node:path';
import {
  type Variable,
  type VariableType,
  commaList,
  entriesOf,
  flag,
  oneOf,
  text,
  wholeNumber,
} from './variable.js';
import { databaseUrl } from './database-url.js';

// The service's own variables. Each gateway has its variables in its own folder, src/adapters/gateways/<name>/settings.ts.

const host = text(
  'an IP address or a host name',
  // A name of digits and dots alone is meant as an address: 300.1.2.3.
  (given) => isIP(given) > 0 || /^(?![\d.]+$)[a-z\d][a-z\d.-]{0,252}$/i.test(given),
);

const folder: VariableType<string> = {
  expects: 'the path of a folder',
  parse: (given) => ({ value: resolve(given) }),
};

/** A token travels in an HTTP header, so it is visible ASCII. It may contain colons. */
const adminToken: VariableType<AdminToken> = {
  expects: 'name:role:token',
  parse(given) {
    const [, name, role, token] = /^([\w.-]{1,64}):(viewer|operator):([\x21-\x7e]{1,256})$/.exec(given) ?? [];
    if (!name || !token) return { fault: 'must be name:role:token, with the role viewer or operator' };
    return { value: { name, role: role === 'operator' ? 'operator' : 'viewer', token } };
  },
};

const adminTokens = commaList({
  of: 'name:role:token, with the role viewer or operator',
  entry: adminToken,
  distinct: { name: ({ name }) => name, token: ({ token }) => token },
});

/** The entries of `ADMIN_TOKENS` by their places in the list; null for one that is no token. Never a fault. */
export const readableTokens: VariableType<readonly (AdminToken | null)[]> = {
  expects: adminTokens.expects,
  parse(given, readFile) {
    const parsed = entriesOf(given).map((entry) => adminToken.parse(entry, readFile));
    return { value: parsed.map((each) => ('fault' in each ? null : each.value)) };
  },
};

const natsUrls = commaList({
  of: 'nats:// or tls:// URLs',
  entry: text(
    'a nats:// or tls:// URL',
    (given) => /^(nats|tls):\/\/[^/]/.test(given) && URL.canParse(given),
  ),
});

const MOST_HOPS = 32;

/** False trusts no proxy. */
const trustProxy: VariableType<false | number | readonly string[]> = {
  expects: `a number of hops up to ${MOST_HOPS}, or a comma list of addresses and networks like 10.0.0.0/8`,
  parse(given) {
    const entries = entriesOf(given);
    if (/^\d{1,2}$/.test(given) && Number(given) <= MOST_HOPS) return { value: Number(given) || false };
    if (entries.length > 0 && entries.every(isNetwork)) return { value: entries };
    return { fault: `must be ${trustProxy.expects}` };
  },
};

/** A network of 0 bits would be every address, and then any client could choose the address that it is known by. */
function isNetwork(entry: string): boolean {
  const [address = '', bits = '32', more] = entry.split('/');
  const mostBits = isIPv6(address) ? 128 : 32;
  const areBits = /^\d{1,3}$/.test(bits) && Number(bits) >= 1 && Number(bits) <= mostBits;
  return more === undefined && isIP(address) > 0 && areBits;
}

/** The service's table of variables, in the order of the documents. */
export const VARIABLES = {
  nodeEnv: {
    name: 'NODE_ENV',
    type: oneOf('development', 'test', 'production'),
    default: 'development',
    help:
      'production embeds no database, makes no keys and does not migrate the database when it starts. ' +
      'development and test do.',
  },
  host: {
    name: 'HOST',
    type: host,
    default: '127.0.0.1',
    help: 'The address to listen on. An address that is not loopback makes the rules of production apply.',
  },
  port: {
    name: 'PORT',
    type: wholeNumber(0, 65_535),
    default: '3000',
    help: 'The port to listen on. 0 lets the operating system choose one.',
  },
  adminPort: {
    name: 'ADMIN_PORT',
    type: wholeNumber(0, 65_535),
    whenUnset: 'everything is on PORT',
    help: 'A second port for what only operators and their tools use: /admin, /metrics, /docs, /docs-json and /health then answer there and are 404 on PORT, where /callbacks and /health/live stay. 0 lets the operating system choose one.',
  },
  adminHost: {
    name: 'ADMIN_HOST',
    type: host,
    whenUnset: 'the value of HOST',
    help: 'The address to listen on for ADMIN_PORT. An address that is not loopback makes the rules of production apply.',
  },
  databaseUrl: {
    name: 'DATABASE_URL',
    type: databaseUrl,
    whenUnset: 'an embedded PostgreSQL in development; required in production',
    secret: true,
    help: 'The database: PostgreSQL 14 or later. Special characters of the password are percent-encoded. sslmode=verify-full&sslrootcert=<path> asks for TLS.',
  },
  databasePoolSize: {
    name: 'DATABASE_POOL_SIZE',
    type: wholeNumber(4, 100),
    default: '10',
    help: 'How many connections to the database each process opens, besides one or two for its readiness. Two each are for workers and admin writes, for reads, and for storing callbacks that could not be settled in time (below eight: one each); the others settle callbacks.',
  },
  dataDir: {
    name: 'DATA_DIR',
    type: folder,
    default: '.data',
    help: 'Where development stores its embedded database and its keys.',
  },
  adminTokens: {
    name: 'ADMIN_TOKENS',
    type: adminTokens,
    whenUnset: 'dev:operator:dev-token in development; required in production',
    secret: true,
    help: 'The bearer tokens of the admin API. In production each token has at least 16 characters, and cannot be guessed from words, patterns and repetitions: openssl rand -base64 24 makes one.',
  },
  logLevel: {
    name: 'LOG_LEVEL',
    type: oneOf('error', 'warn', 'info', 'debug'),
    default: 'info',
    help: 'The least severe level that is logged.',
  },
  logFormat: {
    name: 'LOG_FORMAT',
    type: oneOf('pretty', 'json'),
    whenUnset: 'pretty on a terminal, json elsewhere',
    help: 'pretty is for people; json writes one JSON object on each line.',
  },
  paymentTtlSeconds: {
    name: 'PAYMENT_TTL_SECONDS',
    type: wholeNumber(1, 31_536_000),
    default: '1800',
    help: 'After how many seconds a payment expires if its creation does not say it.',
  },
  expiryJudgedBy: {
    name: 'EXPIRY_JUDGED_BY',
    type: oneOf('received_at', 'paid_at'),
    default: 'received_at',
    help: "Which time decides whether money came too late: the receipt of its callback (received_at), or the gateway's signed time of payment (paid_at). With paid_at a callback that was delayed is not late.",
  },
  cancelUnpaidOrders: {
    name: 'CANCEL_UNPAID_ORDERS',
    type: flag,
    default: 'false',
    help: 'true cancels an unpaid order when its last open payment expires. false leaves the order to an operator.',
  },
  callbackBodyDays: {
    name: 'CALLBACK_BODY_DAYS',
    type: wholeNumber(1, 3_650),
    default: '90',
    help: 'How many days the bodies and headers of callbacks are stored, and up to a thirtieth of that time longer. Those of open cases stay. The rest of a callback, such as its event id, is never deleted.',
  },
  natsUrls: {
    name: 'EVENTS_NATS_URL',
    type: natsUrls,
    whenUnset: 'events are not published to NATS',
    secret: true,
    help: 'The servers of one NATS cluster, to whose JetStream events are published. Put user:password@ or token@ into the first URL if the cluster asks for it.',
  },
  natsStream: {
    name: 'EVENTS_NATS_STREAM',
    type: text('1 to 64 letters, digits, _ and -', /^[\w-]{1,64}$/),
    default: 'QUITTANCE',
    help: 'The JetStream stream that events are published to. It is created if it does not exist.',
  },
  allowPrivateWebhookTargets: {
    name: 'WEBHOOK_ALLOW_PRIVATE_TARGETS',
    type: flag,
    default: 'false',
    help: 'true lets webhook endpoints have loopback, private or link-local addresses, and plain http. It is meant for development.',
  },
  trustProxy: {
    name: 'TRUST_PROXY',
    type: trustProxy,
    whenUnset: 'no proxy is trusted',
    help: 'The proxies whose X-Forwarded-For is trusted: how many of them are in front of the service, or their addresses and networks. Never set it where clients can reach the service without them: such a client could then forge its address.',
  },
} as const satisfies Readonly<Record<string, Variable<unknown>>>;
