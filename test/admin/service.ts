import { Module, type Provider } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import type { OpenAPIObject } from '@nestjs/swagger';
import { GatewayNotificationReader } from '../../src/adapters/gateways/notification-reader.js';
import { Gateways } from '../../src/adapters/gateways/registry.js';
import { describeApi } from '../../src/adapters/http/server/openapi.js';
import { createServer } from '../../src/adapters/http/server/server.js';
import { CheckedTargets } from '../../src/adapters/webhooks/webhook-targets.js';
import { AuditMoney } from '../../src/application/audit/audit-money.js';
import { CallbackBatcher } from '../../src/application/callbacks/callback-batcher.js';
import { ExplainCallback } from '../../src/application/callbacks/explain-callback.js';
import { ProcessPaymentSuccess } from '../../src/application/callbacks/process-payment-success.js';
import { RejectionRepository } from '../../src/application/callbacks/rejection-repository.js';
import { Reparser } from '../../src/application/callbacks/reparse.js';
import { ReplayCallback } from '../../src/application/callbacks/replay-callback.js';
import { Clock } from '../../src/application/clock.js';
import { type EventStream, EventStreams } from '../../src/application/events/event-streams.js';
import type { Destination } from '../../src/application/events/delivery-repository.js';
import type { TestMessage, TestSender } from '../../src/application/events/publisher.js';
import { ReplayEvents } from '../../src/application/events/replay-events.js';
import { TestEndpoint } from '../../src/application/events/test-endpoint.js';
import { WebhookTargets } from '../../src/application/events/webhook-targets.js';
import { PlaceOrders } from '../../src/application/orders/place-orders.js';
import { PlacementBatcher } from '../../src/application/orders/placement-batcher.js';
import { Readiness, type ReadinessFault } from '../../src/application/readiness.js';
import { UnitOfWork } from '../../src/application/transaction.js';
import { HttpModule } from '../../src/composition/http.module.js';
import { ObservabilityModule } from '../../src/composition/observability.module.js';
import { CountingTelemetry } from '../application/fixtures/counting-telemetry.js';
import { ScriptedAudit } from '../application/fixtures/scripted-audit.js';
import { MemoryUnitOfWork } from '../application/memory/unit-of-work.js';
import { type Check, documentedBy } from './documented.js';

export const OPERATOR = 'operator-token-of-the-tests';
export const VIEWER = 'viewer-token-of-the-tests';
export const BODY_LIMIT_BYTES = 256 * 1024;

/** The only gateway of the service; payments of any other are refused. */
const GATEWAYS = { 'standard-webhooks': { secrets: [`whsec_${Buffer.alloc(32, 7).toString('base64')}`] } };

export interface Reply {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
  /** The parsed text, if it is JSON. */
  readonly body: ReturnType<typeof JSON.parse>;
}

/** How long the answer to a client that guesses tokens is delayed. */
export const DELAY_MS = 20;

export interface Call {
  /** Null for a request without a token. The default is the operator's. */
  readonly token?: string | null;
  /** An object is sent as JSON. Text and bytes are sent unchanged, as JSON unless the headers have another content type. */
  readonly body?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
}

export interface SentTest {
  readonly message: TestMessage;
  readonly destination: Destination;
}

/** The admin API over real HTTP, with its data in memory. An answer that the OpenAPI document does not describe fails the test. */
export interface Service {
  readonly url: string;
  readonly memory: MemoryUnitOfWork;
  readonly document: OpenAPIObject;
  /** What an audit finds. */
  readonly audited: ScriptedAudit;
  /** The faults that readiness reports. */
  readonly faults: ReadinessFault[];
  /** The streams that the process publishes to. */
  readonly streams: EventStream[];
  /** The tests that were sent to webhook endpoints. Each is answered with 503. */
  readonly sentTests: SentTest[];
  call(method: string, path: string, call?: Call): Promise<Reply>;
  close(): Promise<void>;
}

