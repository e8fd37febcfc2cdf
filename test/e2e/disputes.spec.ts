import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { Payload } from '../../src/sandbox/callback.js';
import { auditOf } from '../postgres/fixtures/audit-of.js';
import { DISPUTING, DUE_BY, GatewayReports, type SaidDispute } from './reports.js';
import { type Service, startService, unique } from './service.js';
import { waitUntil } from './wait-until.js';

let service: Service;
let reports: GatewayReports;
beforeAll(async () => {
  service = await startService();
  reports = new GatewayReports(service);
});
afterAll(() => service.close());

interface Item {
  readonly id: string;
  readonly [field: string]: unknown;
}

const itemsOf = async (route: string): Promise<Item[]> =>
  (await service.admin<{ items: Item[] }>('GET', route)).body.items;
const bodyOf = async (route: string): Promise<Item> => (await service.admin<Item>('GET', route)).body;
const openKinds = async (transactionId: string): Promise<unknown[]> =>
  (await itemsOf(`/discrepancies?status=open&transactionId=${transactionId}`)).map(({ kind }) => kind);

/** Pays a new order, and returns its numbers and the id of its money. */
async function payOrder(gateway: 'stripe' | 'standard-webhooks') {
  const placed = await service.openPayment(gateway);
  await service.deliver(gateway, { paymentNumber: placed.paymentNumber });
  const { transactionId } = await bodyOf(`/payments/${placed.paymentNumber}`);
  return { ...placed, transactionId: transactionId as string };
}

const secondsAfter = (seconds: number): number => Math.floor(Date.now() / 1_000) + seconds;

describe('disputes of Stripe', () => {
  const report = (type: string, created: number, object: Payload) =>
    service.deliver('stripe', {
      paymentNumber: unique('P'),
      alter: (payload) => ({ ...payload, type, created, data: { object } }),
    });

  const dispute = (transactionId: string, disputeId: string, changed: Payload = {}): Payload => ({
    id: disputeId,
    object: 'dispute',
    amount: 10_000,
    currency: 'cny',
    payment_intent: transactionId,
    reason: 'fraudulent',
    status: 'needs_response',
    evidence_details: { due_by: secondsAfter(86_400) },
    balance_transactions: [],
    metadata: {},
    ...changed,
  });

  test('are objects with a deadline and the money that was taken, and their cases follow them to the end', async () => {
    const { paymentNumber, orderNumber, transactionId } = await payOrder('stripe');
    const [disputeId, at] = [unique('du_'), secondsAfter(0)];
    await report('charge.dispute.created', at, dispute(transactionId, disputeId));
    const taken = { balance_transactions: [{ id: unique('txn_') }] };
    await report('charge.dispute.funds_withdrawn', at + 1, dispute(transactionId, disputeId, taken));
    const [listed, ...others] = await itemsOf(`/disputes?paymentNumber=${paymentNumber}`);
    expect(others).toEqual([]);
    expect(listed).not.toHaveProperty('log');
    const shown = await bodyOf(`/disputes/${listed!.id}`);
    expect(shown).toMatchObject({
      ...listed,
      gateway: 'stripe',
      disputeId,
      paymentNumber,
      orderNumber,
      transactionId,
      amount: { amount: '100.00', currency: 'CNY' },
      reason: 'fraudulent',
      status: 'needs_response',
      moneyTaken: true,
      closedAt: null,
      log: [{ event: 'dispute.opened' }, { event: 'dispute.updated' }],
    });
    const payment = await bodyOf(`/payments/${paymentNumber}`);
    expect(payment).toMatchObject({ status: 'succeeded', disputes: [listed] });
    const [open] = await itemsOf(`/discrepancies?status=open&paymentNumber=${paymentNumber}`);
    expect(open).toMatchObject({ kind: 'dispute', dueBy: shown.dueBy, orderNumber });
    const { items: timeline } = (await bodyOf(`/payments/${paymentNumber}/timeline`)) as unknown as {
      items: Item[];
    };
    expect(timeline.map(({ type }) => type)).toEqual(
      expect.arrayContaining(['dispute.opened', 'dispute.updated', 'opened']),
    );

    await report(
      'charge.dispute.closed',
      at + 9,
      dispute(transactionId, disputeId, { ...taken, status: 'lost' }),
    );
    // A late update does not open it again.
    await report(
      'charge.dispute.updated',
      at + 2,
      dispute(transactionId, disputeId, { status: 'under_review' }),
    );
    expect(await bodyOf(`/disputes/${listed!.id}`)).toMatchObject({ status: 'lost', moneyTaken: true });
    expect(await openKinds(transactionId)).toEqual(['dispute_lost']);
    const [ended] = await itemsOf(`/discrepancies?status=resolved&paymentNumber=${paymentNumber}`);
    expect(ended).toMatchObject({ kind: 'dispute', endedBy: { by: 'successor' } });
  });

  test('before their success wait for it, and a won one leaves no open case', async () => {
    const [transactionId, disputeId] = [unique('pi_'), unique('du_')];
    const { paymentNumber } = await service.openPayment('stripe');
    await report('charge.dispute.created', secondsAfter(0), dispute(transactionId, disputeId));
    expect(await itemsOf(`/disputes?disputeId=${disputeId}`)).toMatchObject([{ paymentNumber: null }]);
    expect(await openKinds(transactionId)).toEqual([]);
    await service.deliver('stripe', { paymentNumber, transactionId });
    expect(await itemsOf(`/disputes?disputeId=${disputeId}`)).toMatchObject([{ paymentNumber }]);
    expect(await openKinds(transactionId)).toEqual(['dispute']);
    await report(
      'charge.dispute.closed',
      secondsAfter(1),
      dispute(transactionId, disputeId, { status: 'won' }),
    );
    expect(await openKinds(transactionId)).toEqual([]);
  });

  test('of a connected account are foreign and not stored', async () => {
    const { transactionId } = await payOrder('stripe');
    await service.deliver('stripe', {
      paymentNumber: unique('P'),
      alter: (payload) => ({
        ...payload,
        account: 'acct_1',
        type: 'charge.dispute.created',
        data: { object: dispute(transactionId, unique('du_')) },
      }),
    });
    expect(await itemsOf(`/disputes?transactionId=${transactionId}`)).toEqual([]);
  });

  test('of which an early fraud warning tells beforehand: the warning opens one case about the payment', async () => {
    const { transactionId, paymentNumber } = await payOrder('stripe');
    const warning = {
      id: unique('issfr_'),
      payment_intent: transactionId,
      fraud_type: 'made_with_stolen_card',
    };
    for (const type of ['created', 'updated'])
      await report(`radar.early_fraud_warning.${type}`, secondsAfter(0), warning);
    expect(await itemsOf(`/discrepancies?transactionId=${transactionId}`)).toMatchObject([
      { kind: 'fraud_warning', paymentNumber, details: { reason: 'made_with_stolen_card' } },
    ]);
  });
});

