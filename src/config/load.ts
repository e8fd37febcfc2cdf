import { readFileSync } from 'node:fs';
import { BlockList, isIP, isIPv6 } from 'node:net';
import { Client } from 'pg';
import { type GatewayDefinition, requiredVariables } from '../adapters/gateways/gateway.js';
import { GATEWAYS, type GatewaySettings } from '../adapters/gateways/registry.js';
import {
  type Environment,
  type ReadFile,
  type Source,
  type TableReading,
  type ValuesOf,
  readTable,
  readVariable,
} from './variable.js';
import type { AdminToken } from '../adapters/http/server/admin.guard.js';
import { nearNameWarnings } from './near-names.js';
import { VARIABLES, readableTokens } from './variables.js';
import { weaknessOf } from './weak-token.js';

export interface Config {
  /** Development migrates the database when it starts. In production the operator runs the migration. */
  readonly mode: 'development' | 'production';
  /**
   * Whether the rules of production apply, because other machines may reach the service or its data: in production, where HOST or
   * ADMIN_HOST is not loopback, and where DATABASE_URL points beyond this machine. Then nothing that is made for development is used.
   */
  readonly strict: boolean;
  /** Why, as in "in production"; null where `strict` is false. */
  readonly strictBecause: string | null;
  readonly host: string;
  /** 0 lets the operating system choose. */
  readonly port: number;
  /** The port of the admin API, metrics and documents; 0 lets the operating system choose. Null where they are on `port`. */
  readonly adminPort: number | null;
  /** Where `adminPort` listens; equal to `host` where nothing else is set. */
  readonly adminHost: string;
  /** Null for the embedded database. */
  readonly databaseUrl: string | null;
  readonly databasePoolSize: number;
  /** Absolute. */
  readonly dataDir: string;
  readonly adminTokens: readonly AdminToken[];
  readonly usesDevelopmentToken: boolean;
  readonly logLevel: 'error' | 'warn' | 'info' | 'debug';
  readonly logFormat: 'pretty' | 'json';
  readonly paymentTtlSeconds: number;
  readonly expiryJudgedBy: 'received_at' | 'paid_at';
  /** Whether an unpaid order is cancelled when its last open payment expires. */
  readonly cancelUnpaidOrders: boolean;
  /** How long headers and bodies of callbacks are stored. */
  readonly callbackBodyDays: number;
  /** The JetStream stream that events are published to; null where there is none. */
  readonly eventsNats: { readonly urls: readonly string[]; readonly stream: string } | null;
  /** Whether webhook endpoints may be on this machine or in a private network, and plain http. */
  readonly allowPrivateWebhookTargets: boolean;
  /** The proxies whose X-Forwarded-For is trusted: none, a number of hops, or addresses and networks. */
  readonly trustProxy: false | number | readonly string[];
  /** By the gateway's public name. A gateway without settings is off. */
  readonly gateways: GatewaySettings;
  /** The gateways none of whose variables is set. Development makes keys for them if the sandbox plays them. Empty where `strict`. */
  readonly developmentGateways: readonly string[];
}

/** Lists everything that is wrong with the configuration, by the names of the variables and never by their values. */
export class ConfigError extends Error {
  override readonly name = 'ConfigError';

  constructor(readonly faults: readonly string[]) {
    super(`The configuration cannot be used:\n${faults.map((fault) => `  - ${fault}`).join('\n')}`);
  }
}

export interface LoadOptions {
  readonly gateways?: readonly GatewayDefinition[];
  readonly readFile?: ReadFile;
}

const DEVELOPMENT_TOKEN: AdminToken = { name: 'dev', role: 'operator', token: 'dev-token' };

const NEW_TOKEN = 'make a new one with: openssl rand -base64 24';

/**
 * The configuration that the environment describes, frozen.
 *
 * Defaults for development apply only while the service listens on loopback and its data is on this machine. Otherwise the start
 * requires everything that production requires.
 * @throws ConfigError that lists every fault.
 */
export function loadConfig(
  env: Environment,
  { gateways = GATEWAYS, readFile = readText }: LoadOptions = {},
): Config {
  const service = readTable(VARIABLES, { env, readFile, strict: false });
  const strictBecause = reasonToBeStrict(service);
  const strict = strictBecause !== null;
  const readings = gateways.map((definition) => {
    return readGateway(definition, readTable(definition.variables, { env, readFile, strict }));
  });
  const faults = [
    ...service.faults,
    ...adminListenerFaults(service),
    ...readings.flatMap((gateway) => gateway.faults),
  ];
  if (strict)
    faults.push(
      ...missingFaults(service, readings, strictBecause),
      ...weakTokenFaults({ env, readFile, strict }, strictBecause),
    );
  // A misspelt name is often why another one is missing.
  if (faults.length > 0) throw new ConfigError([...faults, ...nearNameWarnings(env, VARIABLES, gateways)]);
  // Without faults every row has its value, so this is the type of what was read.
  const values = service.values as ValuesOf<typeof VARIABLES>;
  const on = readings.filter(({ isOff }) => !isOff);
  return deepFreeze({
    ...serviceConfig(values),
    strict,
    strictBecause,
    gateways: Object.fromEntries(on.map(({ name, settings }) => [name, settings])),
    developmentGateways: strict ? [] : readings.filter(({ isOff }) => isOff).map(({ name }) => name),
  });
}

