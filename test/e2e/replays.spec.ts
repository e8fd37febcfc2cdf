import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { CaseService, HOUR_MS } from './case-service.js';
import { GATEWAYS, unique } from './service.js';

let world: CaseService;
beforeAll(async () => {
  world = await CaseService.start();
});
afterAll(() => world.close());

/** Every version of every row: what is the same before and after was not even locked. But for the relay's mark, which moves by itself. */
async function dump(): Promise<Record<string, unknown>> {
  const tables = await world.service.sql<{ name: string }>(
    `SELECT tablename AS name FROM pg_tables WHERE schemaname = 'public' AND tablename <> 'relay' ORDER BY 1`,
  );
  const rows = await Promise.all(
    tables.map(({ name }) =>
      world.service.sql(
        `SELECT count(*), md5(string_agg(concat(ctid, xmin, xmax, row), '' ORDER BY ctid)) FROM ${name} AS row`,
      ),
    ),
  );
  return Object.fromEntries(tables.map(({ name }, index) => [name, rows[index]]));
}

describe('replaying, explaining, telling', () => {
  test('an explanation tells each check with its values, and not a row of any table changes', async () => {
    const { case: found } = await world.late();
    const before = await dump();
    const body = await world.get<{ outcome: string; checks: { name: string; holds: boolean }[] }>(
      `/callbacks/${found.callbackId}/explain`,
    );
    expect(await dump()).toEqual(before);
    expect(body).toMatchObject({
      callbackId: found.callbackId,
      storedOutcome: 'paid_late',
      outcome: 'paid_late',
    });
    expect(body.checks.map(({ name, holds }) => `${name} ${holds}`)).toEqual([
      'payment_exists true',
      'meant_for_us true',
      'transaction_is_new true',
      'payment_is_open true',
      'transaction_is_unused true',
      'in_time false',
      'amount_agrees true',
      'order_is_payable true',
    ]);
  });

  test.each(GATEWAYS)(
    '%s: what a release could not read, the next reads from its bytes, and it settles',
    async (gateway) => {
      const { paymentNumber, orderNumber } = await world.service.given(gateway);
      await world.service.deliver(gateway, { paymentNumber });
      const [{ id }] = (
        await world.get<{ items: [{ id: string }] }>(`/callbacks?paymentNumber=${paymentNumber}`)
      ).items;
      // As the release before would have left it.
      await world.service.sql('ALTER TABLE events DISABLE TRIGGER events_append_only');
      await world.service.sql('DELETE FROM events WHERE callback_id = $1', [id]);
      await world.service.sql('ALTER TABLE events ENABLE TRIGGER events_append_only');
      await world.service.sql(`UPDATE orders SET status = 'pending' WHERE number = $1`, [orderNumber]);
      await world.service.sql(
        `UPDATE payments SET status = 'init', transaction_id = NULL, paid_at = NULL WHERE number = $1`,
        [paymentNumber],
      );
      await world.service.sql(
        `UPDATE callbacks SET outcome = 'unreadable', kind = 'unreadable', payment_number = NULL, fingerprint = 'bytes',
              notice = '{"kind":"unreadable","paymentNumber":null,"transactionId":null,"amount":null,"currency":null,
                         "paidAt":null,"reason":"an unknown field","foreign":null}' WHERE id = $1`,
        [id],
      );
      const replay = await world.service.admin('POST', `/callbacks/${id}/replay`);
      expect([replay.status, replay.body]).toEqual([
        200,
        { callbackId: id, storedOutcome: 'unreadable', outcome: 'settled', changed: true },
      ]);
      expect(await world.statusOf(`/orders/${orderNumber}`)).toBe('paid');
      expect(await world.get(`/callbacks/${id}`)).toMatchObject({
        kind: 'succeeded',
        paymentNumber,
        outcome: 'settled',
      });
    },
  );

  test('twenty replays of a callback that was given up, at two replicas at once, settle it once', async () => {
    const paymentNumber = unique('P');
    await world.service.deliver('stripe', { paymentNumber });
    const [{ id }] = (
      await world.get<{ items: [{ id: string }] }>(`/callbacks?paymentNumber=${paymentNumber}`)
    ).items;
    await world.service.sql(`UPDATE callbacks SET outcome = 'undeliverable' WHERE id = $1`, [id]);
    await world.service.sql(`UPDATE discrepancies SET kind = 'undeliverable' WHERE callback_id = $1`, [id]);
    const orderNumber = unique('O');
    await world.service.admin('POST', '/orders', {
      orderNumber,
      total: { amount: '100.00', currency: 'CNY' },
    });
    await world.service.admin('POST', `/orders/${orderNumber}/payments`, {
      gateway: 'stripe',
      paymentNumber,
    });
    const answers = await Promise.all(
      Array.from({ length: 20 }, (_, index) =>
        (index % 2 ? world.service : world.second).admin<{ outcome: string }>(
          'POST',
          `/callbacks/${id}/replay`,
        ),
      ),
    );
    const outcomes = answers.map(({ body }) => body.outcome).toSorted();
    expect(outcomes).toEqual([...Array(19).fill('duplicate'), 'settled']);
    expect(await world.casesOf(paymentNumber)).toMatchObject([
      { kind: 'undeliverable', status: 'resolved', reason: 'settled by replay' },
    ]);
  });

  test('a replay under an Idempotency-Key is told again as it was', async () => {
    const { case: found } = await world.late();
    const key = { 'idempotency-key': unique('K') };
    const replay = () => world.service.admin('POST', `/callbacks/${found.callbackId}/replay`, undefined, key);
    const first = await replay();
    expect(first).toMatchObject({ status: 200, body: { outcome: 'paid_late', changed: false } });
    await world.resolve(found.id, { resolution: 'accept', note: 'take it' });
    expect(await replay()).toEqual(first);
  });

  test('a timeline tells callbacks, log, cases, notes and moves of the order, oldest first', async () => {
    const { paymentNumber, orderNumber, case: found } = await world.late();
    world.clock.ahead = HOUR_MS + 1_000;
    await world.service.admin('POST', `/discrepancies/${found.id}/notes`, { note: 'asked the customer' });
    await world.resolve(found.id, { resolution: 'accept', note: 'the customer agrees' });
    await world.service.admin('POST', `/orders/${orderNumber}/transitions`, { to: 'shipped' });
    world.clock.ahead = 0;
    const { items } = await world.get<{ items: { at: string; kind: string; type?: string }[] }>(
      `/payments/${paymentNumber}/timeline`,
    );
    expect(items.map(({ kind, type }) => (type ? `${kind} ${type}` : kind))).toEqual([
      'event order.created',
      'event payment.created',
      'callback',
      'event payment.expired',
      'event callback.paid_late',
      'discrepancy opened',
      'note',
      'event payment.succeeded',
      'event order.paid',
      'discrepancy resolved',
      'event order.shipped',
    ]);
    const times = items.map(({ at }) => at);
    expect(times).toEqual(times.toSorted());
  });

  test('a timeline tells what was sent of the payment, to whom, and that it has arrived', async () => {
    const arrived: string[] = [];
    let told: () => void = () => undefined;
    const both = new Promise<void>((resolve) => (told = resolve));
    const receiver = createServer((request, response) => {
      request.resume();
      arrived.push(String(request.headers['webhook-id']));
      response.writeHead(204).end();
      if (arrived.length === 2) told();
    });
    await new Promise<void>((resolve) => receiver.listen(0, '127.0.0.1', resolve));
    const url = `http://127.0.0.1:${(receiver.address() as AddressInfo).port}/hook`;
    const events = ['payment.succeeded', 'order.paid'];
    const { body: endpoint } = await world.service.admin<{ id: string }>('POST', '/webhook-endpoints', {
      url,
      events,
    });
    const { paymentNumber } = await world.service.given('stripe');
    await world.service.deliver('stripe', { paymentNumber });
    await both;
    let items: Record<string, unknown>[] = [];
    while (items.filter(({ status }) => status === 'delivered').length < 2) {
      ({ items } = await world.get<{ items: Record<string, unknown>[] }>(
        `/payments/${paymentNumber}/timeline`,
      ));
    }
    await world.service.admin('DELETE', `/webhook-endpoints/${endpoint.id}`);
    receiver.close();
    const sent = items.filter(({ kind }) => kind === 'delivery');
    expect(sent).toMatchObject(
      events.map((type, index) => ({ type, eventId: arrived[index], subscriber: endpoint.id, attempts: 1 })),
    );
  });
});