describe('disputes of Standard Webhooks', () => {
  const report = (type: string, data: Payload) =>
    service.deliver('standard-webhooks', {
      paymentNumber: unique('P'),
      alter: (payload) => ({ ...payload, type, data }),
    });

  test('take and give back money by their types, or as the data say', async () => {
    const { transactionId, paymentNumber } = await payOrder('standard-webhooks');
    const about = { transactionId, amount: '100.00', currency: 'CNY' };
    const [lost, won] = [unique('D'), unique('D')];
    await report('dispute.opened', {
      ...about,
      disputeId: lost,
      status: 'inquiry',
      dueBy: '2099-01-01T00:00:00Z',
    });
    await report('dispute.lost', { ...about, disputeId: lost });
    await report('dispute.opened', { ...about, disputeId: won, paymentNumber, moneyTaken: true });
    await report('dispute.updated', { ...about, disputeId: won, status: 'under_review' });
    expect(await itemsOf(`/disputes?transactionId=${transactionId}`)).toMatchObject([
      { disputeId: won, status: 'under_review', moneyTaken: true },
      { disputeId: lost, status: 'lost', moneyTaken: true, dueBy: '2099-01-01T00:00:00.000Z' },
    ]);
    await report('dispute.won', { ...about, disputeId: won });
    expect(await itemsOf(`/disputes?status=won&transactionId=${transactionId}`)).toMatchObject([
      { disputeId: won, moneyTaken: false },
    ]);
    expect(await openKinds(transactionId)).toEqual(['dispute_lost']);
  });
});