export async function startService(): Promise<Service> {
  const clock: Clock = { now: () => new Date() };
  const memory = new MemoryUnitOfWork(clock);
  const audited = new ScriptedAudit();
  const faults: ReadinessFault[] = [];
  const streams: EventStream[] = [];
  const sentTests: SentTest[] = [];
  const providers = [
    ...portsOf(memory, clock),
    ...useCasesOn(memory, clock, {
      sendTest: async (message, destination) => {
        sentTests.push({ message, destination });
        return { delivered: false, httpStatus: 503, error: 'HTTP 503' };
      },
    }),
    { provide: AuditMoney, useValue: new AuditMoney(audited, clock) },
    { provide: Readiness, useValue: { check: () => Promise.resolve(faults) } },
    { provide: EventStreams, useValue: { streams: () => streams } },
  ];

  @Module({})
  class MemoryModule {}

  @Module({
    imports: [
      ObservabilityModule,
      { module: MemoryModule, global: true, providers, exports: providers.map(({ provide }) => provide) },
      HttpModule.with({
        adminTokens: [
          { name: 'vera', role: 'viewer', token: VIEWER },
          { name: 'otto', role: 'operator', token: OPERATOR },
        ],
        expiryJudgedBy: 'received_at',
      }),
    ],
  })
  class TestModule {}

  // A test chooses the address of its client by X-Forwarded-For.
  const server = createServer({ trustProxy: ['127.0.0.1'], delayMs: DELAY_MS });
  const app = await NestFactory.create<NestFastifyApplication>(TestModule, server, {
    bodyParser: false,
    logger: false,
    abortOnError: false,
  });
  const document = describeApi(app);
  await app.listen(0, '127.0.0.1');
  const url = (await app.getUrl()).replace('localhost', '127.0.0.1');
  const call = callerOf(url, documentedBy(document));
  return { url, memory, document, audited, faults, streams, sentTests, call, close: () => app.close() };
}

type TestProvider = Exclude<Provider, new (...args: never[]) => unknown>;

/** The ports in memory. */
function portsOf(memory: MemoryUnitOfWork, clock: Clock): TestProvider[] {
  return [
    ...[...memory.queries].map(([port, queries]) => ({ provide: port, useValue: queries })),
    { provide: Clock, useValue: clock },
    { provide: UnitOfWork, useValue: memory },
    { provide: WebhookTargets, useValue: new CheckedTargets(false) },
    { provide: RejectionRepository, useValue: { record: () => undefined } },
  ];
}

/** The use cases that are classes, as the composition root makes them. */
function useCasesOn(memory: MemoryUnitOfWork, clock: Clock, sender: TestSender): TestProvider[] {
  const gateways = new Gateways(GATEWAYS);
  const process = new ProcessPaymentSuccess(memory, clock, new CountingTelemetry());
  const reparser = new Reparser(new GatewayNotificationReader(gateways), 'received_at');
  let numbers = 0;
  const generateNumber = () => `P${String((numbers += 1)).padStart(31, '0')}`;
  const rules = { gateways: gateways.names, paymentNumbers: gateways, ttlSeconds: 1_800, generateNumber };
  const placeOrders = new PlaceOrders(memory, clock, rules, process);
  return [
    { provide: Gateways, useValue: gateways },
    // These tests send no callback. The suites of the batcher and the end-to-end tests do.
    { provide: CallbackBatcher, useValue: { isFull: false } },
    { provide: ReplayEvents, useValue: new ReplayEvents(memory, clock) },
    { provide: TestEndpoint, useValue: new TestEndpoint(memory, sender, clock) },
    { provide: PlacementBatcher, useValue: new PlacementBatcher(placeOrders) },
    { provide: ReplayCallback, useValue: new ReplayCallback(reparser) },
    { provide: ExplainCallback, useValue: new ExplainCallback(reparser) },
  ];
}

function callerOf(url: string, undocumented: Check): Service['call'] {
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
    const { status, headers: answered } = response;
    const reply = { status, headers: answered, text, body: isJson ? JSON.parse(text) : undefined };
    const faults = undocumented(method, path, reply);
    if (faults.length > 0) throw new Error(`The OpenAPI document lacks:\n${faults.join('\n')}`);
    return reply;
  };
}

export const CNY = (amount: string) => ({ amount, currency: 'CNY' });

let counter = 0;
/** A number that no other test uses. */
export function uniqueNumber(prefix = 'A'): string {
  counter += 1;
  return `${prefix}-${counter}`;
}
