import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { AdminClient } from '../../src/sandbox/admin-client.js';
import { Advice } from '../../src/sandbox/advice.js';
import { type Play, parsePlay } from '../../src/sandbox/arguments.js';
import type { PlayedGateway } from '../../src/sandbox/gateways/registry.js';
import { playGateway } from '../../src/sandbox/play.js';
import { reportOf, verdictOn } from '../../src/sandbox/report.js';
import { GATEWAYS, type Service, startService, unique } from '../e2e/service.js';

let service: Service;
beforeAll(async () => {
  service = await startService();
});
afterAll(() => service.close());

interface Item {
  readonly status: string;
  readonly kind: string;
  readonly amount: { readonly amount: string };
  readonly transactionId: string;
  readonly [field: string]: unknown;
}

const itemsOf = async (route: string): Promise<Item[]> =>
  (await service.admin<{ items: Item[] }>('GET', route)).body.items;
const payment = async (number: string) =>
  (await service.admin<{ refunded: { amount: string } }>('GET', `/payments/${number}`)).body;

/** Plays as a developer does on the command line. */
async function play(gateway: PlayedGateway, ...options: readonly string[]) {
  const admin = new AdminClient(service.adminUrl, 'dev-token');
  const played = { url: service.url, admin, keys: () => Promise.resolve(service.keys) };
  const result = await playGateway(parsePlay(['pay', gateway, ...options]) as Play, played);
  const { transactionId } = result.content;
  return { transactionId, verdict: verdictOn(result), report: reportOf(result) };
}

/** Brings money for the payment, and returns its transaction. */
async function bring(gateway: PlayedGateway, paymentNumber: string, amount: string): Promise<string> {
  const transactionId = unique('T');
  await service.deliver(gateway, { paymentNumber, transactionId, amount });
  return transactionId;
}

/** Opens a payment and pays it. */
async function pay(gateway: PlayedGateway) {
  const placed = await service.openPayment(gateway);
  return { ...placed, transactionId: await bring(gateway, placed.paymentNumber, '100.00') };
}

