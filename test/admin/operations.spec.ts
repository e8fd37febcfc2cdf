import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import { readFileSync } from 'node:fs';
import { REJECTION_REASONS } from '../../src/adapters/gateways/gateway.js';
import { ProblemFilter } from '../../src/adapters/http/server/problem.filter.js';
import { Metrics } from '../../src/adapters/observability/metrics.js';
import { CaseRepository } from '../../src/application/cases/case-repository.js';
import { SubscriberRepository } from '../../src/application/events/subscriber-repository.js';
import { OrderQueries } from '../../src/application/orders/order-queries.js';
import { Unavailable } from '../../src/application/transaction.js';
import { OUTCOMES } from '../../src/domain/callbacks/outcome.js';
import { CNY, type Service, VIEWER, startService, uniqueNumber } from './service.js';

const { version: packageVersion } = JSON.parse(readFileSync('package.json', 'utf8')) as { version: string };

let service: Service;
beforeAll(async () => {
  service = await startService();
});
afterAll(() => service.close());

const getWithoutToken = (path: string) => service.call('GET', path, { token: null });

/** The database could not answer. */
const NO_GAUGES = { pending: null, openCases: null, refunds: null, disputes: null, lags: null };

describe('health', () => {
  test('answers that the process is alive', async () => {
    expect(await getWithoutToken('/health/live')).toMatchObject({ status: 200, body: { status: 'ok' } });
  });

  test('is not ready while there is a fault, and names the fault', async () => {
    expect((await getWithoutToken('/health/ready')).status).toBe(200);
    const text = 'the database cannot be reached';
    service.faults.push({ code: 'unreachable', text, detail: 'connect ECONNREFUSED db.internal:5432' });
    const unready = await getWithoutToken('/health/ready');
    expect(unready).toMatchObject({
      status: 503,
      body: { detail: text, faults: [text], codes: ['unreachable'] },
    });
    expect(unready.text).not.toContain('db.internal');
    expect(unready.headers.get('retry-after')).toBe('1');
    expect((await getWithoutToken('/health/live')).status).toBe(200);
    service.faults.length = 0;
    expect((await getWithoutToken('/health/ready')).status).toBe(200);
  });
});

