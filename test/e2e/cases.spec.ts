import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { CaseService, VIEWER } from './case-service.js';
import { GATEWAYS, unique } from './service.js';

let world: CaseService;
beforeAll(async () => {
  world = await CaseService.start();
});
afterAll(() => world.close());

describe('ending a case', () => {
  test.each(GATEWAYS)('%s: a late payment is taken in by accept, and the order is paid', async (gateway) => {
    const { paymentNumber, orderNumber, case: found } = await world.late(gateway);
    expect(found).toMatchObject({ kind: 'paid_late', status: 'open', resolution: null });
    const { status, body } = await world.resolve(found.id, {
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
    expect(await world.statusOf(`/payments/${paymentNumber}`)).toBe('succeeded');
    expect(await world.statusOf(`/orders/${orderNumber}`)).toBe('paid');
  });

  test('accept for an order that was cancelled: the payment succeeds, and the money has a new case', async () => {
    const { paymentNumber, orderNumber, case: found } = await world.late();
    await world.service.admin('POST', `/orders/${orderNumber}/transitions`, { to: 'cancelled' });
    const { body } = await world.resolve(found.id, { resolution: 'accept', note: 'take it' });
    expect(body).toMatchObject({ status: 'resolved', reason: 'order_not_payable' });
    expect(await world.statusOf(`/payments/${paymentNumber}`)).toBe('succeeded');
    expect(await world.statusOf(`/orders/${orderNumber}`)).toBe('cancelled');
    expect(await world.casesOf(paymentNumber)).toMatchObject([
      { kind: 'order_not_payable', status: 'open' },
      { kind: 'paid_late', status: 'resolved' },
    ]);
  });

  test('resolving twice is 409 and tells what stands; the same request under its Idempotency-Key is told again', async () => {
    const { case: found } = await world.late();
    const body = { resolution: 'accept', note: 'take it' };
    const key = { 'idempotency-key': unique('K') };
    const first = await world.resolve(found.id, body, world.service, key);
    expect(await world.resolve(found.id, body, world.second, key)).toEqual(first);
    const { status, body: problem } = await world.resolve(found.id, { resolution: 'dismiss', note: 'no' });
    expect([status, problem]).toMatchObject([
      409,
      { code: 'resolved_before', resolution: 'accept', resolvedBy: 'admin:dev', reason: 'settled' },
    ]);
  });

  test('of ten operators at two replicas who end one case at once, one does, nine are told, and the money is in once', async () => {
    const { paymentNumber, orderNumber, case: found } = await world.late();
    const answers = await Promise.all(
      Array.from({ length: 10 }, (_, index) =>
        world.resolve(
          found.id,
          { resolution: 'accept', note: `number ${index}` },
          index % 2 ? world.second : world.service,
        ),
      ),
    );
    expect(answers.map(({ status }) => status).filter((status) => status === 409)).toHaveLength(9);
    expect(answers.filter(({ status }) => status === 200)).toHaveLength(1);
    expect(await world.statusOf(`/orders/${orderNumber}`)).toBe('paid');
    const events = await world.service.sql<{ type: string }>(
      `SELECT type FROM events WHERE payment_number = $1 AND type IN ('order.paid', 'discrepancy.resolved') ORDER BY id`,
      [paymentNumber],
    );
    expect(events.map(({ type }) => type)).toEqual(['order.paid', 'discrepancy.resolved']);
  });

  test('accept and a second transaction of the payment at once: one pays, the other is paid twice', async () => {
    const { paymentNumber, orderNumber, case: found } = await world.late();
    const [accepted] = await Promise.all([
      world.resolve(found.id, { resolution: 'accept', note: 'take it' }),
      world.second.deliver('stripe', { paymentNumber }),
    ]);
    expect(accepted.status).toBe(200);
    const cases = await world.casesOf(paymentNumber);
    expect(cases.map(({ kind, status }) => `${kind} ${status}`)).toEqual([
      'paid_twice open',
      'paid_late resolved',
    ]);
    expect(await world.statusOf(`/orders/${orderNumber}`)).toBe('paid');
  });

  test('money that was given back pays nothing, also when another event of its transaction comes after its payment', async () => {
    const [paymentNumber, transactionId, orderNumber] = [unique('P'), unique('T'), unique('O')];
    await world.service.deliver('stripe', { paymentNumber, transactionId });
    const { body: cases } = await world.service.admin<{ items: { id: string }[] }>(
      'GET',
      `/discrepancies?paymentNumber=${paymentNumber}`,
    );
    const given = { resolution: 'refunded_elsewhere', note: 'sent back', reference: 'RF-1' };
    expect(
      (await world.service.admin('POST', `/discrepancies/${cases.items[0]!.id}/resolve`, given)).status,
    ).toBe(200);
    await world.service.admin('POST', '/orders', {
      orderNumber,
      total: { amount: '100.00', currency: 'CNY' },
    });
    await world.service.admin('POST', `/orders/${orderNumber}/payments`, {
      gateway: 'stripe',
      paymentNumber,
    });
    await world.service.deliver('stripe', { paymentNumber, transactionId });
    expect((await world.service.admin('GET', `/orders/${orderNumber}`)).body).toMatchObject({
      status: 'pending',
    });
    const { body } = await world.service.admin('GET', `/discrepancies?paymentNumber=${paymentNumber}`);
    expect(body).toMatchObject({ items: [{ kind: 'unmatched', status: 'resolved' }] });
  });

  test('refunded_elsewhere says where the money went, and the money cannot come in any more', async () => {
    const { paymentNumber, case: found } = await world.late();
    const without = await world.resolve(found.id, {
      resolution: 'refunded_elsewhere',
      note: 'by the console',
    });
    expect([without.status, without.body]).toMatchObject([422, { errors: [{ field: 'reference' }] }]);
    const { status, body } = await world.resolve(found.id, {
      resolution: 'refunded_elsewhere',
      note: 'by the console',
      reference: 're_123',
    });
    expect([status, body]).toMatchObject([200, { resolution: 'refunded_elsewhere', reference: 're_123' }]);
    const replay = await world.service.admin('POST', `/callbacks/${found.callbackId}/replay`);
    expect([replay.status, replay.body]).toMatchObject([409, { code: 'money_refunded' }]);
    expect(await world.statusOf(`/payments/${paymentNumber}`)).toBe('expired');
  });

  test('unmatched money that was refunded elsewhere settles no payment that comes under its number', async () => {
    const paymentNumber = unique('P');
    await world.service.deliver('stripe', { paymentNumber });
    const [found] = await world.casesOf(paymentNumber);
    const words = { resolution: 'refunded_elsewhere', note: 'a stranger', reference: 're_9' };
    expect((await world.resolve(found!.id, words)).status).toBe(200);
    const orderNumber = unique('O');
    const total = { amount: '100.00', currency: 'CNY' };
    await world.service.admin('POST', '/orders', { orderNumber, total });
    const opened = await world.service.admin('POST', `/orders/${orderNumber}/payments`, {
      gateway: 'stripe',
      paymentNumber,
    });
    expect([opened.status, opened.body]).toMatchObject([201, { status: 'init' }]);
  });

  test('accept is refused for other kinds and for another currency, and names the field', async () => {
    const paymentNumber = unique('P');
    await world.service.deliver('stripe', { paymentNumber });
    const dollars = await world.service.given('stripe');
    await world.service.deliver('stripe', { paymentNumber: dollars.paymentNumber, currency: 'USD' });
    for (const number of [paymentNumber, dollars.paymentNumber]) {
      const [found] = await world.casesOf(number);
      const { status, body } = await world.resolve(found!.id, { resolution: 'accept', note: 'take it' });
      expect([status, body]).toMatchObject([422, { errors: [{ field: 'resolution' }] }]);
      expect(await world.casesOf(number)).toMatchObject([{ status: 'open' }]);
    }
  });

  test.each([
    [{ resolution: 'dismiss' }, 'note'],
    [{ resolution: 'dismiss', note: '' }, 'note'],
    [{ resolution: 'forget', note: 'x' }, 'resolution'],
    [{ resolution: 'dismiss', note: 'a\u0000b' }, 'note'],
    [{ resolution: 'dismiss', note: 'x', reference: '' }, 'reference'],
    [{ resolution: 'dismiss', note: 'x', amount: '1.00' }, 'amount'],
  ])('%j is refused and names %s', async (body, field) => {
    const paymentNumber = unique('P');
    await world.service.deliver('stripe', { paymentNumber });
    const [found] = await world.casesOf(paymentNumber);
    const refused = await world.resolve(found!.id, body);
    expect([refused.status, refused.body]).toMatchObject([422, { errors: [{ field }] }]);
  });

  test('a viewer reads cases and neither ends them, notes on them nor replays', async () => {
    const { case: found, paymentNumber } = await world.late();
    const asViewer = (method: string, route: string, body?: object) =>
      world.service.admin(method, route, body, VIEWER);
    expect((await asViewer('GET', `/discrepancies/${found.id}`)).status).toBe(200);
    expect((await asViewer('GET', `/callbacks/${found.callbackId}/explain`)).status).toBe(200);
    expect((await asViewer('GET', `/payments/${paymentNumber}/timeline`)).status).toBe(200);
    const words = { resolution: 'dismiss', note: 'x' };
    expect((await asViewer('POST', `/discrepancies/${found.id}/resolve`, words)).status).toBe(403);
    expect((await asViewer('POST', `/discrepancies/${found.id}/notes`, { note: 'x' })).status).toBe(403);
    expect((await asViewer('POST', `/callbacks/${found.callbackId}/replay`)).status).toBe(403);
  });

  test.each(['/discrepancies/999999999', '/discrepancies/0', '/discrepancies/x', '/callbacks/x/explain'])(
    'GET %s is 404',
    async (route) => {
      expect((await world.service.admin('GET', route)).status).toBe(404);
    },
  );
});
