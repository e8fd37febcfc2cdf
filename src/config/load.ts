import { readFileSync } from 'node:fs';
import { BlockList, isIP, isIPv6 } from 'node:net';
import { Client } from 'pg';
import { type GatewayDefinition, requiredVariables } from '../adapters/gateways/gateway.js';
import { GATEWAYS, type GatewaySettings } from '../adapters/gateways/registry.js';
import { type Environment, type ReadFile, type TableReading, type ValuesOf, readTable } from './variable.js';
import type { AdminToken } from '../adapters/http/server/admin.guard.js';
import { VARIABLES } from './variables.js';

export interface Config {
  /** Development migrates the database when it starts. In production the operator runs the migration. */
  readonly mode: 'development' | 'production';
  /**
   * Whether the rules of production apply, because other machines may reach the service or its data: in production, where HOST is
   * not loopback, and where DATABASE_URL points beyond this machine. Then nothing that is made for development is used.
   */
  readonly strict: boolean;
  readonly host: string;
  /** 0 lets the operating system choose. */
  readonly port: number;
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

/** Where other machines can try tokens, a token must not be guessable. */
const STRICT_TOKEN_LENGTH = 16;

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
  const faults = [...service.faults, ...readings.flatMap((gateway) => gateway.faults)];
  if (strict) faults.push(...strictFaults(service, readings).map((fault) => `${fault} ${strictBecause}`));
  if (faults.length > 0) throw new ConfigError(faults);
  // Without faults every row has its value, so this is the type of what was read.
  const values = service.values as ValuesOf<typeof VARIABLES>;
  const on = readings.filter(({ isOff }) => !isOff);
  return deepFreeze({
    ...serviceConfig(values),
    strict,
    gateways: Object.fromEntries(on.map(({ name, settings }) => [name, settings])),
    developmentGateways: strict ? [] : readings.filter(({ isOff }) => isOff).map(({ name }) => name),
  });
}

function serviceConfig(
  values: ValuesOf<typeof VARIABLES>,
): Omit<Config, 'strict' | 'gateways' | 'developmentGateways'> {
  const { nodeEnv, natsUrls, natsStream, databaseUrl, adminTokens, logFormat, trustProxy, ...rest } = values;
  return {
    ...rest,
    mode: nodeEnv === 'production' ? 'production' : 'development',
    databaseUrl: databaseUrl ?? null,
    adminTokens: adminTokens ?? [DEVELOPMENT_TOKEN],
    usesDevelopmentToken: adminTokens === undefined,
    logFormat: logFormat ?? (process.stdout.isTTY ? 'pretty' : 'json'),
    eventsNats: natsUrls ? { urls: natsUrls, stream: natsStream } : null,
    trustProxy: trustProxy ?? false,
  };
}

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

function reasonToBeStrict({ values }: TableReading): string | null {
  const { nodeEnv, host, databaseUrl } = values as Partial<ValuesOf<typeof VARIABLES>>;
  if (nodeEnv === 'production') return 'in production';
  if (host === undefined || !isLoopback(host)) return 'where HOST is not a loopback address';
  if (databaseUrl && !isLocalDatabase(databaseUrl)) return 'where DATABASE_URL points beyond this machine';
  return null;
}

function strictFaults(
  { values, unsetNames: unset }: TableReading,
  gateways: readonly GatewayReading[],
): string[] {
  const { adminTokens = [] } = values as Partial<ValuesOf<typeof VARIABLES>>;
  const faults: string[] = [];
  if (unset.includes('DATABASE_URL')) faults.push('DATABASE_URL is required');
  if (unset.includes('ADMIN_TOKENS')) faults.push('ADMIN_TOKENS is required');
  if (adminTokens.some(({ token }) => token.length < STRICT_TOKEN_LENGTH)) {
    faults.push(`ADMIN_TOKENS must have tokens of at least ${STRICT_TOKEN_LENGTH} characters`);
  }
  if (gateways.every(({ isOff }) => isOff)) faults.push('the variables of at least one gateway are required');
  return faults;
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
