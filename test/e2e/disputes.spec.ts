import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { Payload } from '../../src/sandbox/callback.js';
import { type Service, startService, unique } from './service.js';

let service: Service;
beforeAll(async () => {
  service = await startService();
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

  test('are announced by an early fraud warning, which opens a case about the payment', async () => {
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
