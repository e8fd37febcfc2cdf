import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { ProblemFilter } from '../../src/adapters/http/problem.filter.js';
import { Metrics } from '../../src/adapters/http/metrics.js';
import { Unavailable } from '../../src/application/ports.js';
import { CNY, fresh, startService, VIEWER, type Service } from './service.js';

let service: Service;
beforeAll(async () => {
  service = await startService();
});
afterAll(() => service.close());

const open = (path: string) => service.call('GET', path, { token: null });

describe('health', () => {
  test('is alive while the process runs', async () => {
    expect(await open('/health/live')).toMatchObject({ status: 200, body: { status: 'ok' } });
  });

  test('is ready until something stands in the way, which is named, and again when it is gone', async () => {
    expect((await open('/health/ready')).status).toBe(200);
    service.faults.push('the database cannot be reached');
    const unready = await open('/health/ready');
    expect(unready).toMatchObject({ status: 503, body: { faults: ['the database cannot be reached'] } });
    expect(unready.headers.get('retry-after')).toBe('1');
    expect((await open('/health/live')).status).toBe(200);
    service.faults.length = 0;
    expect((await open('/health/ready')).status).toBe(200);
  });
});

describe('metrics', () => {
  /** The lines of one series, with what they count. */
  const lines = (text: string, name: string) => text.split('\n').filter((line) => line.startsWith(name));

  test('have every name that is promised, in Prometheus text', async () => {
    const { status, headers, text } = await open('/metrics');
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

  test('count what happened, under the labels that are promised', async () => {
    const metrics = new Metrics();
    metrics.callback('stripe', 'settled', 0.004);
    metrics.callback('stripe', 'unavailable', 3);
    metrics.rejected('alipay', 'signature_mismatch');
    metrics.rejected('wechat-pay', 'probe');
    metrics.transitionFailed();
    metrics.paymentExpired();
    metrics.lockConflict();
    metrics.lockWaited(0.5);
    metrics.groupSettled(64);
    const text = await metrics.text(null);
    for (const line of [
      'quittance_callbacks_total{gateway="stripe",outcome="settled"} 1',
      'quittance_callbacks_total{gateway="stripe",outcome="unavailable"} 1',
      'quittance_callback_duration_seconds_bucket{le="0.005",gateway="stripe"} 1',
      'quittance_callback_duration_seconds_count{gateway="stripe"} 2',
      'quittance_signature_rejections_total{gateway="alipay",reason="signature_mismatch"} 1',
      'quittance_signature_rejections_total{gateway="wechat-pay",reason="probe"} 1',
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

  test('show the inbox as it is, and no gauge of it while the database is away', async () => {
    const metrics = new Metrics();
    const openDiscrepancies = { paid_late: 2 };
    const shown = await metrics.text({ pendingCallbacks: 3, oldestPendingSeconds: 41.5, openDiscrepancies });
    expect(lines(shown, 'quittance_inbox')).toEqual([
      'quittance_inbox_pending 3',
      'quittance_inbox_oldest_seconds 41.5',
    ]);
    expect(shown).toContain('quittance_discrepancies_open{kind="paid_late"} 2\n');
    expect(shown).toContain('quittance_discrepancies_open{kind="unmatched"} 0\n');
    const away = await metrics.text(null);
    expect(lines(away, 'quittance_inbox')).toEqual([]);
    expect(lines(away, 'quittance_discrepancies_open')).toEqual([]);
  });
});

describe('the API describes itself', () => {
  test('with a page at /docs and the document at /docs-json', async () => {
    const page = await open('/docs');
    expect(page.status).toBe(200);
    expect(page.headers.get('content-type')).toContain('text/html');
    expect((await open('/docs/swagger-ui.css')).status).toBe(200);
    const { status, body } = await open('/docs-json');
    expect(status).toBe(200);
    expect(body).toEqual(JSON.parse(JSON.stringify(service.document)));
  });

  test('with every route, and none that is not there', () => {
    const routes = Object.entries(service.document.paths).flatMap(([path, item]) =>
      Object.keys(item).map((method) => `${method.toUpperCase()} ${path}`),
    );
    expect(routes.toSorted()).toEqual([
      'DELETE /admin/v1/webhook-endpoints/{id}',
      'GET /admin/v1/callbacks',
      'GET /admin/v1/callbacks/{id}',
      'GET /admin/v1/callbacks/{id}/explain',
      'GET /admin/v1/discrepancies',
      'GET /admin/v1/discrepancies/{id}',
      'GET /admin/v1/orders',
      'GET /admin/v1/orders/{orderNumber}',
      'GET /admin/v1/payments',
      'GET /admin/v1/payments/{paymentNumber}',
      'GET /admin/v1/payments/{paymentNumber}/timeline',
      'GET /admin/v1/rejections',
      'GET /admin/v1/webhook-endpoints',
      'GET /admin/v1/webhook-endpoints/{id}',
      'GET /admin/v1/webhook-endpoints/{id}/deliveries',
      'GET /health/live',
      'GET /health/ready',
      'GET /metrics',
      'POST /admin/v1/callbacks/{id}/replay',
      'POST /admin/v1/discrepancies/{id}/notes',
      'POST /admin/v1/discrepancies/{id}/resolve',
      'POST /admin/v1/orders',
      'POST /admin/v1/orders/{orderNumber}/payments',
      'POST /admin/v1/orders/{orderNumber}/transitions',
      'POST /admin/v1/payments/{paymentNumber}/transitions',
      'POST /admin/v1/webhook-endpoints',
      'POST /admin/v1/webhook-endpoints/{id}/deliveries/{eventId}/redeliver',
      'POST /admin/v1/webhook-endpoints/{id}/resume',
      'POST /admin/v1/webhook-endpoints/{id}/secret',
      'POST /callbacks/{gateway}',
    ]);
  });

  test('and each of them answers as it says', async () => {
    const orderNumber = fresh();
    const { body: order } = await service.call('POST', '/admin/v1/orders', {
      body: { orderNumber, total: CNY('1.00') },
    });
    expect(order.orderNumber).toBe(orderNumber);
    for (const [path, item] of Object.entries(service.document.paths)) {
      for (const [method, operation] of Object.entries(item)) {
        const real = path.replace('{orderNumber}', orderNumber).replace(/\{\w+\}/, 'nothing');
        const call = method === 'get' ? {} : { body: {} };
        const { status } = await service.call(method.toUpperCase(), real, call);
        expect({ path, method, documented: Object.keys(operation.responses) }).toMatchObject({
          documented: expect.arrayContaining([String(status)]),
        });
        expect(status).toBeLessThan(500);
      }
    }
  });

  test('with the shape of every view, field by field', async () => {
    const orderNumber = fresh();
    await service.call('POST', '/admin/v1/orders', { body: { orderNumber, total: CNY('1.00') } });
    const asked = { gateway: 'standard-webhooks' };
    const payment = await service.call('POST', `/admin/v1/orders/${orderNumber}/payments`, { body: asked });
    const order = await service.call('GET', `/admin/v1/orders/${orderNumber}`);
    const problem = await service.call('POST', '/admin/v1/orders', { body: {} });
    const schemas = service.document.components?.schemas as Record<
      string,
      { properties: object; required: string[] }
    >;
    const found = { kind: 'unmatched', gateway: 'stripe', paymentNumber: null, orderNumber: null } as const;
    const opened = { ...found, transactionId: fresh(), callbackId: null, details: {} };
    await service.memory.run((stores) => stores.discrepancies.open([opened], new Date()));
    const { body: listed } = await service.call('GET', '/admin/v1/discrepancies');
    const path = `/admin/v1/discrepancies/${listed.items[0].id}`;
    const noted = await service.call('POST', `${path}/notes`, { body: { note: 'asked' } });
    const timeline = await service.call('GET', `/admin/v1/payments/${payment.body.paymentNumber}/timeline`);
    const fieldsOf = (name: string) => Object.keys(schemas[name]!.properties).toSorted();
    expect(Object.keys(order.body).toSorted()).toEqual(fieldsOf('OrderDocument'));
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

  test('with its bearer tokens, its Idempotency-Key and its problems', () => {
    const { paths, components } = service.document;
    expect(components?.securitySchemes).toEqual({
      bearer: { scheme: 'bearer', type: 'http' },
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
      // What says all in its path takes no body.
      const takesBody = !/\/(?:replay|redeliver|resume|secret)$/.test(path);
      expect({ path, takesBody: item.post.requestBody !== undefined }).toEqual({ path, takesBody });
      expect(item.post.responses['422']).toMatchObject({
        content: { 'application/problem+json': expect.anything() },
      });
    }
  });
});

describe('what goes wrong here', () => {
  test('is answered 500 without a word about our insides', async () => {
    service.memory.queries.order = () => Promise.reject(new Error('select secret from tables'));
    const { status, text, headers } = await service.call('GET', '/admin/v1/orders/A', { token: VIEWER });
    Reflect.deleteProperty(service.memory.queries, 'order');
    expect(status).toBe(500);
    expect(headers.get('content-type')).toContain('application/problem+json');
    expect(text).not.toContain('secret');
    expect(text).not.toContain(ProblemFilter.name);
  });

  test.each(['/admin/v1/orders', '/admin/v1/orders/A'])(
    'in the database for a while makes GET %s a 503 that says when to come again',
    async (path) => {
      const away = (): Promise<never> => Promise.reject(new Unavailable('connect ECONNREFUSED 10.0.0.7'));
      Object.assign(service.memory.queries, { order: away, orders: away });
      const { status, headers, body, text } = await service.call('GET', path, { token: VIEWER });
      for (const query of ['order', 'orders']) Reflect.deleteProperty(service.memory.queries, query);
      expect([status, headers.get('retry-after'), body.status]).toEqual([503, '1', 503]);
      expect(headers.get('content-type')).toContain('application/problem+json');
      expect(text).not.toContain('10.0.0.7');
    },
  );
});
