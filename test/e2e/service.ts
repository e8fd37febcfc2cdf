import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { Pool } from 'pg';
import { Semaphore } from '../../src/application/semaphore.js';
import { type AppOptions, createApp, listen } from '../../src/composition/app.js';
import type { Config } from '../../src/config/load.js';
import type { CallbackContent, SignedCallback } from '../../src/sandbox/callback.js';
import { type PlayedGateway, type SandboxKeys, signCallback } from '../../src/sandbox/gateways/registry.js';
import { sandboxKeys } from '../../src/sandbox/keys.js';
import { CapturedLog } from '../captured-log.js';
import { freshDatabase } from '../database.js';
import { gatewaySettings } from '../gateway-settings.js';
import { expectDocumented } from './problem-check.js';

export const GATEWAYS = [
  'stripe',
  'wechat-pay',
  'alipay',
  'standard-webhooks',
] as const satisfies readonly PlayedGateway[];

/** The content of a callback. What a test leaves out makes a success over 100.00 CNY, with a new transaction and a new event. */
export type TestCallback = Pick<CallbackContent, 'paymentNumber'> & Partial<CallbackContent>;

export interface HttpReply {
  readonly status: number;
  readonly body: string;
  readonly headers: Headers;
}

/** The whole service on its own database, and what a gateway and an operator send to it. */
export interface Service {
  readonly url: string;
  /** Of the admin API; equal to `url` unless the service has an ADMIN_PORT. */
  readonly adminUrl: string;
  readonly databaseUrl: string;
  readonly keys: SandboxKeys;
  readonly log: CapturedLog;
  /** Signs a callback as the gateway does and sends it over HTTP. */
  deliver(gateway: PlayedGateway, callback: TestCallback): Promise<HttpReply>;
  sign(gateway: PlayedGateway, callback: TestCallback): SignedCallback;
  sendRaw(signed: SignedCallback): Promise<HttpReply>;
  admin<Body>(
    method: string,
    route: string,
    body?: unknown,
    headers?: Record<string, string>,
  ): Promise<{ status: number; body: Body }>;
  /** Places an order over 100.00 CNY and opens a payment for it. */
  openPayment(
    gateway: string,
    options?: { total?: string; orderNumber?: string },
  ): Promise<{ orderNumber: string; paymentNumber: string }>;
  sql<Row>(text: string, values?: unknown[]): Promise<Row[]>;
  close(): Promise<void>;
}

let counter = 0;
export const unique = (prefix: string): string =>
  `${prefix}${process.pid}x${Date.now().toString(36)}x${(counter += 1)}`;

export async function startService(
  overrides: Partial<Config> = {},
  options: Pick<AppOptions, 'clock' | 'gateways' | 'limits'> = {},
): Promise<Service> {
  const ownDatabase = overrides.databaseUrl ? null : await freshDatabase();
  const databaseUrl = overrides.databaseUrl ?? ownDatabase!.url;
  const keys = await sandboxKeys(path.join(tmpdir(), 'quittance-test-keys'));
  const log = new CapturedLog();
  const config = { ...CONFIG, gateways: gatewaySettings(keys), ...overrides, databaseUrl };
  const app = await createApp(config, { ...options, logger: log });
  const { url, adminUrl } = await listen(app, config).catch(async (error: unknown) => {
    await app.close();
    throw error;
  });
  const pool = new Pool({ connectionString: databaseUrl, max: 4 });
  // Some tests stop the database server, which breaks idle connections.
  pool.on('error', () => undefined);
  const service = clientOf({ url, adminUrl }, keys, pool);
  return {
    ...service,
    adminUrl,
    log,
    databaseUrl,
    close: () => close(app, pool, async () => ownDatabase?.drop()),
  };
}

async function close(app: NestFastifyApplication, pool: Pool, drop: () => Promise<void>): Promise<void> {
  await app.close();
  await pool.end();
  await drop();
}

const CONFIG: Config = {
  mode: 'development',
  strict: false,
  strictBecause: null,
  host: '127.0.0.1',
  port: 0,
  adminPort: null,
  adminHost: '127.0.0.1',
  databaseUrl: null,
  databasePoolSize: 10,
  dataDir: tmpdir(),
  adminTokens: [{ name: 'dev', role: 'operator', token: 'dev-token' }],
  usesDevelopmentToken: true,
  logLevel: 'error',
  logFormat: 'json',
  paymentTtlSeconds: 1_800,
  expiryJudgedBy: 'received_at',
  cancelUnpaidOrders: false,
  callbackBodyDays: 90,
  eventsNats: null,
  allowPrivateWebhookTargets: true,
  trustProxy: false,
  gateways: {},
  developmentGateways: [],
};

function clientOf(
  { url, adminUrl }: Pick<Service, 'url' | 'adminUrl'>,
  keys: SandboxKeys,
  pool: Pool,
): Omit<Service, 'adminUrl' | 'databaseUrl' | 'log' | 'close'> {
  const sendRaw: Service['sendRaw'] = async ({ path: route, headers, body }) => {
    const response = await fetch(new URL(route, url), {
      method: 'POST',
      headers,
      body: new Uint8Array(body),
    });
    return { status: response.status, body: await response.text(), headers: response.headers };
  };
  const admin: Service['admin'] = async <Body>(
    method: string,
    route: string,
    body?: unknown,
    headers = {},
  ) => {
    const response = await fetch(`${adminUrl}/admin/v1${route}`, {
      method,
      headers: { authorization: 'Bearer dev-token', 'content-type': 'application/json', ...headers },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    const answer = (await response.json()) as Body;
    expectDocumented({ method, path: `/admin/v1${route}` }, response, answer);
    return { status: response.status, body: answer };
  };
  // The service refuses writes when too many wait.
  const placing = new Semaphore({ running: 32, waiting: 100_000, waitMs: 60_000 }, (why) => new Error(why));
  /** Sends a write as a shop has to: with a key, and again while the service is temporarily unavailable. */
  const sendUntilTaken = async <Body>(route: string, body: unknown): Promise<Body> => {
    const key = { 'idempotency-key': unique('K') };
    for (let attempt = 1; ; attempt += 1) {
      const reply = await admin<Body>('POST', route, body, key);
      if (reply.status === 201) return reply.body;
      if (reply.status !== 503 || attempt === 5) throw new Error(`refused: ${JSON.stringify(reply.body)}`);
    }
  };
  const sign: Service['sign'] = (gateway, callback) =>
    signCallback(gateway, keys, {
      status: 'succeeded',
      amount: '100.00',
      currency: 'CNY',
      transactionId: unique('T'),
      eventId: unique('E'),
      at: new Date(),
      ...callback,
    });
  return {
    url,
    keys,
    sendRaw,
    admin,
    sign,
    deliver: (gateway, callback) => sendRaw(sign(gateway, callback)),
    openPayment: (gateway, { total = '100.00', orderNumber = unique('O') } = {}) =>
      placing.run(async () => {
        const order = { orderNumber, total: { amount: total, currency: 'CNY' }, payment: { gateway } };
        const { payments } = await sendUntilTaken<{ payments: { paymentNumber: string }[] }>(
          '/orders',
          order,
        );
        return { orderNumber, paymentNumber: payments[0]!.paymentNumber };
      }),
    sql: async <Row>(text: string, values: unknown[] = []) => (await pool.query(text, values)).rows as Row[],
  };
}