describe.each(DISPUTING)('a report of a dispute by %s', (gateway) => {
  const said = (changed: Partial<SaidDispute> = {}): SaidDispute => ({
    id: unique('D'),
    amount: '100.00',
    currency: 'CNY',
    status: 'needs_response',
    moneyTaken: null,
    seconds: 1,
    ...changed,
  });
  const disputesOf = (transactionId: string) => itemsOf(`/disputes?transactionId=${transactionId}`);
  const casesOf = (transactionId: string) => itemsOf(`/discrepancies?transactionId=${transactionId}`);
  const resolve = (id: string, body: object) =>
    service.admin<Item>('POST', `/discrepancies/${id}/resolve`, { note: 'seen and decided', ...body });
  const outcomeOf = async (eventId: string) =>
    (await itemsOf(`/callbacks?eventId=${eventId}`))[0]!['outcome'];

  test.each(['inquiry', 'needs_response'] as const)(
    'that is %s opens a case with its deadline, and the payment and its order stay as they are',
    async (status) => {
      const { orderNumber, ...about } = await payOrder(gateway);
      await reports.dispute(gateway, about, said({ status }));
      expect(await casesOf(about.transactionId)).toMatchObject([
        {
          kind: 'dispute',
          status: 'open',
          paymentNumber: about.paymentNumber,
          dueBy: DUE_BY.toISOString(),
          allowedResolutions: [{ resolution: 'dismiss' }],
        },
      ]);
      expect(await bodyOf(`/payments/${about.paymentNumber}`)).toMatchObject({ status: 'succeeded' });
      expect(await bodyOf(`/orders/${orderNumber}`)).toMatchObject({ status: 'paid' });
    },
  );

  test.each(['won', 'closed'] as const)('that is %s closes the case by itself', async (status) => {
    const about = await payOrder(gateway);
    const opened = said({ status: 'inquiry' });
    await reports.dispute(gateway, about, opened);
    await reports.dispute(gateway, about, { ...opened, status, seconds: 2 });
    expect(await casesOf(about.transactionId)).toMatchObject([
      { status: 'resolved', resolution: null, endedBy: { by: 'dispute', disputeId: opened.id, status } },
    ]);
  });

  test('that is lost ends the case and opens dispute_lost, which a person ends and which no repeat opens again', async () => {
    const about = await payOrder(gateway);
    const opened = said();
    await reports.dispute(gateway, about, opened);
    await reports.dispute(gateway, about, { ...opened, status: 'lost', seconds: 2 });
    const [lost, before] = await casesOf(about.transactionId);
    expect([lost, before]).toMatchObject([
      { kind: 'dispute_lost', status: 'open' },
      { kind: 'dispute', endedBy: { by: 'successor', discrepancyId: lost!.id } },
    ]);
    expect((await resolve(lost!.id, { resolution: 'dismiss' })).status).toBe(200);
    await reports.dispute(gateway, about, { ...opened, status: 'lost', seconds: 3 });
    expect(await openKinds(about.transactionId)).toEqual([]);
  });

  test('takes its money away from what is refundable until the money is given back, whatever the status says', async () => {
    const about = await payOrder(gateway);
    const opened = said({ amount: '30.00' });
    const refundable = async () => (await bodyOf(`/payments/${about.paymentNumber}`))['refundable'];
    await reports.dispute(gateway, about, opened);
    expect(await refundable()).toMatchObject({ amount: '100.00' });
    await reports.dispute(gateway, about, { ...opened, moneyTaken: true, seconds: 2 });
    expect(await refundable()).toMatchObject({ amount: '70.00' });
    await reports.dispute(gateway, about, { ...opened, status: 'under_review', seconds: 3 });
    expect(await refundable()).toMatchObject({ amount: '70.00' });
    await reports.dispute(gateway, about, { ...opened, status: 'won', moneyTaken: false, seconds: 4 });
    expect(await refundable()).toMatchObject({ amount: '100.00' });
  });

  test('about money that was refunded opens a case that says that the shop loses it twice', async () => {
    const about = await payOrder(gateway);
    const refund = { id: unique('R'), amount: '100.00', sum: '100.00', currency: 'CNY', seconds: 1 } as const;
    await reports.refund(gateway, about, { ...refund, status: 'succeeded' });
    await reports.dispute(gateway, about, said({ seconds: 2 }));
    expect(await casesOf(about.transactionId)).toMatchObject([
      { kind: 'dispute', details: { doubleLoss: 'true' } },
    ]);
  });

  test('that comes before its success is stored at once, and has its payment and its case when the money comes', async () => {
    const { paymentNumber } = await service.openPayment(gateway);
    const transactionId = unique('T');
    const opened = said();
    await reports.dispute(gateway, { paymentNumber, transactionId }, opened);
    expect(await disputesOf(transactionId)).toMatchObject([
      { disputeId: opened.id, status: 'needs_response' },
    ]);
    expect(await openKinds(transactionId)).toEqual([]);
    await service.deliver(gateway, { paymentNumber, transactionId });
    expect(await disputesOf(transactionId)).toMatchObject([{ disputeId: opened.id, paymentNumber }]);
    expect(await openKinds(transactionId)).toEqual(['dispute']);
  });

  test('that comes a hundred times at once is one dispute with one case', async () => {
    const about = await payOrder(gateway);
    const opened = said();
    await Promise.all(Array.from({ length: 100 }, () => reports.dispute(gateway, about, opened)));
    await waitUntil(
      async () => (await service.sql(`SELECT FROM callbacks WHERE outcome = 'pending'`)).length === 0,
    );
    const [dispute, ...others] = await disputesOf(about.transactionId);
    expect(others).toEqual([]);
    expect(await bodyOf(`/disputes/${dispute!.id}`)).toMatchObject({ log: [{ event: 'dispute.opened' }] });
    expect(await openKinds(about.transactionId)).toEqual(['dispute']);
  });

  test('that is older than what is known changes nothing', async () => {
    const about = await payOrder(gateway);
    const lost = said({ status: 'lost', moneyTaken: true, seconds: 5 });
    await reports.dispute(gateway, about, lost);
    const before = await disputesOf(about.transactionId);
    const eventId = unique('E');
    await reports.dispute(
      gateway,
      about,
      { ...lost, status: 'needs_response', moneyTaken: false, seconds: 4 },
      { eventId },
    );
    expect(await outcomeOf(eventId)).toBe('stale');
    expect(await disputesOf(about.transactionId)).toEqual(before);
    expect(await openKinds(about.transactionId)).toEqual(['dispute_lost']);
  });

  test('with a status that is not known here leaves the status that is known', async () => {
    const about = await payOrder(gateway);
    const opened = said({ status: 'under_review' });
    await reports.dispute(gateway, about, opened);
    await reports.dispute(gateway, about, { ...opened, status: 'unknown', seconds: 2 });
    expect(await disputesOf(about.transactionId)).toMatchObject([{ status: 'under_review' }]);
  });

  test.each([
    ['of more than the money', { amount: '100.01' }],
    ['in another currency', { currency: 'USD' }],
  ])(
    '%s is recorded as it came, and nothing is refundable while the money is taken',
    async (_what, changed) => {
      const about = await payOrder(gateway);
      const opened = said({ ...changed, moneyTaken: true });
      await reports.dispute(gateway, about, opened);
      const { amount, currency } = opened;
      expect(await disputesOf(about.transactionId)).toMatchObject([{ amount: { amount, currency } }]);
      expect(await bodyOf(`/payments/${about.paymentNumber}`)).toMatchObject({
        refundable: { amount: '0.00' },
      });
    },
  );

  test('that names a payment of another gateway is foreign: it is refused by name, and not stored', async () => {
    const other = await payOrder(gateway === 'stripe' ? 'standard-webhooks' : 'stripe');
    const [eventId, transactionId] = [unique('E'), unique('T')];
    await reports.dispute(gateway, { ...other, transactionId }, said(), { eventId });
    expect(await outcomeOf(eventId)).toBe('foreign');
    expect(await disputesOf(transactionId)).toEqual([]);
    expect(await itemsOf(`/discrepancies?paymentNumber=${other.paymentNumber}`)).toEqual([]);
  });

  test('beside a case of its money leaves that case as it is', async () => {
    const { paymentNumber } = await service.openPayment(gateway);
    const transactionId = unique('T');
    await service.deliver(gateway, { paymentNumber, transactionId, amount: '99.00' });
    const [owner] = await casesOf(transactionId);
    const opened = said();
    for (const [seconds, status] of [
      [1, 'needs_response'],
      [2, 'lost'],
    ] as const)
      await reports.dispute(gateway, { paymentNumber, transactionId }, { ...opened, status, seconds });
    expect((await casesOf(transactionId)).find(({ id }) => id === owner!.id)).toEqual(owner);
    expect(new Set(await openKinds(transactionId))).toEqual(new Set(['amount_mismatched', 'dispute_lost']));
  });
});