describe('a refund of money that has not settled the payment', () => {
  test.each(['stripe', 'alipay'] as const)(
    'is refused where %s has brought no money, with how to pay',
    async (gateway) => {
      const { paymentNumber, orderNumber } = await service.openPayment(gateway);
      const refused = [
        [
          '--payment',
          paymentNumber,
          `Pay it first: npm run sandbox -- pay ${gateway} --payment ${paymentNumber}.`,
        ],
        ['--order', orderNumber, `Payment ${paymentNumber} has no money that a refund could be about`],
        ['--payment', 'none', 'Payment none has no money'],
        ['--order', 'none', `Order none has no payment by ${gateway} that a refund could be about`],
      ] as const;
      for (const [option, number, advice] of refused) {
        const playing = play(gateway, option, number, '--status', 'refund');
        await expect(playing).rejects.toThrow(Advice);
        await expect(playing).rejects.toThrow(advice);
      }
      await expect(play(gateway, '--status', 'refund')).rejects.toThrow(
        'Say which payment the refund is about',
      );
      expect(await itemsOf(`/callbacks?paymentNumber=${paymentNumber}`)).toEqual([]);
      expect(await itemsOf('/orders?orderNumber=none')).toEqual([]);
    },
  );

  test.each(['wechat-pay', 'alipay'] as const)(
    'takes the money of the open case, for %s',
    async (gateway) => {
      const { paymentNumber } = await service.openPayment(gateway);
      const about = ['--payment', paymentNumber];
      const transactionId = await bring(gateway, paymentNumber, '99.00');
      const { verdict } = await play(gateway, ...about, '--status', 'refund');
      expect(verdict).toContain(`Of transaction ${transactionId} 99.00 CNY are refunded.`);
      expect(await itemsOf(`/refunds?transactionId=${transactionId}`)).toMatchObject([
        { status: 'succeeded', amount: { amount: '99.00' } },
      ]);
      expect(await itemsOf(`/discrepancies?status=open&paymentNumber=${paymentNumber}`)).toEqual([]);
    },
  );

  test('asks which of several is meant, and names them', async () => {
    const { paymentNumber } = await service.openPayment('stripe');
    const about = ['--payment', paymentNumber];
    const [first, second] = [
      await bring('stripe', paymentNumber, '99.00'),
      await bring('stripe', paymentNumber, '98.00'),
    ];
    const playing = play('stripe', ...about, '--status', 'refund');
    await expect(playing).rejects.toThrow('has several pieces of money');
    await expect(playing).rejects.toThrow(`${first} (99.00 CNY, amount_mismatched)`);
    await play('stripe', ...about, '--status', 'refund', '--transaction', second);
    expect(await itemsOf(`/refunds?paymentNumber=${paymentNumber}`)).toMatchObject([
      { transactionId: second, amount: { amount: '98.00' } },
    ]);
  });

  test.each(GATEWAYS)('adds up in parts, for a second money of %s', async (gateway) => {
    const { paymentNumber } = await pay(gateway);
    const second = await bring(gateway, paymentNumber, '100.00');
    const about = ['--payment', paymentNumber, '--transaction', second, '--status', 'refund'];
    const sums: string[] = [];
    for (const part of [['--amount', '30.00'], []]) {
      const { verdict, report } = await play(gateway, ...about, ...part);
      const [, sum] = / ([\d.]+) CNY are refunded/.exec(verdict)!;
      expect(report).toContain(`${sum} CNY of the transaction so far`);
      sums.push(sum!);
    }
    expect(sums).toEqual(['30.00', '100.00']);
    const refunds = await itemsOf(`/refunds?transactionId=${second}`);
    expect(refunds.reduce((sum, { amount }) => sum + Number(amount.amount), 0)).toBe(100);
    expect((await payment(paymentNumber)).refunded.amount).toBe('0.00');
    await expect(play(gateway, ...about)).rejects.toThrow(
      `Nothing is left to refund of payment ${paymentNumber}`,
    );
  });
});

describe('a refund that fails', () => {
  const FAILING = ['stripe', 'wechat-pay', 'standard-webhooks'] as const;

  test.each(FAILING)('after it succeeded is failed in the list of refunds, for %s', async (gateway) => {
    const { paymentNumber, orderNumber, transactionId } = await pay(gateway);
    const about = ['--payment', paymentNumber, '--status'];
    await play(gateway, ...about, 'refund', '--amount', '30.00');
    const { verdict } = await play(gateway, ...about, 'refund_failed');
    expect(verdict).toContain(`Order ${orderNumber} is paid, once. Nothing is refunded.`);
    expect(await itemsOf(`/refunds?transactionId=${transactionId}`)).toMatchObject([
      { status: 'failed', amount: { amount: '30.00' }, failure: { code: expect.any(String) } },
    ]);
    expect((await payment(paymentNumber)).refunded.amount).toBe('0.00');
  });

  test.each(['stripe', 'standard-webhooks'] as const)(
    'at once is a refund of its own, and another one may succeed, for %s',
    async (gateway) => {
      const { paymentNumber, transactionId } = await pay(gateway);
      const about = ['--payment', paymentNumber, '--status'];
      await play(gateway, ...about, 'refund_failed', '--amount', '40.00');
      await play(gateway, ...about, 'refund', '--amount', '25.00');
      const refunds = await itemsOf(`/refunds?transactionId=${transactionId}`);
      expect(refunds.map(({ status, amount }) => `${amount.amount} ${status}`).toSorted()).toEqual([
        '25.00 succeeded',
        '40.00 failed',
      ]);
    },
  );

  test('at WeChat Pay may need a person first, and is then closed', async () => {
    const { paymentNumber, transactionId } = await pay('wechat-pay');
    const about = ['--payment', paymentNumber, '--status'];
    await play('wechat-pay', ...about, 'refund_abnormal', '--amount', '30.00');
    const route = `/refunds?transactionId=${transactionId}`;
    expect(await itemsOf(route)).toMatchObject([{ status: 'processing', failure: { code: 'ABNORMAL' } }]);
    await play('wechat-pay', ...about, 'refund_failed');
    expect(await itemsOf(route)).toMatchObject([
      { status: 'failed', amount: { amount: '30.00' }, failure: { code: 'CLOSED' } },
    ]);
  });
});

