import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { auditOf } from '../postgres/fixtures/audit-of.js';
import { GATEWAYS, type Service, type TestCallback, startService, unique } from './service.js';
import { HOUR_MS } from './two-replicas.js';

interface CaseBody {
  readonly id: string;
  readonly kind: string;
  readonly status: string;
  readonly paymentNumber: string;
  readonly callbackId: string;
  readonly transactionId: string;
  readonly amount: { readonly amount: string; readonly currency: string } | null;
  readonly endedBy: Record<string, string> | null;
  readonly allowedResolutions: { readonly resolution: string }[];
}

type Gateway = (typeof GATEWAYS)[number];

const clock = { ahead: 0, now: () => new Date(Date.now() + clock.ahead) };
let service: Service;
beforeAll(async () => {
  service = await startService({}, { clock });
});
afterAll(() => service.close());

const cny = (amount: string) => ({ amount, currency: 'CNY' });
const casesOf = async (query: string): Promise<CaseBody[]> =>
  (await service.admin<{ items: CaseBody[] }>('GET', `/discrepancies?${query}`)).body.items;
const openCasesOf = (transactionId: string) => casesOf(`status=open&transactionId=${transactionId}`);
const statusOf = async (route: string): Promise<string> =>
  (await service.admin<{ status: string }>('GET', route)).body.status;
const resolve = (id: string, body: object) =>
  service.admin<Record<string, unknown>>('POST', `/discrepancies/${id}/resolve`, {
    note: 'seen and decided',
    ...body,
  });
const move = (orderNumber: string, to: string) =>
  service.admin('POST', `/orders/${orderNumber}/transitions`, { to });
const kindsOf = (cases: readonly CaseBody[]): string[] =>
  cases.map(({ kind, status }) => `${kind} ${status}`);

async function deliverLate(gateway: Gateway, callback: TestCallback): Promise<void> {
  clock.ahead = HOUR_MS;
  await service.deliver(gateway, { at: clock.now(), ...callback });
  clock.ahead = 0;
}