test('a dispute that does not exist is 404, and a filter that is none is 422', async () => {
  expect(await service.admin('GET', '/disputes/999999')).toMatchObject({ status: 404 });
  expect(await service.admin('GET', '/disputes/du_1')).toMatchObject({ status: 404 });
  expect(await service.admin('GET', '/disputes?status=open')).toMatchObject({ status: 422 });
});

test('the metrics count open disputes, and those that have to be answered within two days', async () => {
  const { transactionId } = await payOrder('standard-webhooks');
  const count = async (name: string): Promise<number> => {
    const text = await (await fetch(new URL('/metrics', service.url))).text();
    return Number(
      new RegExp(`^quittance_disputes_${name}\\{gateway="standard-webhooks"\\} (\\d+)$`, 'm').exec(text)![1],
    );
  };
  const [open, dueSoon] = [await count('open'), await count('due_soon')];
  for (const hours of [47, 49]) {
    const dueBy = new Date(Date.now() + hours * 3_600_000).toISOString();
    const data = { disputeId: unique('D'), transactionId, amount: '1.00', currency: 'CNY', dueBy };
    await service.deliver('standard-webhooks', {
      paymentNumber: unique('P'),
      alter: (payload) => ({ ...payload, type: 'dispute.opened', data }),
    });
  }
  expect([await count('open'), await count('due_soon')]).toEqual([open + 2, dueSoon + 1]);
});

test('after all of this the audit finds that each piece of money has exactly one owner', async () => {
  expect(await auditOf(service.databaseUrl)).toMatchObject({ unowned: 0, broken: [] });
});
