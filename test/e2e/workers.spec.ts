import { afterAll, afterEach, beforeAll, expect, test } from '@jest/globals';
import { Client } from 'pg';
import { type Service, startService, unique } from './service.js';
import { waitUntil } from './wait-until.js';

/** The clock of both replicas. A test sets it ahead. */
const clock = { ahead: 0, now: () => new Date(Date.now() + clock.ahead) };

let first: Service;
let second: Service;
/** The payment that expires in real time, while the tests run that do not set the clock. */
let expiring: { paymentNumber: string; expiresAt: string };
beforeAll(async () => {
  const settings = { cancelUnpaidOrders: true };
  first = await startService(settings, { clock });
  second = await startService({ ...settings, databaseUrl: first.databaseUrl }, { clock });
  const orderNumber = unique('O');
  await first.admin('POST', '/orders', { orderNumber, total: { amount: '100.00', currency: 'CNY' } });
  const request = { gateway: 'stripe', expiresInSeconds: 1 };
  ({ body: expiring } = await first.admin<typeof expiring>(
    'POST',
    `/orders/${orderNumber}/payments`,
    request,
  ));
});
afterEach(() => {
  clock.ahead = 0;
});
afterAll(async () => {
  await second.close();
  await first.close();
});

const count = async (sql: string, values: unknown[] = []): Promise<number> =>
  (await first.sql(sql, values)).length;

/** Creates payments over 100.00 CNY, each with a pending callback that says that it has succeeded. Returns their numbers. */
async function createBacklog(size: number, nextAttemptAt = 'now()'): Promise<string[]> {
  const numbers = Array.from({ length: size }, () => unique('P'));
  await first.sql(
    `WITH placed AS (INSERT INTO orders (number, total, currency, status)
                     SELECT number, 100, 'CNY', 'pending' FROM unnest($1::text[]) AS new (number) RETURNING number),
          opened AS (INSERT INTO payments (number, order_number, gateway, amount, currency, status, expires_at)
                     SELECT number, number, 'stripe', 100, 'CNY', 'init', now() + interval '1 year' FROM placed RETURNING number)
     INSERT INTO callbacks (gateway, event_id, fingerprint, kind, payment_number, notice, key_id, headers, body, received_at,
                            judged_at, outcome, next_attempt_at)
     SELECT 'stripe', number, number, 'succeeded', number,
            jsonb_build_object('kind', 'succeeded', 'paymentNumber', number, 'transactionId', 'T-' || number, 'amount', '100.00',
              'currency', 'CNY', 'paidAt', NULL, 'reason', NULL, 'foreign', NULL),
            'key', '{}', 'body', now(), now(), 'pending', ${nextAttemptAt}
       FROM opened`,
    [numbers],
  );
  return numbers;
}

const settled = (numbers: readonly string[]) =>
  count(`SELECT FROM callbacks WHERE payment_number = ANY($1) AND outcome = 'settled'`, [numbers]);
const paidEvents = (numbers: readonly string[]) =>
  count(`SELECT FROM events WHERE type = 'order.paid' AND order_number = ANY($1)`, [numbers]);

test('two replicas drain a backlog without pauses between the batches, and settle each callback once', async () => {
  const numbers = await createBacklog(1_500);
  const since = performance.now();
  await waitUntil(async () => (await settled(numbers)) >= numbers.length);
  // With a pause of one second after each batch of 64 callbacks, two replicas would need more than ten seconds.
  expect(performance.now() - since).toBeLessThan(10_000);
  expect(await paidEvents(numbers)).toBe(numbers.length);
  expect(
    await count(`SELECT FROM callbacks WHERE payment_number = ANY($1) AND attempts <> 1`, [numbers]),
  ).toBe(0);
});

test('a callback without attempts left becomes undeliverable and opens one case', async () => {
  const [number] = await createBacklog(1, `now() + interval '1 hour'`);
  await first.sql(
    `UPDATE callbacks SET attempts = 34, received_at = now() - interval '1 day', next_attempt_at = now() WHERE payment_number = $1`,
    [number],
  );
  const outcome = async () =>
    (
      await first.sql<{ outcome: string }>('SELECT outcome FROM callbacks WHERE payment_number = $1', [
        number,
      ])
    )[0]!.outcome;
  await waitUntil(async () => (await outcome()) !== 'pending');
  expect(await outcome()).toBe('undeliverable');
  const cases = await first.sql('SELECT kind, status FROM discrepancies WHERE payment_number = $1', [number]);
  expect(cases).toEqual([{ kind: 'undeliverable', status: 'open' }]);
});

