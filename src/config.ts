import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { IsIn, IsOptional, Matches } from 'class-validator';
import type { GatewaySettings } from './adapters/gateways/gateways.module.js';
import {
  adminTokenOf,
  adminTokensFault,
  databaseUrlFault,
  hostFault,
  isLocalDatabase,
  isLoopback,
  natsUrlsFault,
  trustProxyFault,
  trustProxyOf,
  wholeNumber,
  type AdminToken,
} from './config-rules.js';
import { faultsOf, list, readEnvironment, Rule, type Environment, type ReadFile } from './environment.js';
import { GATEWAY_NAMES, GatewayVariables, type GatewayName } from './gateway-config.js';

const LOG_LEVELS = ['error', 'warn', 'info', 'debug'] as const;

export interface Config {
  /** Development migrates the database when it starts; production leaves that to whoever deploys. */
  readonly mode: 'development' | 'production';
  /** Whether strangers may reach the service or its data: then nothing that is made for development is used. */
  readonly strict: boolean;
  readonly host: string;
  /** 0 lets the system choose. */
  readonly port: number;
  /** Null for the embedded database. */
  readonly databaseUrl: string | null;
  readonly databasePoolSize: number;
  /** Absolute. */
  readonly dataDir: string;
  readonly adminTokens: readonly AdminToken[];
  readonly usesDevelopmentToken: boolean;
  readonly logLevel: (typeof LOG_LEVELS)[number];
  readonly logFormat: 'pretty' | 'json';
  readonly paymentTtlSeconds: number;
  readonly expiryJudgedBy: 'received_at' | 'paid_at';
  /** Whether an order that nobody has paid is cancelled when its last open payment expires. */
  readonly cancelUnpaidOrders: boolean;
  /** How long headers and bodies of settled callbacks are kept. */
  readonly callbackBodyDays: number;
  /** Where events are published as well; null where nowhere. */
  readonly eventsNats: { readonly urls: readonly string[]; readonly stream: string } | null;
  /** Whether webhook endpoints may be on this machine or in a private network, and plain http. */
  readonly allowPrivateWebhookTargets: boolean;
  /** Whose X-Forwarded-For is believed: nobody's, so many hops', or that of these addresses and networks. */
  readonly trustProxy: false | number | readonly string[];
  readonly gateways: GatewaySettings;
  /** Gateways without any variable, which use development keys; none where `strict`. */
  readonly developmentGateways: readonly GatewayName[];
}

/** Lists everything that is wrong with the configuration, by variables' names and never by their values. */
export class ConfigError extends Error {
  override readonly name = 'ConfigError';

  constructor(readonly faults: readonly string[]) {
    super(`The configuration is not usable:\n${faults.map((fault) => `  - ${fault}`).join('\n')}`);
  }
}

const DEVELOPMENT_TOKEN: AdminToken = { name: 'dev', role: 'operator', token: 'dev-token' };

/** What a stranger can try against must not be guessable. */
const STRICT_TOKEN_LENGTH = 16;

/** The variables of the service, as far as each can be judged alone. */
class ServiceVariables {
  constructor(private readonly env: Environment) {}

  @IsIn(['development', 'test', 'production'])
  readonly NODE_ENV: string = this.env.NODE_ENV ?? 'development';

  @Rule(hostFault)
  readonly HOST: string = this.env.HOST ?? '127.0.0.1';

  @Rule(wholeNumber(0, 65_535))
  readonly PORT: string = this.env.PORT ?? '3000';

  @IsOptional()
  @Rule(databaseUrlFault)
  readonly DATABASE_URL: string | undefined = this.env.DATABASE_URL;

  @Rule(wholeNumber(4, 100))
  readonly DATABASE_POOL_SIZE: string = this.env.DATABASE_POOL_SIZE ?? '10';

  readonly DATA_DIR: string = this.env.DATA_DIR ?? '.data';

  @IsOptional()
  @Rule(adminTokensFault)
  readonly ADMIN_TOKENS: readonly string[] | undefined = list(this.env.ADMIN_TOKENS);

  @IsIn(LOG_LEVELS)
  readonly LOG_LEVEL: string = this.env.LOG_LEVEL ?? 'info';

  @IsIn(['pretty', 'json'])
  readonly LOG_FORMAT: string = this.env.LOG_FORMAT ?? (process.stdout.isTTY ? 'pretty' : 'json');

  @Rule(wholeNumber(1, 31_536_000))
  readonly PAYMENT_TTL_SECONDS: string = this.env.PAYMENT_TTL_SECONDS ?? '1800';

  @IsIn(['received_at', 'paid_at'])
  readonly EXPIRY_JUDGED_BY: string = this.env.EXPIRY_JUDGED_BY ?? 'received_at';

  @IsIn(['true', 'false'])
  readonly CANCEL_UNPAID_ORDERS: string = this.env.CANCEL_UNPAID_ORDERS ?? 'false';