describe.each(GATEWAYS)('a piece of money of %s', (gateway) => {
  test('that came for a cancelled order keeps its owner when its callback is replayed', async () => {
    const { orderNumber, paymentNumber } = await service.openPayment(gateway);
    await move(orderNumber, 'cancelled');
    await service.deliver(gateway, { paymentNumber });
    const [before] = await casesOf(`paymentNumber=${paymentNumber}`);
    const replay = await service.admin('POST', `/callbacks/${before!.callbackId}/replay`);
    expect([replay.status, replay.body]).toMatchObject([
      200,
      { storedOutcome: 'order_not_payable', outcome: 'duplicate', changed: false },
    ]);
    expect(await casesOf(`paymentNumber=${paymentNumber}`)).toEqual([before]);
    expect(before).toMatchObject({ kind: 'order_not_payable', status: 'open' });
  });

  test('that comes with two amounts for a cancelled order has one case, of which the smaller can be refunded', async () => {
    const { orderNumber, paymentNumber } = await service.openPayment(gateway);
    const transactionId = unique('T');
    await move(orderNumber, 'cancelled');
    for (const amount of ['99.00', '100.00'])
      await service.deliver(gateway, { paymentNumber, transactionId, amount });
    const cases = await casesOf(`paymentNumber=${paymentNumber}`);
    expect(kindsOf(cases)).toEqual(['order_not_payable open', 'amount_mismatched resolved']);
    expect(cases[0]!.amount).toEqual(cny('99.00'));
    expect(cases[1]!.endedBy).toEqual({ by: 'successor', discrepancyId: cases[0]!.id });
  });

  test('that comes again under an event id that was used before has one case', async () => {
    const [paymentNumber, transactionId, eventId] = [unique('P'), unique('T'), unique('E')];
    for (const amount of ['100.00', '99.00'])
      await service.deliver(gateway, { paymentNumber, transactionId, eventId, amount });
    const open = await casesOf(`status=open&paymentNumber=${paymentNumber}`);
    expect([kindsOf(open), open[0]!.amount]).toEqual([['unmatched open'], cny('99.00')]);
  });

  test('that comes with a wrong amount and then with the right one settles, and leaves no case open', async () => {
    const { orderNumber, paymentNumber } = await service.openPayment(gateway);
    const transactionId = unique('T');
    for (const amount of ['99.00', '100.00'])
      await service.deliver(gateway, { paymentNumber, transactionId, amount });
    expect(await statusOf(`/orders/${orderNumber}`)).toBe('paid');
    const [ended] = await casesOf(`paymentNumber=${paymentNumber}`);
    expect(ended).toMatchObject({ status: 'resolved', endedBy: { by: 'settlement', paymentNumber } });
  });

  test('that has settled one payment and is named for another that has succeeded is not paid twice', async () => {
    const [first, second] = [await service.openPayment(gateway), await service.openPayment(gateway)];
    const transactionId = unique('T');
    await service.deliver(gateway, { paymentNumber: first.paymentNumber, transactionId });
    await service.deliver(gateway, { paymentNumber: second.paymentNumber });
    await service.deliver(gateway, { paymentNumber: second.paymentNumber, transactionId });
    const [named] = await casesOf(`paymentNumber=${second.paymentNumber}`);
    expect(named).toMatchObject({
      kind: 'transaction_reused',
      allowedResolutions: [{ resolution: 'dismiss' }],
    });
  });

  test('that went back under one number and is named for another has a case there, and pays nothing', async () => {
    const [first, second] = [await service.openPayment(gateway), await service.openPayment(gateway)];
    const transactionId = unique('T');
    await deliverLate(gateway, { paymentNumber: first.paymentNumber, transactionId });
    const [late] = await openCasesOf(
      (await casesOf(`paymentNumber=${first.paymentNumber}`))[0]!.transactionId,
    );
    const refunded = await resolve(late!.id, { resolution: 'refunded_elsewhere', reference: 'RF-1' });
    expect([refunded.status, refunded.body]).toMatchObject([
      200,
      { status: 'resolved', refunded: cny('100.00'), endedBy: { by: 'refunds' } },
    ]);
    await service.deliver(gateway, { paymentNumber: second.paymentNumber, transactionId });
    expect(kindsOf(await casesOf(`paymentNumber=${second.paymentNumber}`))).toEqual([
      'transaction_reused open',
    ]);
    expect(await statusOf(`/orders/${second.orderNumber}`)).toBe('pending');
  });

  test('that comes late for an order that was cancelled can be attached to a payment of another order', async () => {
    const late = await service.openPayment(gateway);
    const transactionId = unique('T');
    await move(late.orderNumber, 'cancelled');
    await deliverLate(gateway, { paymentNumber: late.paymentNumber, transactionId });
    const [found] = await casesOf(`status=open&paymentNumber=${late.paymentNumber}`);
    clock.ahead = HOUR_MS - 60_000;
    const { orderNumber, paymentNumber } = await service.openPayment(gateway);
    clock.ahead = 0;
    const attached = await resolve(found!.id, { resolution: 'attach', paymentNumber });
    expect([attached.status, attached.body]).toMatchObject([
      200,
      { resolution: 'attach', reason: 'settled', endedBy: { by: 'settlement', paymentNumber } },
    ]);
    expect(await statusOf(`/orders/${orderNumber}`)).toBe('paid');
    expect(await statusOf(`/orders/${late.orderNumber}`)).toBe('cancelled');
    await deliverLate(gateway, { paymentNumber: late.paymentNumber, transactionId });
    expect(await openCasesOf(found!.transactionId)).toEqual([]);
  });
});

test('the case of a cancelled order tells what came for it, and not what was due', async () => {
  const { orderNumber, paymentNumber } = await service.openPayment('stripe');
  await service.deliver('stripe', { paymentNumber, amount: '60.00' });
  const [found] = await casesOf(`paymentNumber=${paymentNumber}`);
  expect((await resolve(found!.id, { resolution: 'accept' })).status).toBe(200);
  await move(orderNumber, 'cancelled');
  const [due] = await casesOf(`status=open&paymentNumber=${paymentNumber}`);
  expect(due).toMatchObject({ kind: 'refund_due', amount: cny('60.00') });
});