test('bodies are removed after the retention time, and a copy of such a callback is still recognised as a copy', async () => {
  const { paymentNumber } = await first.openPayment('wechat-pay');
  const signed = first.sign('wechat-pay', { paymentNumber });
  await first.sendRaw(signed);
  const { body } = await first.admin<{ items: { id: string }[] }>(
    'GET',
    `/callbacks?paymentNumber=${paymentNumber}`,
  );
  const shown = async () =>
    (await second.admin<{ bodyBase64: string | null }>('GET', `/callbacks/${body.items[0]!.id}`)).body;
  expect(await shown()).toMatchObject({ bodyBase64: signed.body.toString('base64') });
  const age = (days: number) =>
    first.sql(
      'UPDATE content_slots SET opened_at = opened_at - make_interval(days => $1), closed_at = closed_at - make_interval(days => $1)',
      [days],
    );
  await age(4);
  await waitUntil(async () => (await first.sql('SELECT FROM content_slots')).length === 2);
  await age(91);
  await waitUntil(async () => (await shown()).bodyBase64 === null);
  expect(await shown()).toMatchObject({ headers: null, bodyBase64: null, outcome: 'settled' });
  expect((await first.sendRaw(signed)).status).toBe(204);
  expect(await shown()).toMatchObject({ deliveries: 2, outcome: 'settled' });
});

test('in real time, a payment is expired within thirty seconds after its deadline', async () => {
  const { paymentNumber, expiresAt } = expiring;
  const shown = async () =>
    (
      await second.admin<{ status: string; log: { event: string; at: string; actor: string }[] }>(
        'GET',
        `/payments/${paymentNumber}`,
      )
    ).body;
  await waitUntil(async () => (await shown()).status === 'expired');
  const expired = (await shown()).log.at(-1)!;
  expect(expired).toMatchObject({ event: 'payment.expired', actor: 'clock' });
  expect(Date.parse(expired.at) - Date.parse(expiresAt)).toBeLessThan(30_000);
});

// From here on the tests set the clock, which would expire the payment of the test before.

test('another worker takes over the leases of a killed worker within a minute, whatever the number of attempts', async () => {
  // A committed lease whose process does not exist any more.
  const numbers = await createBacklog(20, `now() + interval '30 seconds'`);
  await first.sql('UPDATE callbacks SET attempts = 20 WHERE payment_number = ANY($1)', [numbers]);
  expect(await settled(numbers)).toBe(0);
  clock.ahead = 31_000;
  await waitUntil(async () => (await settled(numbers)) >= numbers.length);
  expect(await paidEvents(numbers)).toBe(numbers.length);
});

/** The sum of the counters of both replicas. */
async function expiredTotal(): Promise<number> {
  const texts = await Promise.all(
    [first, second].map(async ({ url }) => (await fetch(`${url}/metrics`)).text()),
  );
  const counts = texts.map((text) => Number(/^quittance_payments_expired_total (\d+)/m.exec(text)![1]));
  return counts[0]! + counts[1]!;
}

test('two replicas expire due payments within seconds, each once, and cancel their unpaid orders', async () => {
  const opened = await Promise.all(Array.from({ length: 20 }, () => first.openPayment('stripe')));
  const numbers = opened.map(({ paymentNumber }) => paymentNumber);
  const before = await expiredTotal();
  clock.ahead = 1_800_000 + 6_000;
  const expired = () =>
    count(`SELECT FROM payments WHERE number = ANY($1) AND status = 'expired'`, [numbers]);
  await waitUntil(async () => (await expired()) >= numbers.length);
  const events = await first.sql(
    `SELECT type, actor, count(*)::int FROM events WHERE order_number = ANY($1) AND actor = 'clock' GROUP BY type, actor ORDER BY type`,
    [opened.map(({ orderNumber }) => orderNumber)],
  );
  expect(events).toEqual([
    { type: 'order.cancelled', actor: 'clock', count: 20 },
    { type: 'payment.expired', actor: 'clock', count: 20 },
  ]);
  expect((await expiredTotal()) - before).toBe(20);
});

test('a success in time that waits for a lock while the sweep runs: the payment succeeds and is not expired', async () => {
  const { paymentNumber } = await first.openPayment('alipay');
  const otherSession = new Client({ connectionString: first.databaseUrl });
  await otherSession.connect();
  await otherSession.query('BEGIN');
  await otherSession.query('SELECT FROM payments WHERE number = $1 FOR UPDATE', [paymentNumber]);
  // The callback waits for the lock. In the meantime the sweep skips the locked payment, and the callback settles it afterwards.
  const answer = first.deliver('alipay', { paymentNumber });
  await waitUntil(
    async () => (await count('SELECT FROM callbacks WHERE payment_number = $1', [paymentNumber])) !== 0,
  );
  const unpaid = await second.openPayment('alipay');
  clock.ahead = 1_800_000 + 6_000;
  const statusOf = async (number: string) =>
    (await first.sql<{ status: string }>('SELECT status FROM payments WHERE number = $1', [number]))[0]!
      .status;
  await waitUntil(async () => (await statusOf(unpaid.paymentNumber)) === 'expired');
  expect(await statusOf(paymentNumber)).toBe('init');
  await otherSession.query('COMMIT');
  await otherSession.end();
  expect((await answer).body).toBe('success');
  await waitUntil(async () => (await statusOf(paymentNumber)) === 'succeeded');
});