function serviceConfig(
  values: ValuesOf<typeof VARIABLES>,
): Omit<Config, 'strict' | 'strictBecause' | 'gateways' | 'developmentGateways'> {
  const { nodeEnv, adminPort, adminHost, databaseUrl, adminTokens, logFormat, ...others } = values;
  const { natsUrls, natsStream, trustProxy, ...rest } = others;
  return {
    ...rest,
    mode: nodeEnv === 'production' ? 'production' : 'development',
    adminPort: adminPort ?? null,
    adminHost: adminHost ?? rest.host,
    databaseUrl: databaseUrl ?? null,
    adminTokens: adminTokens ?? [DEVELOPMENT_TOKEN],
    usesDevelopmentToken: adminTokens === undefined,
    logFormat: logFormat ?? defaultLogFormat(),
    eventsNats: natsUrls ? { urls: natsUrls, stream: natsStream } : null,
    trustProxy: trustProxy ?? false,
  };
}

/** The format of the log, even where the rest of the configuration cannot be used. */
export function logFormatOf(env: Environment): Config['logFormat'] {
  const given = readVariable(VARIABLES.logFormat, env, readText);
  return given && 'value' in given ? given.value : defaultLogFormat();
}

const defaultLogFormat = (): Config['logFormat'] => (process.stdout.isTTY ? 'pretty' : 'json');

interface GatewayReading {
  readonly name: string;
  /** None of its variables is set. */
  readonly isOff: boolean;
  readonly settings: object;
  readonly faults: readonly string[];
}

/** A gateway that is half set is a fault. If it were just off, the mistake would go unnoticed. */
function readGateway(definition: GatewayDefinition, reading: TableReading): GatewayReading {
  const { name } = definition;
  const variables = Object.values(definition.variables);
  const isOff = reading.unsetNames.length === variables.length;
  const missing = isOff
    ? []
    : requiredVariables(definition).filter((variable) => reading.unsetNames.includes(variable));
  const halfSet = missing.map(
    (variable) => `${variable} is missing, while other variables of its gateway are set`,
  );
  return { name, isOff, settings: reading.values, faults: [...reading.faults, ...halfSet] };
}

/** An operator who sets ADMIN_HOST alone, or one port twice, believes that the admin API is separate from the callbacks. */
function adminListenerFaults({ values, unsetNames }: TableReading): string[] {
  const { host, port, adminHost = host, adminPort } = values as Partial<ValuesOf<typeof VARIABLES>>;
  if (unsetNames.includes('ADMIN_PORT')) {
    return unsetNames.includes('ADMIN_HOST') ? [] : ['ADMIN_HOST is set, but ADMIN_PORT is missing'];
  }
  const isSame = adminPort !== undefined && adminPort !== 0 && adminPort === port && adminHost === host;
  return isSame ? ['ADMIN_PORT must differ from PORT, or ADMIN_HOST from HOST'] : [];
}

function reasonToBeStrict({ values }: TableReading): string | null {
  const { nodeEnv, host, adminHost, databaseUrl } = values as Partial<ValuesOf<typeof VARIABLES>>;
  if (nodeEnv === 'production') return 'in production';
  if (host === undefined || !isLoopback(host)) return 'where HOST is not a loopback address';
  if (adminHost !== undefined && !isLoopback(adminHost)) return 'where ADMIN_HOST is not a loopback address';
  if (databaseUrl && !isLocalDatabase(databaseUrl)) return 'where DATABASE_URL points beyond this machine';
  return null;
}

function missingFaults(
  { unsetNames: unset }: TableReading,
  gateways: readonly GatewayReading[],
  because: string,
): string[] {
  const faults = ['DATABASE_URL', 'ADMIN_TOKENS']
    .filter((name) => unset.includes(name))
    .map((name) => `${name} is required ${because}`);
  if (gateways.every(({ isOff }) => isOff))
    faults.push(`the variables of at least one gateway are required ${because}`);
  return faults;
}

/** Where other machines can try tokens, none may be guessable. An entry that is no token does not hide that another one is weak. */
function weakTokenFaults({ env, readFile }: Source, because: string): string[] {
  const read = readVariable({ ...VARIABLES.adminTokens, type: readableTokens }, env, readFile);
  const tokens = read && 'value' in read ? read.value : [];
  return [...tokens.entries()].flatMap(([index, entry]) => {
    const weakness = entry && weaknessOf(entry.token);
    return weakness
      ? `ADMIN_TOKENS needs tokens that nobody can guess ${because}, and that of entry ${index + 1} ${weakness}: ${NEW_TOKEN}`
      : [];
  });
}

const LOOPBACK = new BlockList();
LOOPBACK.addSubnet('127.0.0.0', 8);
LOOPBACK.addAddress('::1', 'ipv6');

function isLoopback(host: string): boolean {
  return host === 'localhost' || (isIP(host) > 0 && LOOPBACK.check(host, isIPv6(host) ? 'ipv6' : 'ipv4'));
}

/** Asks the driver where it would connect to: the host may also be in the query of the URL or in PGHOST. */
function isLocalDatabase(url: string): boolean {
  try {
    const { host } = new Client({ connectionString: url });
    return host.startsWith('/') || isLoopback(host);
  } catch {
    return false;
  }
}

function readText(path: string): string {
  return readFileSync(path, 'utf8');
}

function deepFreeze<Value>(value: Value): Value {
  if (typeof value === 'object' && value !== null) Object.values(Object.freeze(value)).forEach(deepFreeze);
  return value;
}