test('a partial refund that was reported gives no other money away: an overpaid order can still be accepted', async () => {
  const { orderNumber, paymentNumber } = await service.openPayment('standard-webhooks');
  const transactionId = unique('T');
  const about = { paymentNumber, transactionId };
  await service.deliver('standard-webhooks', { ...about, amount: '120.00' });
  await service.deliver('standard-webhooks', { ...about, amount: '20.00', status: 'refund' });
  const [owner] = await openCasesOf(transactionId);
  expect(owner).toMatchObject({ kind: 'amount_mismatched', refunded: cny('20.00') });
  expect((await resolve(owner!.id, { resolution: 'accept' })).status).toBe(200);
  expect(await statusOf(`/orders/${orderNumber}`)).toBe('paid');
});

describe('what an operator asks for', () => {
  /** Money of 120.00 for a payment over 100.00. */
  async function overpaid() {
    const payment = await service.openPayment('stripe');
    await service.deliver('stripe', { paymentNumber: payment.paymentNumber, amount: '120.00' });
    const [found] = await casesOf(`paymentNumber=${payment.paymentNumber}`);
    return { ...payment, id: found!.id };
  }

  test('an ending that the case does not allow is 409 and names those that it does; an unknown word is 422', async () => {
    const paymentNumber = unique('P');
    await service.deliver('stripe', { paymentNumber });
    const [found] = await casesOf(`paymentNumber=${paymentNumber}`);
    for (const resolution of ['accept', 'refund']) {
      const { status, body } = await resolve(found!.id, { resolution });
      expect([status, body]).toMatchObject([
        409,
        { code: 'ending_not_allowed', allowedResolutions: found!.allowedResolutions },
      ]);
    }
    expect(await resolve(found!.id, { resolution: 'forget' })).toMatchObject({ status: 422 });
  });

  test.each<[object, number, object]>([
    [{ resolution: 'refunded_elsewhere', amount: cny('20.00') }, 422, { errors: [{ field: 'reference' }] }],
    [{ resolution: 'refunded_elsewhere', reference: 'R', amount: cny('120.01') }, 409, { code: 'exceeds_refundable', refundable: cny('120.00') }],
    [{ resolution: 'refunded_elsewhere', reference: 'R', amount: { amount: '1.00', currency: 'USD' } }, 422, { errors: [{ field: 'amount' }] }],
    [{ resolution: 'refunded_elsewhere', reference: 'R', amount: cny('0.00') }, 422, { errors: [{ field: 'amount.amount' }] }],
    [{ resolution: 'attach' }, 422, { errors: [{ field: 'paymentNumber' }] }],
    [{ resolution: 'attach', paymentNumber: 'none' }, 409, { code: 'not_attachable', detail: 'There is no payment with the number none; nothing was changed. Name a payment that exists, or open this one first.', outcome: 'unmatched', checks: [{ name: 'payment_exists', holds: false }] }],
    [{ resolution: 'accept', paymentNumber: 'none' }, 422, { errors: [{ field: 'paymentNumber' }] }],
    [{ resolution: 'dismiss', amount: cny('1.00') }, 422, { errors: [{ field: 'amount' }] }],
  ])('%j is %d, and nothing changes', async (body, status, problem) => {
    const { id, paymentNumber } = await overpaid();
    const before = await casesOf(`paymentNumber=${paymentNumber}`);
    expect(await resolve(id, body)).toMatchObject({ status, body: problem });
    expect(await casesOf(`paymentNumber=${paymentNumber}`)).toEqual(before);
  }); // prettier-ignore

  test('a part that was refunded elsewhere is recorded and shown, the rest stays open, and a reference counts once', async () => {
    const { id } = await overpaid();
    const part = { resolution: 'refunded_elsewhere', reference: 'RF-1', amount: cny('20.00') };
    expect(await resolve(id, part)).toMatchObject({
      status: 200,
      body: { status: 'open', refunded: cny('20.00'), refundNumber: `case-${id}-1` },
    });
    expect(await resolve(id, part)).toMatchObject({ status: 409, body: { code: 'refund_recorded' } });
  });

  test('a case is assigned to an operator and given back', async () => {
    const { id } = await overpaid();
    const assign = (body: object) => service.admin('POST', `/discrepancies/${id}/assign`, body);
    expect(await assign({ assignee: 'dev' })).toMatchObject({ status: 200, body: { assignee: 'dev' } });
    expect(await assign({ assignee: null })).toMatchObject({ status: 200, body: { assignee: null } });
    expect(await assign({})).toMatchObject({ status: 422, body: { errors: [{ field: 'assignee' }] } });
    expect(await service.admin('POST', '/discrepancies/999999/assign', { assignee: null })).toMatchObject({
      status: 404,
    });
  });
});

