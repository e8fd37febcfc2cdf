import { Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { FastifyAdapter, type NestFastifyApplication } from '@nestjs/platform-fastify';
import type { OpenAPIObject } from '@nestjs/swagger';
import { CheckedTargets } from '../../src/adapters/events/webhook-targets.js';
import { HttpModule } from '../../src/adapters/http/http.module.js';
import { describeApi } from '../../src/adapters/http/openapi.js';
import { answerFrameworkError } from '../../src/adapters/http/problem.filter.js';
import { CallbackQueue } from '../../src/application/callback-queue.js';
import { DecideCallbacks } from '../../src/application/decide-callbacks.js';
import { DeliveryQueries, WebhookTargets } from '../../src/application/outbox.js';
import { Clock, Readiness, Rejections, UnitOfWork } from '../../src/application/ports.js';
import { ProcessPaymentSuccess } from '../../src/application/process-payment-success.js';
import { Queries } from '../../src/application/queries.js';
import { RecordNotice } from '../../src/application/record-notice.js';
import { MemoryUnitOfWork } from '../application/memory-stores.js';

export const OPERATOR = 'operator-token-of-the-tests';
export const VIEWER = 'viewer-token-of-the-tests';
export const BODY_LIMIT_BYTES = 256 * 1024;

export interface Called {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
  /** The text where it is JSON, parsed. */
  readonly body: ReturnType<typeof JSON.parse>;
}

export interface Call {
  readonly token?: string | null;
  readonly body?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
}

/** The admin API over real HTTP, on tables in memory. */
export interface Service {
  readonly url: string;
  readonly memory: MemoryUnitOfWork;
  readonly document: OpenAPIObject;
  /** What stands in the way of readiness. */
  readonly faults: string[];
  call(method: string, path: string, call?: Call): Promise<Called>;
  close(): Promise<void>;
}

export async function startService(): Promise<Service> {
  const clock: Clock = { now: () => new Date() };
  const memory = new MemoryUnitOfWork(clock);
  const faults: string[] = [];
  const ports = [
    { provide: Clock, useValue: clock },
    { provide: UnitOfWork, useValue: memory },
    { provide: Queries, useValue: memory.queries },
    { provide: DeliveryQueries, useValue: memory.deliveries },
    { provide: WebhookTargets, useValue: new CheckedTargets(false) },
    { provide: Readiness, useValue: { check: () => Promise.resolve(faults) } },
    { provide: Rejections, useValue: { note: () => undefined } },
    // No callback is sent in these tests; their own suites drive the real queue.
    { provide: CallbackQueue, useValue: {} },
    {
      provide: DecideCallbacks,
      useValue: new DecideCallbacks(new ProcessPaymentSuccess(), new RecordNotice(), clock),
    },
  ];

  @Module({})
  class MemoryModule {}

  @Module({
    imports: [
      { module: MemoryModule, global: true, providers: ports, exports: ports.map(({ provide }) => provide) },
      HttpModule.with({
        adminTokens: [
          { name: 'vera', role: 'viewer', token: VIEWER },
          { name: 'otto', role: 'operator', token: OPERATOR },
        ],
        paymentTtlSeconds: 1800,
        expiryJudgedBy: 'received_at',
        gateways: { standardWebhooks: { secrets: [`whsec_${Buffer.alloc(32, 7).toString('base64')}`] } },
      }),
    ],
  })
  class TestModule {}

  const adapter = new FastifyAdapter({
    bodyLimit: BODY_LIMIT_BYTES,
    forceCloseConnections: true,
    frameworkErrors: answerFrameworkError,
  });
  const app = await NestFactory.create<NestFastifyApplication>(TestModule, adapter, {
    bodyParser: false,
    logger: false,
    abortOnError: false,
  });
  for (const type of ['application/json', 'text/plain', 'application/x-www-form-urlencoded', '*']) {
    app.useBodyParser(type, { bodyLimit: BODY_LIMIT_BYTES }, (_request, body, done) => done(null, body));
  }
  const document = describeApi(app);
  await app.listen(0, '127.0.0.1');
  const url = (await app.getUrl()).replace('localhost', '127.0.0.1');
  return { url, memory, document, faults, call: caller(url), close: () => app.close() };
}

/**
 * A body that is an object is sent as JSON; text and bytes are sent as they are, as JSON too unless headers
 * say otherwise.
 */
function caller(url: string): Service['call'] {
  return async (method, path, { token = OPERATOR, body, headers = {} } = {}) => {
    const isRaw = typeof body === 'string' || Buffer.isBuffer(body);
    const sent: RequestInit = {
      method,
      headers: {
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
        ...(token === null ? {} : { authorization: `Bearer ${token}` }),
        ...headers,
      },
      body: body === undefined || isRaw ? (body as string | undefined) : JSON.stringify(body),
    };
    const response = await fetch(`${url}${path}`, sent);
    const text = await response.text();
    const isJson = response.headers.get('content-type')?.includes('json') ?? false;
    return {
      status: response.status,
      headers: response.headers,
      text,
      body: isJson ? JSON.parse(text) : undefined,
    };
  };
}

export const CNY = (amount: string) => ({ amount, currency: 'CNY' });

let counter = 0;
/** A number that no other test has. */
export function fresh(prefix = 'A'): string {
  counter += 1;
  return `${prefix}-${counter}`;
}
