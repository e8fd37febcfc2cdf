import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { auditOf } from '../postgres/fixtures/audit-of.js';
import { GATEWAYS, unique } from './service.js';
import { TwoReplicas, VIEWER } from './two-replicas.js';

let replicas: TwoReplicas;
beforeAll(async () => {
  replicas = await TwoReplicas.start();
});
afterAll(() => replicas.close());

describe('resolving a case', () => {
  test.each(GATEWAYS)(
    '%s: accept takes the money of a late payment, and the order is paid',
    async (gateway) => {
      const { paymentNumber, orderNumber, case: found } = await replicas.payLate(gateway);
      expect(found).toMatchObject({ kind: 'paid_late', status: 'open', resolution: null });
      const { status, body } = await replicas.resolve(found.id, {
        resolution: 'accept',
        note: 'the customer agrees',
      });
      expect([status, body]).toMatchObject([
        200,
        {
          status: 'resolved',
          resolution: 'accept',
          resolvedBy: 'admin:dev',
          reason: 'settled',
          note: 'the customer agrees',
          notes: [],
        },
      ]);
      expect(await replicas.statusOf(`/payments/${paymentNumber}`)).toBe('succeeded');
      expect(await replicas.statusOf(`/orders/${orderNumber}`)).toBe('paid');
    },
  );

  test('accept for a cancelled order: the payment succeeds, and the money gets a new case', async () => {
    const { paymentNumber, orderNumber, case: found } = await replicas.payLate();
    await replicas.first.admin('POST', `/orders/${orderNumber}/transitions`, { to: 'cancelled' });
    const { body } = await replicas.resolve(found.id, { resolution: 'accept', note: 'take it' });
    expect(body).toMatchObject({ status: 'resolved', reason: 'order_not_payable' });
    expect(await replicas.statusOf(`/payments/${paymentNumber}`)).toBe('succeeded');
    expect(await replicas.statusOf(`/orders/${orderNumber}`)).toBe('cancelled');
    expect(await replicas.casesOf(paymentNumber)).toMatchObject([
      { kind: 'order_not_payable', status: 'open' },
      { kind: 'paid_late', status: 'resolved' },
    ]);
  });

  test('resolving twice is 409 and names the first resolution; a repeat under its Idempotency-Key gets the first answer again', async () => {
    const { case: found } = await replicas.payLate();
    const body = { resolution: 'accept', note: 'take it' };
    const key = { 'idempotency-key': unique('K') };
    const first = await replicas.resolve(found.id, body, replicas.first, key);
    expect(await replicas.resolve(found.id, body, replicas.second, key)).toEqual(first);
    const { status, body: problem } = await replicas.resolve(found.id, { resolution: 'dismiss', note: 'no' });
    expect([status, problem]).toMatchObject([
      409,
      { code: 'resolved_before', resolution: 'accept', resolvedBy: 'admin:dev', reason: 'settled' },
    ]);
  });

  test('of ten operators who resolve one case at two replicas at once, one succeeds, nine get 409, and the money counts once', async () => {
    const { paymentNumber, orderNumber, case: found } = await replicas.payLate();
    const answers = await Promise.all(
      Array.from({ length: 10 }, (_, index) =>
        replicas.resolve(
          found.id,
          { resolution: 'accept', note: `number ${index}` },
          index % 2 ? replicas.second : replicas.first,
        ),
      ),
    );
    expect(answers.map(({ status }) => status).filter((status) => status === 409)).toHaveLength(9);
    expect(answers.filter(({ status }) => status === 200)).toHaveLength(1);
    expect(await replicas.statusOf(`/orders/${orderNumber}`)).toBe('paid');
    const events = await replicas.first.sql<{ type: string }>(
      `SELECT type FROM events WHERE payment_number = $1 AND type IN ('order.paid', 'discrepancy.resolved') ORDER BY id`,
      [paymentNumber],
    );
    expect(events.map(({ type }) => type)).toEqual(['order.paid', 'discrepancy.resolved']);
  });

  test('accept and a second transaction of the payment at once: the accepted one pays, the other is paid_twice', async () => {
    const { paymentNumber, orderNumber, case: found } = await replicas.payLate();
    const [accepted] = await Promise.all([
      replicas.resolve(found.id, { resolution: 'accept', note: 'take it' }),
      replicas.second.deliver('stripe', { paymentNumber }),
    ]);
    expect(accepted.status).toBe(200);
    const cases = await replicas.casesOf(paymentNumber);
    expect(cases.map(({ kind, status }) => `${kind} ${status}`)).toEqual([
      'paid_twice open',
      'paid_late resolved',
    ]);
    expect(await replicas.statusOf(`/orders/${orderNumber}`)).toBe('paid');
  });

  test('refunded money pays nothing, even if another event of its transaction comes after the payment was opened', async () => {
    const [paymentNumber, transactionId, orderNumber] = [unique('P'), unique('T'), unique('O')];
    await replicas.first.deliver('stripe', { paymentNumber, transactionId });
    const { body: cases } = await replicas.first.admin<{ items: { id: string }[] }>(
      'GET',
      `/discrepancies?paymentNumber=${paymentNumber}`,
    );
    const refunded = { resolution: 'refunded_elsewhere', note: 'sent back', reference: 'RF-1' };
    expect(
      (await replicas.first.admin('POST', `/discrepancies/${cases.items[0]!.id}/resolve`, refunded)).status,
    ).toBe(200);
    await replicas.first.admin('POST', '/orders', {
      orderNumber,
      total: { amount: '100.00', currency: 'CNY' },
    });
    await replicas.first.admin('POST', `/orders/${orderNumber}/payments`, {
      gateway: 'stripe',
      paymentNumber,
    });
    await replicas.first.deliver('stripe', { paymentNumber, transactionId });
    expect((await replicas.first.admin('GET', `/orders/${orderNumber}`)).body).toMatchObject({
      status: 'pending',
    });
    const { body } = await replicas.first.admin('GET', `/discrepancies?paymentNumber=${paymentNumber}`);
    expect(body).toMatchObject({ items: [{ kind: 'unmatched', status: 'resolved' }] });
  });

  test('refunded_elsewhere needs a reference to the refund, and the money cannot be settled afterwards', async () => {
    const { paymentNumber, case: found } = await replicas.payLate();
    const without = await replicas.resolve(found.id, {
      resolution: 'refunded_elsewhere',
      note: 'by the console',
    });
    expect([without.status, without.body]).toMatchObject([422, { errors: [{ field: 'reference' }] }]);
    const { status, body } = await replicas.resolve(found.id, {
      resolution: 'refunded_elsewhere',
      note: 'by the console',
      reference: 're_123',
    });
    expect([status, body]).toMatchObject([200, { resolution: 'refunded_elsewhere', reference: 're_123' }]);
    const replay = await replicas.first.admin('POST', `/callbacks/${found.callbackId}/replay`);
    expect([replay.status, replay.body]).toMatchObject([409, { code: 'money_refunded' }]);
    expect(await replicas.statusOf(`/payments/${paymentNumber}`)).toBe('expired');
  });

  test('unmatched money that was refunded elsewhere does not settle a payment that is opened later under its number', async () => {
    const paymentNumber = unique('P');
    await replicas.first.deliver('stripe', { paymentNumber });
    const [found] = await replicas.casesOf(paymentNumber);
    const resolution = { resolution: 'refunded_elsewhere', note: 'unknown customer', reference: 're_9' };
    expect((await replicas.resolve(found!.id, resolution)).status).toBe(200);
    const orderNumber = unique('O');
    const total = { amount: '100.00', currency: 'CNY' };
    await replicas.first.admin('POST', '/orders', { orderNumber, total });
    const opened = await replicas.first.admin('POST', `/orders/${orderNumber}/payments`, {
      gateway: 'stripe',
      paymentNumber,
    });
    expect([opened.status, opened.body]).toMatchObject([201, { status: 'init' }]);
  });

  test('accept is refused for other kinds and for another currency, and the answer says why', async () => {
    const paymentNumber = unique('P');
    await replicas.first.deliver('stripe', { paymentNumber });
    const dollars = await replicas.first.openPayment('stripe');
    await replicas.first.deliver('stripe', { paymentNumber: dollars.paymentNumber, currency: 'USD' });
    const refusals: [number: string, status: number, problem: object][] = [
      [paymentNumber, 409, { code: 'ending_not_allowed' }],
      [dollars.paymentNumber, 422, { errors: [{ field: 'resolution' }] }],
    ];
    for (const [number, expected, problem] of refusals) {
      const [found] = await replicas.casesOf(number);
      const { status, body } = await replicas.resolve(found!.id, { resolution: 'accept', note: 'take it' });
      expect([status, body]).toMatchObject([expected, problem]);
      expect(await replicas.casesOf(number)).toMatchObject([{ status: 'open' }]);
    }
  });

  test.each([
    [{ resolution: 'dismiss' }, 'note'],
    [{ resolution: 'dismiss', note: '' }, 'note'],
    [{ resolution: 'forget', note: 'x' }, 'resolution'],
    [{ resolution: 'dismiss', note: 'a\u0000b' }, 'note'],
    [{ resolution: 'dismiss', note: 'x', reference: '' }, 'reference'],
    [{ resolution: 'dismiss', note: 'x', amount: '1.00' }, 'amount'],
  ])('%j is refused, and the answer names %s', async (body, field) => {
    const paymentNumber = unique('P');
    await replicas.first.deliver('stripe', { paymentNumber });
    const [found] = await replicas.casesOf(paymentNumber);
    const refused = await replicas.resolve(found!.id, body);
    expect([refused.status, refused.body]).toMatchObject([422, { errors: [{ field }] }]);
  });

  test('a viewer may read cases, but may not resolve them, add notes or replay callbacks', async () => {
    const { case: found, paymentNumber } = await replicas.payLate();
    const asViewer = (method: string, route: string, body?: object) =>
      replicas.first.admin(method, route, body, VIEWER);
    expect((await asViewer('GET', `/discrepancies/${found.id}`)).status).toBe(200);
    expect((await asViewer('GET', `/callbacks/${found.callbackId}/explain`)).status).toBe(200);
    expect((await asViewer('GET', `/payments/${paymentNumber}/timeline`)).status).toBe(200);
    const dismissal = { resolution: 'dismiss', note: 'x' };
    expect((await asViewer('POST', `/discrepancies/${found.id}/resolve`, dismissal)).status).toBe(403);
    expect((await asViewer('POST', `/discrepancies/${found.id}/notes`, { note: 'x' })).status).toBe(403);
    expect((await asViewer('POST', `/callbacks/${found.callbackId}/replay`)).status).toBe(403);
  });

  test.each(['/discrepancies/999999999', '/discrepancies/0', '/discrepancies/x', '/callbacks/x/explain'])(
    'GET %s is 404',
    async (route) => {
      expect((await replicas.first.admin('GET', route)).status).toBe(404);
    },
  );
});

test('after all of this the audit finds that each piece of money has exactly one owner', async () => {
  expect(await auditOf(replicas.first.databaseUrl)).toMatchObject({ unowned: 0, broken: [] });
});