describe('at the same time', () => {
  const ascending = (left: number, right: number): number => left - right;
  const settledOf = async (transactionId: string): Promise<number> =>
    (await service.sql('SELECT FROM settled_transactions WHERE transaction_id = $1', [transactionId])).length;

  test('two operators give the money of one case to two payments: one of them gets it', async () => {
    const paymentNumber = unique('P');
    await service.deliver('stripe', { paymentNumber });
    const [found] = await casesOf(`paymentNumber=${paymentNumber}`);
    const targets = [await service.openPayment('stripe'), await service.openPayment('stripe')];
    const answers = await Promise.all(
      targets.map((target) =>
        resolve(found!.id, { resolution: 'attach', paymentNumber: target.paymentNumber }),
      ),
    );
    expect(answers.map(({ status }) => status).toSorted(ascending)).toEqual([200, 409]);
    const statuses = await Promise.all(targets.map((target) => statusOf(`/orders/${target.orderNumber}`)));
    expect(statuses.toSorted()).toEqual(['paid', 'pending']);
    expect(await settledOf(found!.transactionId)).toBe(1);
  });

  test('two operators record parts of one refund: together never more than the money', async () => {
    const { paymentNumber } = await service.openPayment('stripe');
    await service.deliver('stripe', { paymentNumber, amount: '120.00' });
    const [found] = await casesOf(`paymentNumber=${paymentNumber}`);
    const answers = await Promise.all(
      ['A', 'B', 'C'].map((reference) =>
        resolve(found!.id, { resolution: 'refunded_elsewhere', reference, amount: cny('50.00') }),
      ),
    );
    expect(answers.map(({ status }) => status).toSorted(ascending)).toEqual([200, 200, 409]);
    expect(await openCasesOf(found!.transactionId)).toMatchObject([{ refunded: cny('100.00') }]);
  });

  test('a gateway names one transaction for many payments: it settles one of them, and no case owns it besides', async () => {
    const payments = await Promise.all(Array.from({ length: 8 }, () => service.openPayment('stripe')));
    const transactionId = unique('T');
    const amounts = ['100.00', '99.00'];
    await Promise.all(
      payments.flatMap(({ paymentNumber }, index) =>
        service.deliver('stripe', { paymentNumber, transactionId, amount: amounts[index % 2]! }),
      ),
    );
    const [found] = await casesOf(`paymentNumber=${payments[1]!.paymentNumber}`);
    const name = found!.transactionId;
    expect(await settledOf(name)).toBe(1);
    const owners = await service.sql(
      `SELECT kind FROM discrepancies WHERE transaction_id = $1 AND money AND status = 'open'`,
      [name],
    );
    expect(owners).toEqual([]);
  });

  test('an operator refunds the money elsewhere while it comes for the payment that is opened: it is settled or back, never both', async () => {
    for (let round = 0; round < 5; round += 1) {
      const [paymentNumber, orderNumber] = [unique('P'), unique('O')];
      await service.deliver('stripe', { paymentNumber });
      const [found] = await casesOf(`paymentNumber=${paymentNumber}`);
      await service.admin('POST', '/orders', { orderNumber, total: cny('100.00') });
      const [refunded] = await Promise.all([
        resolve(found!.id, { resolution: 'refunded_elsewhere', reference: 'RF-1' }),
        service.admin('POST', `/orders/${orderNumber}/payments`, { gateway: 'stripe', paymentNumber }),
      ]);
      const isPaid = (await statusOf(`/orders/${orderNumber}`)) === 'paid';
      expect(refunded.status).toBe(isPaid ? 409 : 200);
      expect(await openCasesOf(found!.transactionId)).toEqual([]);
    }
  });
});

test('after all of this the audit finds that each piece of money has exactly one owner', async () => {
  expect(await auditOf(service.databaseUrl)).toMatchObject({ unowned: 0, broken: [] });
});