  @Rule(wholeNumber(1, 3_650))
  readonly CALLBACK_BODY_DAYS: string = this.env.CALLBACK_BODY_DAYS ?? '90';

  @IsOptional()
  @Rule(natsUrlsFault)
  readonly EVENTS_NATS_URL: readonly string[] | undefined = list(this.env.EVENTS_NATS_URL);

  @Matches(/^[A-Za-z0-9_-]{1,64}$/, {
    message: 'EVENTS_NATS_STREAM must be 1 to 64 letters, digits, _ and -',
  })
  readonly EVENTS_NATS_STREAM: string = this.env.EVENTS_NATS_STREAM ?? 'QUITTANCE';

  @IsIn(['true', 'false'])
  readonly WEBHOOK_ALLOW_PRIVATE_TARGETS: string = this.env.WEBHOOK_ALLOW_PRIVATE_TARGETS ?? 'false';

  @Rule(trustProxyFault)
  readonly TRUST_PROXY: string = this.env.TRUST_PROXY ?? '0';
}

/**
 * The configuration that the environment describes, frozen. Throws one ConfigError that lists every fault.
 *
 * Development defaults hold only as long as the service listens on this machine alone and its data lies on it:
 * otherwise the start asks for all that production asks for.
 */
export function loadConfig(variables: Environment, readFile: ReadFile = readText): Config {
  const { env, faults } = readEnvironment(variables, readFile);
  const service = new ServiceVariables(env);
  const gateways = new GatewayVariables(env, readFile);
  faults.push(...faultsOf(service), ...faultsOf(gateways), ...gateways.halfSetFaults());
  const strictBecause = reasonToBeStrict(service);
  if (strictBecause)
    faults.push(...strictFaults(service, gateways).map((fault) => `${fault} ${strictBecause}`));
  if (faults.length > 0) throw new ConfigError(faults);

  return deepFreeze({
    mode: service.NODE_ENV === 'production' ? 'production' : 'development',
    strict: strictBecause !== null,
    host: service.HOST,
    port: Number(service.PORT),
    databaseUrl: service.DATABASE_URL ?? null,
    databasePoolSize: Number(service.DATABASE_POOL_SIZE),
    dataDir: resolve(service.DATA_DIR),
    adminTokens: service.ADMIN_TOKENS?.map(adminTokenOf) ?? [DEVELOPMENT_TOKEN],
    usesDevelopmentToken: service.ADMIN_TOKENS === undefined,
    logLevel: service.LOG_LEVEL as Config['logLevel'],
    logFormat: service.LOG_FORMAT as Config['logFormat'],
    paymentTtlSeconds: Number(service.PAYMENT_TTL_SECONDS),
    expiryJudgedBy: service.EXPIRY_JUDGED_BY as Config['expiryJudgedBy'],
    cancelUnpaidOrders: service.CANCEL_UNPAID_ORDERS === 'true',
    callbackBodyDays: Number(service.CALLBACK_BODY_DAYS),
    eventsNats: service.EVENTS_NATS_URL
      ? { urls: service.EVENTS_NATS_URL, stream: service.EVENTS_NATS_STREAM }
      : null,
    allowPrivateWebhookTargets: service.WEBHOOK_ALLOW_PRIVATE_TARGETS === 'true',
    trustProxy: trustProxyOf(service.TRUST_PROXY),
    gateways: gateways.settings(strictBecause !== null),
    developmentGateways: strictBecause ? [] : gateways.unset(),
  });
}

function reasonToBeStrict({ NODE_ENV, HOST, DATABASE_URL }: ServiceVariables): string | null {
  if (NODE_ENV === 'production') return 'in production';
  if (!isLoopback(HOST)) return 'where HOST is not a loopback address';
  if (DATABASE_URL && !isLocalDatabase(DATABASE_URL)) return 'where DATABASE_URL points beyond this machine';
  return null;
}

function strictFaults(
  { DATABASE_URL, ADMIN_TOKENS }: ServiceVariables,
  gateways: GatewayVariables,
): string[] {
  const faults: string[] = [];
  if (!DATABASE_URL) faults.push('DATABASE_URL is required');
  if (!ADMIN_TOKENS) faults.push('ADMIN_TOKENS is required');
  if (ADMIN_TOKENS?.some((entry) => adminTokenOf(entry).token.length < STRICT_TOKEN_LENGTH)) {
    faults.push(`ADMIN_TOKENS must hold tokens of at least ${STRICT_TOKEN_LENGTH} characters`);
  }
  if (gateways.unset().length === GATEWAY_NAMES.length)
    faults.push('the variables of at least one gateway are required');
  return faults;
}

function readText(path: string): string {
  return readFileSync(path, 'utf8');
}

function deepFreeze<Value>(value: Value): Value {
  if (typeof value === 'object' && value !== null) Object.values(Object.freeze(value)).forEach(deepFreeze);
  return value;
}
