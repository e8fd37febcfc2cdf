import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { auditOf } from '../postgres/fixtures/audit-of.js';
import { GATEWAYS, unique } from './service.js';
import { TwoReplicas, HOUR_MS } from './two-replicas.js';

let replicas: TwoReplicas;
beforeAll(async () => {
  replicas = await TwoReplicas.start();
});
afterAll(() => replicas.close());

/** A digest of all row versions, by table: if it stays equal, no row was changed or locked. The relay's table changes by itself. */
async function digestOfAllTables(): Promise<Record<string, unknown>> {
  const tables = await replicas.first.sql<{ name: string }>(
    `SELECT tablename AS name FROM pg_tables WHERE schemaname = 'public' AND tablename <> 'relay' ORDER BY 1`,
  );
  const rows = await Promise.all(
    tables.map(({ name }) =>
      replicas.first.sql(
        `SELECT count(*), md5(string_agg(concat(ctid, xmin, xmax, row), '' ORDER BY ctid)) FROM ${name} AS row`,
      ),
    ),
  );
  return Object.fromEntries(tables.map(({ name }, index) => [name, rows[index]]));
}

describe('replay, explain and timeline', () => {
  test('an explanation lists each check with its result, and no row of any table changes', async () => {
    const { case: found } = await replicas.payLate();
    const before = await digestOfAllTables();
    const body = await replicas.get<{ outcome: string; checks: { name: string; holds: boolean }[] }>(
      `/callbacks/${found.callbackId}/explain`,
    );
    expect(await digestOfAllTables()).toEqual(before);
    expect(body).toMatchObject({
      callbackId: found.callbackId,
      storedOutcome: 'paid_late',
      outcome: 'paid_late',
    });
    expect(body.checks.map(({ name, holds }) => `${name} ${holds}`)).toEqual([
      'payment_exists true',
      'meant_for_us true',
      'transaction_is_new true',
      'transaction_is_unused true',
      'payment_is_open true',
      'money_is_here true',
      'in_time false',
      'amount_agrees true',
      'order_is_payable true',
    ]);
  });

  test.each(GATEWAYS)(
    '%s: a body that an older release could not read is parsed again from its bytes, and the callback settles',
    async (gateway) => {
      const { paymentNumber, orderNumber } = await replicas.first.openPayment(gateway);
      await replicas.first.deliver(gateway, { paymentNumber });
      const [{ id }] = (
        await replicas.get<{ items: [{ id: string }] }>(`/callbacks?paymentNumber=${paymentNumber}`)
      ).items;
      // The state that an older release would have left.
      await replicas.first.sql('ALTER TABLE events DISABLE TRIGGER events_append_only');
      await replicas.first.sql('DELETE FROM events WHERE callback_id = $1', [id]);
      await replicas.first.sql('ALTER TABLE events ENABLE TRIGGER events_append_only');
      await replicas.first.sql(`UPDATE orders SET status = 'pending' WHERE number = $1`, [orderNumber]);
      await replicas.first.sql(
        `UPDATE payments SET status = 'init', transaction_id = NULL, paid_at = NULL WHERE number = $1`,
        [paymentNumber],
      );
      await replicas.first.sql(
        `UPDATE callbacks SET outcome = 'unreadable', kind = 'unreadable', payment_number = NULL, fingerprint = 'bytes',
              notice = '{"kind":"unreadable","paymentNumber":null,"transactionId":null,"amount":null,"currency":null,
                         "paidAt":null,"reason":"an unknown field","foreign":null}' WHERE id = $1`,
        [id],
      );
      const replay = await replicas.first.admin('POST', `/callbacks/${id}/replay`);
      expect([replay.status, replay.body]).toEqual([
        200,
        { callbackId: id, storedOutcome: 'unreadable', outcome: 'settled', changed: true },
      ]);
      expect(await replicas.statusOf(`/orders/${orderNumber}`)).toBe('paid');
      expect(await replicas.get(`/callbacks/${id}`)).toMatchObject({
        kind: 'succeeded',
        paymentNumber,
        outcome: 'settled',
      });
    },
  );

  test('twenty replays of an undeliverable callback, at two replicas at once, settle it once', async () => {
    const paymentNumber = unique('P');
    await replicas.first.deliver('stripe', { paymentNumber });
    const [{ id }] = (
      await replicas.get<{ items: [{ id: string }] }>(`/callbacks?paymentNumber=${paymentNumber}`)
    ).items;
    await replicas.first.sql(`UPDATE callbacks SET outcome = 'undeliverable' WHERE id = $1`, [id]);
    await replicas.first.sql(`UPDATE discrepancies SET kind = 'undeliverable' WHERE callback_id = $1`, [id]);
    const orderNumber = unique('O');
    await replicas.first.admin('POST', '/orders', {
      orderNumber,
      total: { amount: '100.00', currency: 'CNY' },
    });
    await replicas.first.admin('POST', `/orders/${orderNumber}/payments`, {
      gateway: 'stripe',
      paymentNumber,
    });
    const answers = await Promise.all(
      Array.from({ length: 20 }, (_, index) =>
        (index % 2 ? replicas.first : replicas.second).admin<{ outcome: string }>(
          'POST',
          `/callbacks/${id}/replay`,
        ),
      ),
    );
    const outcomes = answers.map(({ body }) => body.outcome).toSorted();
    expect(outcomes).toEqual([...Array(19).fill('duplicate'), 'settled']);
    expect(await replicas.casesOf(paymentNumber)).toMatchObject([
      { kind: 'undeliverable', status: 'resolved', reason: 'settled by replay' },
    ]);
  });

  test('a repeated replay under its Idempotency-Key gets the first answer again', async () => {
    const { case: found } = await replicas.payLate();
    const key = { 'idempotency-key': unique('K') };
    const replay = () =>
      replicas.first.admin('POST', `/callbacks/${found.callbackId}/replay`, undefined, key);
    const first = await replay();
    expect(first).toMatchObject({ status: 200, body: { outcome: 'paid_late', changed: false } });
    await replicas.resolve(found.id, { resolution: 'accept', note: 'take it' });
    expect(await replay()).toEqual(first);
  });

  test('a timeline lists callbacks, events, cases, notes and order transitions, oldest first', async () => {
    const { paymentNumber, orderNumber, case: found } = await replicas.payLate();
    replicas.clock.ahead = HOUR_MS + 1_000;
    await replicas.first.admin('POST', `/discrepancies/${found.id}/notes`, { note: 'asked the customer' });
    await replicas.resolve(found.id, { resolution: 'accept', note: 'the customer agrees' });
    await replicas.first.admin('POST', `/orders/${orderNumber}/transitions`, { to: 'shipped' });
    replicas.clock.ahead = 0;
    const { items } = await replicas.get<{ items: { at: string; kind: string; type?: string }[] }>(
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

  test('a timeline lists the deliveries about the payment, with their subscriber and their result', async () => {
    const receivedIds: string[] = [];
    let onBothReceived: () => void = () => undefined;
    const bothReceived = new Promise<void>((resolve) => (onBothReceived = resolve));
    const receiver = createServer((request, response) => {
      request.resume();
      receivedIds.push(String(request.headers['webhook-id']));
      response.writeHead(204).end();
      if (receivedIds.length === 2) onBothReceived();
    });
    await new Promise<void>((resolve) => receiver.listen(0, '127.0.0.1', resolve));
    const url = `http://127.0.0.1:${(receiver.address() as AddressInfo).port}/hook`;
    const events = ['payment.succeeded', 'order.paid'];
    const { body: endpoint } = await replicas.first.admin<{ id: string }>('POST', '/webhook-endpoints', {
      url,
      events,
    });
    const { paymentNumber } = await replicas.first.openPayment('stripe');
    await replicas.first.deliver('stripe', { paymentNumber });
    await bothReceived;
    let items: Record<string, unknown>[] = [];
    while (items.filter(({ status }) => status === 'delivered').length < 2) {
      ({ items } = await replicas.get<{ items: Record<string, unknown>[] }>(
        `/payments/${paymentNumber}/timeline`,
      ));
    }
    await replicas.first.admin('DELETE', `/webhook-endpoints/${endpoint.id}`);
    receiver.close();
    const sent = items.filter(({ kind }) => kind === 'delivery');
    expect(sent).toMatchObject(
      events.map((type, index) => ({
        type,
        eventId: receivedIds[index],
        subscriber: endpoint.id,
        attempts: 1,
      })),
    );
  });
});

test('after all of this the audit finds that each piece of money has exactly one owner', async () => {
  expect(await auditOf(replicas.first.databaseUrl)).toMatchObject({ unowned: 0, broken: [] });
});