describe('metrics', () => {
  /** The lines of the series whose names begin so, with their values. */
  const lines = (text: string, name: string) => text.split('\n').filter((line) => line.startsWith(name));

  test('have every name of the public contract, in Prometheus text', async () => {
    const { status, headers, text } = await getWithoutToken('/metrics');
    expect(status).toBe(200);
    expect(headers.get('content-type')).toContain('text/plain');
    for (const [name, type] of [
      ['quittance_callbacks_total', 'counter'],
      ['quittance_signature_rejections_total', 'counter'],
      ['quittance_callback_duration_seconds', 'histogram'],
      ['quittance_order_transition_failures_total', 'counter'],
      ['quittance_payments_expired_total', 'counter'],
      ['quittance_lock_conflicts_total', 'counter'],
      ['quittance_lock_wait_seconds', 'histogram'],
      ['quittance_group_size', 'histogram'],
      ['quittance_inbox_pending', 'gauge'],
      ['quittance_inbox_oldest_seconds', 'gauge'],
      ['quittance_discrepancies_open', 'gauge'],
      ['process_resident_memory_bytes', 'gauge'],
    ]) {
      expect(text).toContain(`# TYPE ${name} ${type}\n`);
    }
  });

  test('count under the labels of the public contract', async () => {
    const metrics = new Metrics();
    metrics.callback('stripe', 'settled', 0.004);
    metrics.callback('stripe', 'unavailable', 3);
    metrics.rejected('alipay', 'signature_mismatch');
    metrics.rejected('wechat-pay', 'probe');
    metrics.requestRefused('size');
    metrics.loginRefused('limited');
    metrics.orderNotPayable();
    metrics.paymentExpired();
    metrics.lockConflict();
    metrics.lockWaited(0.5);
    metrics.batchSettled(64);
    const text = await metrics.text(NO_GAUGES);
    for (const line of [
      'quittance_callbacks_total{gateway="stripe",outcome="settled"} 1',
      'quittance_callbacks_total{gateway="stripe",outcome="unavailable"} 1',
      'quittance_callback_duration_seconds_bucket{le="0.005",gateway="stripe"} 1',
      'quittance_callback_duration_seconds_count{gateway="stripe"} 2',
      'quittance_signature_rejections_total{gateway="alipay",reason="signature_mismatch"} 1',
      'quittance_signature_rejections_total{gateway="wechat-pay",reason="probe"} 1',
      'quittance_requests_refused_total{reason="size"} 1',
      'quittance_admin_logins_refused_total{reason="limited"} 1',
      'quittance_order_transition_failures_total 1',
      'quittance_payments_expired_total 1',
      'quittance_lock_conflicts_total 1',
      'quittance_lock_wait_seconds_sum 0.5',
      'quittance_group_size_bucket{le="32"} 0',
      'quittance_group_size_bucket{le="64"} 1',
    ]) {
      expect(text).toContain(`${line}\n`);
    }
  });

  test('start at zero for every label of the gateways that are on, so that increase() sees the first event', async () => {
    const metrics = new Metrics({ gateways: ['stripe', 'toy'], rejectionReasons: REJECTION_REASONS });
    const text = await metrics.text(NO_GAUGES);
    for (const gateway of ['stripe', 'toy']) {
      for (const outcome of [...OUTCOMES, 'overloaded', 'unavailable'])
        expect(text).toContain(`quittance_callbacks_total{gateway="${gateway}",outcome="${outcome}"} 0\n`);
      for (const reason of REJECTION_REASONS)
        expect(text).toContain(
          `quittance_signature_rejections_total{gateway="${gateway}",reason="${reason}"} 0\n`,
        );
      expect(text).toContain(`quittance_callback_duration_seconds_count{gateway="${gateway}"} 0\n`);
    }
    expect(text).not.toContain('alipay');
    expect(text).toContain('quittance_requests_refused_total{reason="connections"} 0\n');
    expect(text).toContain('quittance_admin_logins_refused_total{reason="missing"} 0\n');
    const counters = lines(text, 'quittance_').filter((line) => /_(total|count|sum)[ {]/.test(line));
    expect(counters.filter((line) => !line.endsWith(' 0'))).toEqual([]);
  });

  test('of the service are few, and the version is one of them', async () => {
    const { text } = await getWithoutToken('/metrics');
    expect(text).toContain(`quittance_build_info{version="${packageVersion}"} 1\n`);
    // One gateway is on. It has 20 outcomes, 6 reasons, a histogram of 16, 4 statuses of refunds, and two gauges of disputes.
    expect(lines(text, 'quittance_').filter((line) => line.includes('gateway='))).toHaveLength(48);
    expect(lines(text, 'quittance_').length).toBeLessThan(120);
  });

  test('have gauges of the inbox and the cases, but not while the database is unreachable', async () => {
    const metrics = new Metrics();
    const pending = { count: 3, oldestSeconds: 41.5 };
    const shown = await metrics.text({ ...NO_GAUGES, pending, openCases: { paid_late: 2 } });
    expect(lines(shown, 'quittance_inbox')).toEqual([
      'quittance_inbox_pending 3',
      'quittance_inbox_oldest_seconds 41.5',
    ]);
    expect(shown).toContain('quittance_discrepancies_open{kind="paid_late"} 2\n');
    expect(shown).toContain('quittance_discrepancies_open{kind="unmatched"} 0\n');
    const withoutDatabase = await metrics.text(NO_GAUGES);
    expect(lines(withoutDatabase, 'quittance_inbox')).toEqual([]);
    expect(lines(withoutDatabase, 'quittance_discrepancies_open')).toEqual([]);
  });
});

describe('event streams', () => {
  afterEach(() => {
    service.streams.length = 0;
  });

  test('are none while no process publishes to JetStream', async () => {
    const { status, body } = await service.call('GET', '/admin/v1/event-streams', { token: VIEWER });
    expect([status, body]).toEqual([200, { items: [], nextCursor: null }]);
  });

  test('show the connection of this process and the lag of all, which is null until the stream is registered', async () => {
    const stream = { stream: 'QUITTANCE', connected: false, lastError: 'Authorization Violation' };
    service.streams.push(stream);
    const list = async () => (await service.call('GET', '/admin/v1/event-streams')).body.items;
    expect(await list()).toEqual([{ ...stream, lagSeconds: null }]);
    await service.memory.run((tx) => tx.of(SubscriberRepository).registerStream(new Date()));
    expect(await list()).toEqual([{ ...stream, lagSeconds: 0 }]);
    const { schemas } = service.document.components!;
    expect(schemas!.EventStreamDocument).toMatchObject({
      required: ['stream', 'connected', 'lastError', 'lagSeconds'],
    });
  });
});

describe('the OpenAPI document', () => {
  test('is served at /docs-json, with a page at /docs', async () => {
    const page = await getWithoutToken('/docs');
    expect(page.status).toBe(200);
    expect(page.headers.get('content-type')).toContain('text/html');
    expect((await getWithoutToken('/docs/swagger-ui.css')).status).toBe(200);
    const { status, body } = await getWithoutToken('/docs-json');
    expect(status).toBe(200);
    expect(body).toEqual(JSON.parse(JSON.stringify(service.document)));
  });

  test('has every route and no other', () => {
    const routes = Object.entries(service.document.paths).flatMap(([path, item]) =>
      Object.keys(item).map((method) => `${method.toUpperCase()} ${path}`),
    );
    expect(routes.toSorted()).toEqual([
      'DELETE /admin/v1/webhook-endpoints/{id}',
      'GET /admin/v1/audit',
      'GET /admin/v1/callbacks',
      'GET /admin/v1/callbacks/{id}',
      'GET /admin/v1/callbacks/{id}/explain',
      'GET /admin/v1/discrepancies',
      'GET /admin/v1/discrepancies/{id}',
      'GET /admin/v1/disputes',
      'GET /admin/v1/disputes/{id}',
      'GET /admin/v1/event-streams',
      'GET /admin/v1/orders',
      'GET /admin/v1/orders/{orderNumber}',
      'GET /admin/v1/orders/{orderNumber}/history',
      'GET /admin/v1/payments',
      'GET /admin/v1/payments/{paymentNumber}',
      'GET /admin/v1/payments/{paymentNumber}/log',
      'GET /admin/v1/payments/{paymentNumber}/timeline',
      'GET /admin/v1/refunds',
      'GET /admin/v1/refunds/{refundNumber}',
      'GET /admin/v1/rejections',
      'GET /admin/v1/webhook-endpoints',
      'GET /admin/v1/webhook-endpoints/{id}',
      'GET /admin/v1/webhook-endpoints/{id}/deliveries',
      'GET /health/live',
      'GET /health/ready',
      'GET /metrics',
      'PATCH /admin/v1/webhook-endpoints/{id}',
      'POST /admin/v1/callbacks/{id}/replay',
      'POST /admin/v1/discrepancies/{id}/assign',
      'POST /admin/v1/discrepancies/{id}/notes',
      'POST /admin/v1/discrepancies/{id}/resolve',
      'POST /admin/v1/orders',
      'POST /admin/v1/orders/{orderNumber}/payments',
      'POST /admin/v1/orders/{orderNumber}/transitions',
      'POST /admin/v1/payments/{paymentNumber}/transitions',
      'POST /admin/v1/webhook-endpoints',
      'POST /admin/v1/webhook-endpoints/{id}/deliveries/{eventId}/redeliver',
      'POST /admin/v1/webhook-endpoints/{id}/replay',
      'POST /admin/v1/webhook-endpoints/{id}/resume',
      'POST /admin/v1/webhook-endpoints/{id}/secret',
      'POST /admin/v1/webhook-endpoints/{id}/test',
      'POST /callbacks/{gateway}',
    ]);
  });

  test('lists the status of every answer', async () => {
    const orderNumber = uniqueNumber();
    const { body: order } = await service.call('POST', '/admin/v1/orders', {
      body: { orderNumber, total: CNY('1.00') },
    });
    expect(order.orderNumber).toBe(orderNumber);
    for (const [path, item] of Object.entries(service.document.paths)) {
      for (const [method, operation] of Object.entries(item)) {
        const realPath = path.replace('{orderNumber}', orderNumber).replace(/\{\w+\}/, 'nothing');
        const call = method === 'get' ? {} : { body: {} };
        const { status } = await service.call(method.toUpperCase(), realPath, call);
        expect({ path, method, documented: Object.keys(operation.responses) }).toMatchObject({
          documented: expect.arrayContaining([String(status)]),
        });
        expect(status).toBeLessThan(500);
      }
    }
  });

  test('describes every field of every view', async () => {
    const orderNumber = uniqueNumber();
    await service.call('POST', '/admin/v1/orders', { body: { orderNumber, total: CNY('1.00') } });
    const asked = { gateway: 'standard-webhooks' };
    const payment = await service.call('POST', `/admin/v1/orders/${orderNumber}/payments`, { body: asked });
    const order = await service.call('GET', `/admin/v1/orders/${orderNumber}`);
    const problem = await service.call('POST', '/admin/v1/orders', { body: {} });
    const schemas = service.document.components?.schemas as Record<
      string,
      { properties: object; required: string[] }
    >;
    const unmatched = {
      kind: 'unmatched',
      gateway: 'stripe',
      paymentNumber: null,
      orderNumber: null,
    } as const;
    const about = { ...unmatched, transactionId: uniqueNumber(), callbackId: null, details: {} };
    const opened = { ...about, ownsMoney: true };
    await service.memory.run((tx) => tx.of(CaseRepository).open([opened], new Date()));
    const { body: listed } = await service.call('GET', '/admin/v1/discrepancies');
    const path = `/admin/v1/discrepancies/${listed.items[0].id}`;
    const noted = await service.call('POST', `${path}/notes`, { body: { note: 'asked' } });
    const timeline = await service.call('GET', `/admin/v1/payments/${payment.body.paymentNumber}/timeline`);
    const fieldsOf = (name: string) => Object.keys(schemas[name]!.properties).toSorted();
    expect(Object.keys(order.body).toSorted()).toEqual(fieldsOf('OrderDocument'));
    const { body: orders } = await service.call('GET', '/admin/v1/orders');
    expect(Object.keys(orders.items[0]).toSorted()).toEqual(fieldsOf('OrderSummaryDocument'));
    expect(Object.keys(order.body.payments[0]).toSorted()).toEqual(fieldsOf('PaymentSummaryDocument'));
    expect(Object.keys(payment.body).toSorted()).toEqual(fieldsOf('PaymentDocument'));
    expect(Object.keys(payment.body.log[0]).toSorted()).toEqual(fieldsOf('LogEntryDocument'));
    expect(Object.keys(listed.items[0]).toSorted()).toEqual(fieldsOf('DiscrepancyDocument'));
    expect(Object.keys(noted.body).toSorted()).toEqual(fieldsOf('DiscrepancyDetailDocument'));
    expect(Object.keys(noted.body.notes[0]).toSorted()).toEqual(fieldsOf('NoteDocument'));
    expect(Object.keys(timeline.body).toSorted()).toEqual(fieldsOf('TimelineDocument'));
    expect(fieldsOf('TimelineItemDocument')).toEqual(
      expect.arrayContaining(Object.keys(timeline.body.items[0])),
    );
    expect(fieldsOf('ProblemDocument')).toEqual(expect.arrayContaining(Object.keys(problem.body)));
  });

  test('describes bearer tokens, the Idempotency-Key and problems', () => {
    const { paths, components } = service.document;
    expect(components?.securitySchemes).toEqual({
      bearer: { scheme: 'bearer', type: 'http', description: expect.any(String) },
    });
    for (const [path, item] of Object.entries(paths).filter(([each]) => each.startsWith('/admin/'))) {
      expect({ path, security: (item.get ?? item.post ?? item.delete)?.security }).toEqual({
        path,
        security: [{ bearer: [] }],
      });
      if (!item.post) continue;
      expect(item.post.parameters).toContainEqual(
        expect.objectContaining({ in: 'header', name: 'Idempotency-Key', required: false }),
      );
      // These routes have no body.
      const takesBody = !/(?:callbacks\/\{id\}\/replay|\/redeliver|\/resume|\/secret|\/test)$/.test(path);
      expect({ path, takesBody: item.post.requestBody !== undefined }).toEqual({ path, takesBody });
    }
  });
});

describe('a fault of the service', () => {
  test('is answered 500 without internals of the service', async () => {
    const queries = service.memory.query(OrderQueries);
    queries.find = () => Promise.reject(new Error('select secret from tables'));
    const { status, text, headers } = await service.call('GET', '/admin/v1/orders/A', { token: VIEWER });
    Reflect.deleteProperty(queries, 'find');
    expect(status).toBe(500);
    expect(headers.get('content-type')).toContain('application/problem+json');
    expect(text).not.toContain('secret');
    expect(text).not.toContain(ProblemFilter.name);
  });

  test.each(['/admin/v1/orders', '/admin/v1/orders/A'])(
    'that passes is answered 503 with Retry-After by GET %s',
    async (path) => {
      const queries = service.memory.query(OrderQueries);
      const fail = (): Promise<never> => Promise.reject(new Unavailable('connect ECONNREFUSED 10.0.0.7'));
      Object.assign(queries, { find: fail, list: fail });
      const { status, headers, body, text } = await service.call('GET', path, { token: VIEWER });
      for (const query of ['find', 'list']) Reflect.deleteProperty(queries, query);
      expect([status, headers.get('retry-after'), body.status]).toEqual([503, '1', 503]);
      expect(headers.get('content-type')).toContain('application/problem+json');
      expect(text).not.toContain('10.0.0.7');
    },
  );
});