describe('a dispute', () => {
  const DISPUTING = ['stripe', 'standard-webhooks'] as const;
  const STEPS = {
    won: ['dispute', 'dispute_money_taken', 'dispute_updated', 'dispute_won'],
    lost: ['dispute', 'dispute_lost'],
  } as const;
  const ENDS = DISPUTING.flatMap((gateway) =>
    (['won', 'lost'] as const).map((end) => [gateway, end] as const),
  );

  test.each(ENDS)('of %s is opened, goes on and is %s', async (gateway, end) => {
    const { paymentNumber, orderNumber, transactionId } = await pay(gateway);
    const states: unknown[] = [];
    for (const status of STEPS[end]) {
      const { verdict, report } = await play(gateway, '--order', orderNumber, '--status', status);
      const [dispute, ...others] = await itemsOf(`/disputes?transactionId=${transactionId}`);
      expect([others, dispute!['paymentNumber']]).toEqual([[], paymentNumber]);
      states.push([dispute!.status, dispute!['moneyTaken']]);
      expect(verdict).toContain(`Dispute ${String(dispute!['disputeId'])} is ${dispute!.status}.`);
      expect(report).toContain('dispute_reported: ');
    }
    const taken = [
      ['needs_response', true],
      ['under_review', true],
    ];
    expect(states).toEqual([
      ['needs_response', false],
      ...(end === 'won' ? taken : []),
      [end, end === 'lost'],
    ]);
    const open = await itemsOf(`/discrepancies?status=open&paymentNumber=${paymentNumber}`);
    expect(open.map(({ kind }) => kind)).toEqual(end === 'lost' ? ['dispute_lost'] : []);
  });

  test.each(DISPUTING)(
    'of a part goes on with its amount, and a second one follows its end, for %s',
    async (gateway) => {
      const { paymentNumber, transactionId } = await pay(gateway);
      const about = ['--payment', paymentNumber, '--status'];
      await play(gateway, ...about, 'dispute', '--amount', '30.00');
      await play(gateway, ...about, 'dispute_lost');
      await play(gateway, ...about, 'dispute', '--amount', '40.00');
      const disputes = await itemsOf(`/disputes?transactionId=${transactionId}`);
      expect(disputes.map(({ status, amount }) => `${amount.amount} ${status}`).toSorted()).toEqual([
        '30.00 lost',
        '40.00 needs_response',
      ]);
    },
  );

  test('of a payment without money is refused', async () => {
    const { paymentNumber } = await service.openPayment('stripe');
    await expect(play('stripe', '--payment', paymentNumber, '--status', 'dispute_won')).rejects.toThrow(
      `Payment ${paymentNumber} has no money that a dispute could be about`,
    );
  });
});

test('a fraud warning of Stripe opens its case, and the report shows its callback', async () => {
  const { paymentNumber } = await pay('stripe');
  const { verdict, report } = await play('stripe', '--payment', paymentNumber, '--status', 'fraud_warning');
  expect(verdict).toContain('An operator must resolve: fraud_warning.');
  expect(report).toContain('ignored: 1 callback, 1 delivery');
  expect(await itemsOf(`/discrepancies?status=open&paymentNumber=${paymentNumber}`)).toMatchObject([
    { kind: 'fraud_warning' },
  ]);
});
