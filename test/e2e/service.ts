import path from 'node:path';
import { tmpdir } from 'node:os';
import type { LoggerService } from '@nestjs/common';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { Pool } from 'pg';
import { createApp } from '../../src/app.js';
import type { Clock } from '../../src/application/ports.js';
import type { Config } from '../../src/config.js';
import { developmentKeys, type DevelopmentKeys } from '../../src/sandbox/development-keys.js';
import type { CallbackContent, SignedCallback } from '../../src/sandbox/callback.js';
import { signCallback, type PlayedGateway } from '../../src/sandbox/sign-callback.js';
import { freshDatabase } from '../database.js';

export const GATEWAYS: readonly PlayedGateway[] = ['stripe', 'wechat-pay', 'alipay', 'standard-webhooks'];

/** What a callback says where a test does not care: a success over 100.00 CNY, of a transaction and an event of its own. */
export type Said = Pick<CallbackContent, 'paymentNumber'> & Partial<CallbackContent>;

export interface Answered {
  readonly status: number;
  readonly body: string;
  readonly headers: Headers;
}

/** The whole service over a database of its own, and what a gateway and an operator do to it. */
export interface Service {
  readonly url: string;
  readonly databaseUrl: string;
  readonly keys: DevelopmentKeys;
  readonly log: CapturedLog;
  /** Signs as the gateway does and sends over HTTP. */
  deliver(gateway: PlayedGateway, callback: Said): Promise<Answered>;
  sign(gateway: PlayedGateway, callback: Said): SignedCallback;
  sendRaw(signed: SignedCallback): Promise<Answered>;
  admin<Body>(
    method: string,
    route: string,
    body?: unknown,
    headers?: Record<string, string>,
  ): Promise<{ status: number; body: Body }>;
  /** An order over 100.00 CNY and a payment of it. */
  given(
    gateway: PlayedGateway,
    options?: { total?: string; orderNumber?: string },
  ): Promise<{ orderNumber: string; paymentNumber: string }>;
  sql<Row>(text: string, values?: unknown[]): Promise<Row[]>;
  close(): Promise<void>;
}

/** What the service has logged, at whatever level. */
export class CapturedLog implements LoggerService {
  readonly lines: { level: string; text: string }[] = [];
  readonly log = this.at('info');
  readonly warn = this.at('warn');
  readonly error = this.at('error');
  readonly debug = this.at('debug');

  private at(level: string) {
    return (...said: unknown[]): void =>
      void this.lines.push({ level, text: said.map((each) => JSON.stringify(each)).join(' ') });
  }
}

let drawn = 0;
export const unique = (prefix: string): string =>
  `${prefix}${process.pid}x${Date.now().toString(36)}x${(drawn += 1)}`;

export async function startService(overrides: Partial<Config> = {}, clock?: Clock): Promise<Service> {
  const own = overrides.databaseUrl ? null : await freshDatabase();
  const databaseUrl = overrides.databaseUrl ?? own!.url;
  const keys = await developmentKeys(path.join(tmpdir(), 'quittance-test-keys'));
  const log = new CapturedLog();
  const app = await createApp({ ...CONFIG, gateways: keys.settings, ...overrides, databaseUrl }, clock, log);
  await app.listen(0, '127.0.0.1');
  const pool = new Pool({ connectionString: databaseUrl, max: 4 });
  // A server that goes away under an idle connection is what some tests are about.
  pool.on('error', () => undefined);
  const service = operate(await app.getUrl(), keys, pool);
  return { ...service, log, databaseUrl, close: () => close(app, pool, async () => own?.drop()) };
}

async function close(app: NestFastifyApplication, pool: Pool, drop: () => Promise<void>): Promise<void> {
  await app.close();
  await pool.end();
  await drop();
}

const CONFIG: Config = {
  mode: 'development',
  strict: false,
  host: '127.0.0.1',
  port: 0,
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

function operate(
  url: string,
  keys: DevelopmentKeys,
  pool: Pool,
): Omit<Service, 'databaseUrl' | 'log' | 'close'> {
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
    const response = await fetch(`${url}/admin/v1${route}`, {
      method,
      headers: { authorization: 'Bearer dev-token', 'content-type': 'application/json', ...headers },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    return { status: response.status, body: (await response.json()) as Body };
  };
  const sign: Service['sign'] = (gateway, said) =>
    signCallback(gateway, keys, {
      status: 'succeeded',
      amount: '100.00',
      currency: 'CNY',
      transactionId: unique('T'),
      eventId: unique('E'),
      at: new Date(),
      ...said,
    });
  return {
    url,
    keys,
    sendRaw,
    admin,
    sign,
    deliver: (gateway, said) => sendRaw(sign(gateway, said)),
    async given(gateway, { total = '100.00', orderNumber = unique('O') } = {}) {
      await admin('POST', '/orders', { orderNumber, total: { amount: total, currency: 'CNY' } });
      const { status, body } = await admin<{ paymentNumber: string }>(
        'POST',
        `/orders/${orderNumber}/payments`,
        { gateway },
      );
      if (status !== 201) throw new Error(`the payment was not made: ${JSON.stringify(body)}`);
      return { orderNumber, paymentNumber: body.paymentNumber };
    },
    sql: async <Row>(text: string, values: unknown[] = []) => (await pool.query(text, values)).rows as Row[],
  };
}
