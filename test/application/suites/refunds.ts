import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { CaseQueries, type CaseView } from '../../../src/application/cases/case-queries.js';
import { CaseRepository } from '../../../src/application/cases/case-repository.js';
import type { RefundReport } from '../../../src/domain/callbacks/notification.js';
import { Money } from '../../../src/domain/money.js';
import type { OrderStatus } from '../../../src/domain/orders/order.js';
import { disputeReport, freshNumber, NOW, receipt, refundReceipt, type Said } from '../fixtures/receipts.js';
import { bodyOf, World, type TestDatabase } from '../fixtures/world.js';

/** What reports of refunds do to the money of a payment, to its order and to its cases, whatever their order and number. */
export function refundSuite(name: string, open: () => Promise<TestDatabase>): void {
  describe(`reports of refunds, on ${name}`, () => {
    let world: World;
    beforeAll(async () => {
      world = new World(await open());
    });
    afterAll(() => world.database.close());
    recording(() => world);
    contradicting(() => world);
    refusing(() => world);
    endingByHand(() => world);
    summing(() => world);
    waiting(() => world);
    movingOrders(() => world);
    owning(() => world);
    recordingByHand(() => world);
    oldReports(() => world);
  });
}

const cny = (amount: string): Money => Money.of(amount, 'CNY');
const ALL = { amount: cny('100.00') };
const at = (seconds: number): Date => new Date(NOW + seconds * 1_000);

/** A payment that has settled 100.00 CNY, and its paid order. */
async function settled(world: World, said: Said = {}) {
  const placed = await world.placeOrder();
  await world.receive(receipt(placed.paymentNumber, said));
  return placed;
}

const openKinds = async (world: World, paymentNumber: string): Promise<string[]> =>
  (await world.cases(paymentNumber)).filter(({ status }) => status === 'open').map(({ kind }) => kind);

async function casesOf(world: World, transactionId: string): Promise<readonly CaseView[]> {
  const { items } = await world.run((tx) =>
    tx.of(CaseQueries).list({ transactionId }, { limit: 50, before: null }),
  );
  return items;
}

const statusOf = async (world: World, orderNumber: string) => (await world.order(orderNumber))!.status;

function recording(world: () => World): void {
  test('a report that comes a hundred times, alone and in batches, is one refund that counts once', async () => {
    const { paymentNumber, orderNumber } = await settled(world());
    const reports = Array.from({ length: 100 }, () => refundReceipt(paymentNumber));
    const alone = [await world().outcomes([reports[0]!]), await world().outcomes([reports[1]!])].flat();
    const batch = await world().outcomes(reports.slice(2));
    expect([alone, new Set(batch)]).toEqual([['refund_reported', 'duplicate'], new Set(['duplicate'])]);
    expect(await world().refunds(paymentNumber)).toEqual([`re-${paymentNumber} succeeded 40.00`]);
    expect(await world().toldRefunded(paymentNumber)).toEqual(['40.00, 60.00 left']);
    expect(await statusOf(world(), orderNumber)).toBe('paid');
    expect(await world().cases(paymentNumber)).toEqual([]);
  });

  test('a second refund is a new one, and its sum with the first one is told', async () => {
    const { paymentNumber } = await settled(world());
    const second = { gatewayRefundId: `re2-${paymentNumber}`, amount: cny('25.00') };
    await world().process([refundReceipt(paymentNumber), refundReceipt(paymentNumber, second)]);
    expect(await world().toldRefunded(paymentNumber)).toEqual(['40.00, 60.00 left', '65.00, 35.00 left']);
    const events = (await world().payment(paymentNumber))!.log.map(({ event }) => event);
    expect(events.filter((event) => event.startsWith('refund.'))).toEqual([
      'refund.succeeded',
      'refund.succeeded',
    ]);
  });

  test('a refund that is known by its number takes over the id of the gateway, and by either it stays one refund', async () => {
    const { paymentNumber } = await settled(world());
    const refundNumber = `RF-${paymentNumber}`;
    const gatewayRefundId = `id-${paymentNumber}`;
    for (const names of [
      { refundNumber, gatewayRefundId: null },
      { refundNumber, gatewayRefundId },
      { refundNumber: null, gatewayRefundId },
    ])
      await world().receive(refundReceipt(paymentNumber, names));
    expect(await world().refunds(paymentNumber)).toEqual([`${refundNumber} succeeded 40.00`]);
  });

  test('the same number of a refund of other money is another refund, whose number is longer', async () => {
    const [first, second] = [await settled(world()), await settled(world())];
    const refundNumber = `RF-${first.paymentNumber}`;
    for (const { paymentNumber } of [first, second, first, second])
      await world().receive(refundReceipt(paymentNumber, { refundNumber, gatewayRefundId: null }));
    expect(await world().refunds(first.paymentNumber)).toEqual([`${refundNumber} succeeded 40.00`]);
    const [other, ...more] = await world().refunds(second.paymentNumber);
    expect(other).toMatch(new RegExp(`^${refundNumber}~[0-9a-f]{8} succeeded 40.00$`));
    expect(more).toEqual([]);
  });

  test('refunds of one payment under one number, which a refund of other money has, have numbers of their own', async () => {
    const [first, second] = [await settled(world()), await settled(world())];
    const refundNumber = `RF-${first.paymentNumber}`;
    await world().receive(refundReceipt(first.paymentNumber, { refundNumber, amount: cny('10.00') }));
    // The last one has its number as its id.
    const ids = [`a-${refundNumber}`, `b-${refundNumber}`, refundNumber];
    const said = ids.map((gatewayRefundId) => ({ refundNumber, gatewayRefundId, amount: cny('10.00') }));
    const reports = [...said, ...said].map((each) => refundReceipt(second.paymentNumber, each));
    expect(new Set(await world().outcomes(reports))).toEqual(new Set(['refund_reported', 'duplicate']));
    const refunds = await world().refunds(second.paymentNumber);
    expect(refunds.map((each) => each.split(' ')[2])).toEqual(['10.00', '10.00', '10.00']);
    expect((await world().toldRefunded(second.paymentNumber)).at(-1)).toBe('30.00, 70.00 left');
  });

  test('a report that names the payment alone is about the transaction that has settled it', async () => {
    const { paymentNumber } = await settled(world());
    const report = refundReceipt(paymentNumber, {}, { transactionId: null });
    expect(await world().outcomes([report])).toEqual(['refund_reported']);
    expect(await world().toldRefunded(paymentNumber)).toEqual(['40.00, 60.00 left']);
  });
}

function contradicting(world: () => World): void {
  test('an older report changes nothing, in whatever order the reports come', async () => {
    const { paymentNumber } = await settled(world());
    const said = [
      { status: 'succeeded', at: at(2) },
      { status: 'processing', at: at(1) },
      { status: 'failed', at: at(1) },
    ] as const;
    const outcomes = await world().outcomes(said.map((each) => refundReceipt(paymentNumber, each)));
    expect(outcomes).toEqual(['refund_reported', 'stale', 'stale']);
    expect(await world().refunds(paymentNumber)).toEqual([`re-${paymentNumber} succeeded 40.00`]);
  });

  test('a refund that fails after it succeeded gives its amount back to what is refundable and opens a case, once', async () => {
    const { paymentNumber } = await settled(world());
    const failure = { code: 'expired_or_canceled_card', message: null };
    const failed = { status: 'failed', at: at(1), failure } as const;
    await world().receive(refundReceipt(paymentNumber));
    for (const time of [1, 1, 2])
      await world().receive(refundReceipt(paymentNumber, { ...failed, at: at(time) }));
    await world().receive(refundReceipt(paymentNumber, { status: 'succeeded', at: at(3) }));
    expect(await world().refunds(paymentNumber)).toEqual([`re-${paymentNumber} failed 40.00`]);
    expect(await world().toldRefunded(paymentNumber)).toEqual(['40.00, 60.00 left', '0.00, 100.00 left']);
    const found = await world().openCase(paymentNumber);
    expect(found).toMatchObject({
      kind: 'refund_failed',
      amount: { amount: '40.00', currency: 'CNY' },
      refundNumber: `re-${paymentNumber}`,
      details: { reason: 'expired_or_canceled_card' },
    });
    expect(found.allowedResolutions.map(({ resolution }) => resolution)).toEqual([
      'refunded_elsewhere',
      'dismiss',
    ]);
  });

  test('a second refund that fails has a case of its own, also after the first case was ended', async () => {
    const { paymentNumber } = await settled(world());
    const failed = (gatewayRefundId: string) =>
      refundReceipt(paymentNumber, { status: 'failed', gatewayRefundId });
    await world().receive(failed(`a-${paymentNumber}`));
    await world().resolve(await world().openCase(paymentNumber), 'dismiss');
    await world().receive(failed(`b-${paymentNumber}`));
    expect((await world().state(paymentNumber)).cases).toEqual([
      'refund_failed open',
      'refund_failed resolved',
    ]);
  });

  test('a refund that fails where nothing is left to refund opens no case', async () => {
    const { paymentNumber } = await settled(world());
    await world().receive(refundReceipt(paymentNumber, ALL));
    const failed = { status: 'failed', gatewayRefundId: `b-${paymentNumber}` } as const;
    await world().receive(refundReceipt(paymentNumber, failed));
    expect(await openKinds(world(), paymentNumber)).toEqual([]);
  });

  test('an abnormal refund is under way with a case, which ends when the refund is done', async () => {
    const { paymentNumber } = await settled(world());
    const abnormal = () => refundReceipt(paymentNumber, { status: 'abnormal' });
    await world().process([abnormal(), abnormal()]);
    await world().receive(abnormal());
    expect(await world().refunds(paymentNumber)).toEqual([`re-${paymentNumber} processing 40.00`]);
    expect(await openKinds(world(), paymentNumber)).toEqual(['refund_stuck']);
    await world().receive(refundReceipt(paymentNumber, { at: at(1) }));
    expect(await world().cases(paymentNumber)).toMatchObject([
      { kind: 'refund_stuck', status: 'resolved', endedBy: { by: 'outcome', outcome: 'refund_reported' } },
    ]);
  });
}

function refusing(world: () => World): void {
  test('more than the payment has is recorded and opens a case, and nothing is refundable', async () => {
    const { paymentNumber } = await settled(world());
    await world().receive(refundReceipt(paymentNumber));
    const more = { gatewayRefundId: `re2-${paymentNumber}`, amount: cny('60.01') };
    await world().receive(refundReceipt(paymentNumber, more));
    await world().receive(refundReceipt(paymentNumber, { ...more, at: at(1) }));
    expect(await world().openCase(paymentNumber)).toMatchObject({
      kind: 'refund_exceeds_payment',
      amount: { amount: '60.01' },
      refundNumber: `re2-${paymentNumber}`,
    });
    expect(await world().toldRefunded(paymentNumber)).toEqual(['40.00, 60.00 left', '100.01, 0.00 left']);
  });

  test('the greatest amounts that a gateway can name are recorded, and reports after them as well', async () => {
    const { paymentNumber, orderNumber } = await settled(world());
    const huge = cny('999999999999999999.99');
    const reports = ['a', 'b'].map((id) => ({ gatewayRefundId: `${id}-${paymentNumber}`, amount: huge }));
    const dispute = { ...disputeReport(`du-${paymentNumber}`), amount: huge, moneyTaken: true };
    const said = [
      ...reports.map((each) => refundReceipt(paymentNumber, each)),
      receipt(paymentNumber, { kind: 'dispute', dispute, transactionId: `T-${paymentNumber}` }),
      refundReceipt(paymentNumber, { gatewayRefundId: `c-${paymentNumber}`, amount: cny('1.00') }),
    ];
    expect(await world().outcomes(said)).toEqual([
      'refund_reported',
      'refund_reported',
      'dispute_reported',
      'refund_reported',
    ]);
    expect((await world().toldRefunded(paymentNumber)).at(-1)).toBe('2000000000000000000.98, 0.00 left');
    expect((await world().order(orderNumber))!.refunded).toEqual({
      amount: '2000000000000000000.98',
      currency: 'CNY',
    });
  });

  test('a case shows also a sum of refunds that has more digits than one amount', async () => {
    const paymentNumber = freshNumber();
    await world().receive(receipt(paymentNumber));
    const amount = cny('999999999999999999.99');
    for (const id of ['a', 'b'])
      await world().receive(
        refundReceipt(paymentNumber, {
          gatewayRefundId: `${id}-${paymentNumber}`,
          amount,
          status: 'succeeded',
        }),
      );
    const shown = (await casesOf(world(), `T-${paymentNumber}`)).map(({ refunded }) => refunded?.amount);
    expect(shown).toContain('1999999999999999999.98');
  });

  test('a refund in another currency is recorded, counts for nothing and opens a case', async () => {
    const { paymentNumber, orderNumber } = await settled(world());
    await world().receive(refundReceipt(paymentNumber, { amount: Money.of('100.00', 'USD') }));
    expect(await world().openCase(paymentNumber)).toMatchObject({
      kind: 'refund_exceeds_payment',
      details: { reason: 'other_currency', paid: '100.00 USD' },
    });
    expect(await world().toldRefunded(paymentNumber)).toEqual([]);
    expect(await statusOf(world(), orderNumber)).toBe('paid');
  });

  test.each<[string, Said]>([
    ['by another gateway', { gateway: 'alipay', transactionId: freshNumber() }],
    ['for another merchant', { foreign: 'mchid' }],
  ])('a report %s is foreign and records nothing', async (_what, said) => {
    const { paymentNumber } = await settled(world());
    expect(await world().outcomes([refundReceipt(paymentNumber, {}, said)])).toEqual(['foreign']);
    const { gateway = 'stripe', transactionId = `T-${paymentNumber}` } = said;
    expect(await world().refunds(paymentNumber, transactionId!, gateway)).toEqual([]);
    expect(await world().cases(paymentNumber)).toEqual([]);
  });

  test('a refund that names the payment of another gateway counts for the payment that its transaction has settled', async () => {
    const { paymentNumber } = await settled(world());
    const other = await world().placeOrder({ gateway: 'alipay' });
    const report = refundReceipt(other.paymentNumber, {}, { transactionId: `T-${paymentNumber}` });
    expect(await world().outcomes([report])).toEqual(['refund_reported']);
    expect(await world().refunds(paymentNumber)).toEqual([`re-${other.paymentNumber} succeeded 40.00`]);
    const unknown = refundReceipt(other.paymentNumber, {}, { transactionId: freshNumber() });
    expect(await world().outcomes([unknown])).toEqual(['foreign']);
  });

  test.each<[string, Partial<RefundReport> | null]>([
    ['the status of the refund is unknown', null],
    ['the refund has no amount', { amount: null }],
    ['the amount of the refund is not greater than zero', { amount: cny('0.00') }],
    ['the refund has neither a number nor an id', { refundNumber: null, gatewayRefundId: null }],
  ])('a report that cannot be recorded opens a case about the message: %s', async (reason, said) => {
    const { paymentNumber } = await settled(world());
    const { refund } = refundReceipt(paymentNumber, said ?? {}).notification;
    const report = refundReceipt(paymentNumber, {}, { refund: said && refund, reason: 'REFUND.UNKNOWN' });
    expect(await world().outcomes([report])).toEqual(['unreadable']);
    expect(await openKinds(world(), paymentNumber)).toEqual(['unreadable']);
    expect(await world().cases(paymentNumber)).toMatchObject([{ details: { reason } }]);
    expect(await world().refunds(paymentNumber)).toEqual([]);
  });

  test('a report without a transaction, of a payment that has not succeeded, waits in a case for its payment', async () => {
    const { paymentNumber } = await world().placeOrder();
    const report = refundReceipt(paymentNumber, {}, { transactionId: null });
    expect(await world().outcomes([report])).toEqual(['unmatched']);
    expect(await openKinds(world(), paymentNumber)).toEqual(['unmatched']);
  });
}

function endingByHand(world: () => World): void {
  test.each<[string, Partial<RefundReport>]>([
    ['failed', { status: 'failed' }],
    ['is abnormal', { status: 'abnormal' }],
    ['exceeds the payment', { amount: cny('100.01') }],
  ])(
    'the case of a refund that %s is opened again by no repeat after a person has ended it',
    async (_what, said) => {
      const { paymentNumber } = await settled(world());
      await world().receive(refundReceipt(paymentNumber, said));
      await world().resolve(await world().openCase(paymentNumber), 'dismiss');
      for (const seconds of [0, 1])
        await world().receive(refundReceipt(paymentNumber, { ...said, at: at(seconds) }));
      expect(await openKinds(world(), paymentNumber)).toEqual([]);
      expect(await world().cases(paymentNumber)).toHaveLength(1);
    },
  );

  test('what only time shows has a case once: none opens again after a person has ended it', async () => {
    const [early, below] = [await world().placeOrder(), await settled(world())];
    await world().receive(refundReceipt(early.paymentNumber));
    const total = { gatewayRefundId: null, amount: null, cumulative: cny('20.00'), at: at(1) };
    await world().receive(refundReceipt(below.paymentNumber, total));
    await world().receive(refundReceipt(below.paymentNumber));
    for (const later of [NOW + 3_600_001, NOW + 7_200_000]) {
      await world().openOverdueCasesAt(later);
      for (const { paymentNumber } of [early, below])
        for (const found of await world().cases(paymentNumber)) await world().resolve(found, 'dismiss');
    }
    expect((await world().state(early.paymentNumber)).cases).toEqual(['unmatched resolved']);
    expect((await world().state(below.paymentNumber)).cases).toEqual(['refund_stuck resolved']);
  });
}

function summing(world: () => World): void {
  const total = (paymentNumber: string, amount: string, seconds: number) =>
    refundReceipt(paymentNumber, {
      gatewayRefundId: null,
      amount: null,
      cumulative: cny(amount),
      at: at(seconds),
    });

  test('the part of the sum that no refund explains is one refund, which shrinks as refunds get names', async () => {
    const { paymentNumber } = await settled(world());
    const unnamed = `T-${paymentNumber}-unnamed`;
    await world().receive(total(paymentNumber, '50.00', 1));
    expect(await world().refunds(paymentNumber)).toEqual([`${unnamed} succeeded 50.00`]);
    await world().receive(refundReceipt(paymentNumber, { amount: cny('20.00') }));
    expect(await world().refunds(paymentNumber)).toEqual([
      `${unnamed} succeeded 30.00`,
      `re-${paymentNumber} succeeded 20.00`,
    ]);
    const second = { amount: cny('30.00'), gatewayRefundId: `re2-${paymentNumber}` };
    await world().receive(refundReceipt(paymentNumber, second));
    expect(await world().refunds(paymentNumber)).toEqual([
      `re-${paymentNumber} succeeded 20.00`,
      `re2-${paymentNumber} succeeded 30.00`,
    ]);
    expect(await world().toldRefunded(paymentNumber)).toEqual(['50.00, 50.00 left']);
  });

  test('an order is paid again when a refund under way gets the id of the gateway, whose sum may have that refund', async () => {
    const { paymentNumber, orderNumber } = await settled(world());
    await world().receive(total(paymentNumber, '60.00', 1));
    const running = {
      refundNumber: `R-${paymentNumber}`,
      amount: cny('40.00'),
      status: 'processing',
    } as const;
    await world().receive(refundReceipt(paymentNumber, { ...running, gatewayRefundId: null }));
    expect(await statusOf(world(), orderNumber)).toBe('refunding');
    const named = refundReceipt(paymentNumber, { ...running, gatewayRefundId: `id-${paymentNumber}` });
    expect(await world().outcomes([named])).toEqual(['duplicate']);
    expect(await statusOf(world(), orderNumber)).toBe('paid');
    expect(await world().toldRefunded(paymentNumber)).toEqual(['60.00, 40.00 left']);
  });

  test('of two sums the newer one holds, and at one time the higher one', async () => {
    const { paymentNumber } = await settled(world());
    const reports = [
      ['50.00', 2],
      ['70.00', 1],
      ['40.00', 2],
      ['60.00', 2],
      ['60.00', 3],
    ] as const;
    const outcomes = await world().outcomes(
      reports.map(([amount, seconds]) => total(paymentNumber, amount, seconds)),
    );
    expect(outcomes).toEqual(['refund_reported', 'stale', 'duplicate', 'refund_reported', 'duplicate']);
    expect(await world().toldRefunded(paymentNumber)).toEqual(['50.00, 50.00 left', '60.00, 40.00 left']);
  });

  test('a refund of the sum that fails afterwards lowers the sum, so that its money can be refunded again', async () => {
    const { paymentNumber } = await settled(world());
    await world().receive(refundReceipt(paymentNumber, { at: at(1) }));
    await world().receive(total(paymentNumber, '40.00', 1));
    await world().receive(refundReceipt(paymentNumber, { status: 'failed', at: at(2) }));
    await world().receive(total(paymentNumber, '40.00', 1));
    expect(await world().toldRefunded(paymentNumber)).toEqual(['40.00, 60.00 left', '0.00, 100.00 left']);
    expect(await world().refunds(paymentNumber)).toEqual([`re-${paymentNumber} failed 40.00`]);
    expect(await openKinds(world(), paymentNumber)).toEqual(['refund_failed']);
  });

  test('a refund of the sum of which only its failure is reported has a case, and its money has not gone back', async () => {
    const { paymentNumber } = await settled(world());
    await world().receive(total(paymentNumber, '100.00', 1));
    await world().receive(refundReceipt(paymentNumber, { ...ALL, status: 'failed', at: at(2) }));
    expect(await openKinds(world(), paymentNumber)).toEqual(['refund_failed']);
    expect(await world().toldRefunded(paymentNumber)).toEqual(['100.00, 0.00 left', '0.00, 100.00 left']);
  });

  test('refunds in the currency that the customer was charged are parts of the money, and the last one takes the rest', async () => {
    const eur = (amount: string) => Money.of(amount, 'EUR');
    const { paymentNumber, orderNumber } = await settled(world(), { charged: eur('12.85') });
    for (const [index, amount] of ['4.28', '4.28', '4.29'].entries()) {
      const named = { gatewayRefundId: `re${index}-${paymentNumber}`, amount: eur(amount) };
      await world().receive(refundReceipt(paymentNumber, named));
    }
    const sum = { gatewayRefundId: null, amount: null, cumulative: eur('12.85') };
    await world().receive(refundReceipt(paymentNumber, sum));
    expect(await world().toldRefunded(paymentNumber)).toEqual([
      '33.30, 66.70 left',
      '66.60, 33.40 left',
      '100.00, 0.00 left',
    ]);
    expect(await statusOf(world(), orderNumber)).toBe('refunded');
    expect(await world().cases(paymentNumber)).toEqual([]);
  });

  test('a sum in the currency that the customer was charged has no refund beside those that it is rounded from', async () => {
    const eur = (amount: string) => Money.of(amount, 'EUR');
    const { paymentNumber } = await settled(world(), { charged: eur('13.00') });
    const sum = { gatewayRefundId: null, amount: null, cumulative: eur('2.00') };
    await world().receive(refundReceipt(paymentNumber, sum));
    for (const id of ['a', 'b', 'c'].map((each) => `${each}-${paymentNumber}`))
      await world().receive(refundReceipt(paymentNumber, { gatewayRefundId: id, amount: eur('0.66') }));
    expect((await world().refunds(paymentNumber)).filter((each) => each.includes('unnamed'))).toHaveLength(1);
    await world().receive(
      refundReceipt(paymentNumber, { gatewayRefundId: `d-${paymentNumber}`, amount: eur('0.02') }),
    );
    expect((await world().refunds(paymentNumber)).filter((each) => each.includes('unnamed'))).toEqual([]);
  });

  test('a refund and a sum in the currency that the customer was charged wait for their money, and are converted then', async () => {
    const eur = (amount: string) => Money.of(amount, 'EUR');
    const placed = await world().placeOrder();
    const { paymentNumber } = placed;
    await world().receive(refundReceipt(paymentNumber, { amount: eur('1.00') }));
    const sum = { gatewayRefundId: null, amount: null, cumulative: eur('2.57') };
    await world().receive(refundReceipt(paymentNumber, sum));
    await world().receive(receipt(paymentNumber, { charged: eur('12.85') }));
    expect(await world().refunds(paymentNumber)).toEqual([
      `T-${paymentNumber}-unnamed succeeded 12.22`,
      `re-${paymentNumber} succeeded 7.78`,
    ]);
    expect(await world().toldRefunded(paymentNumber)).toEqual(['20.00, 80.00 left']);
    expect(await statusOf(world(), placed.orderNumber)).toBe('paid');
  });

  test('a refund of all that was charged, before its success, leaves the order unpaid', async () => {
    const placed = await world().placeOrder();
    const { paymentNumber } = placed;
    await world().receive(refundReceipt(paymentNumber, { amount: Money.of('12.85', 'EUR') }));
    const success = receipt(paymentNumber, { charged: Money.of('12.85', 'EUR') });
    expect(await world().outcomes([success])).toEqual(['order_not_payable']);
    expect(await statusOf(world(), placed.orderNumber)).toBe('pending');
    expect(await world().toldRefunded(paymentNumber)).toEqual(['100.00, 0.00 left']);
  });

  test('a refund of more than was charged, and a sum that contradicts it, do not keep their success from being decided', async () => {
    const { paymentNumber } = await world().placeOrder();
    await world().receive(refundReceipt(paymentNumber, { amount: Money.of('20.00', 'EUR') }));
    const sum = { gatewayRefundId: null, amount: null, cumulative: Money.of('12.85', 'EUR') };
    await world().receive(refundReceipt(paymentNumber, sum));
    const success = receipt(paymentNumber, { charged: Money.of('12.85', 'EUR') });
    expect(await world().outcomes([success])).toEqual(['order_not_payable']);
    expect(await world().toldRefunded(paymentNumber)).toEqual(['100.00, 0.00 left']);
  });

  test('money in a case is refunded in the currency that the customer was charged, and its case ends', async () => {
    const eur = (amount: string) => Money.of(amount, 'EUR');
    const { paymentNumber } = await world().placeOrder();
    await world().receive(receipt(paymentNumber, { money: cny('120.00'), charged: eur('15.00') }));
    expect((await world().openCase(paymentNumber)).details).toMatchObject({ charged: '15.00 EUR' });
    await world().receive(refundReceipt(paymentNumber, { amount: eur('15.00') }));
    expect(await world().cases(paymentNumber)).toMatchObject([{ status: 'resolved', reason: 'refunded' }]);
  });

  test('a sum that becomes less without a refund that failed opens a case about what has not gone back, each time', async () => {
    const { paymentNumber } = await settled(world());
    for (const [amount, seconds] of [
      ['100.00', 1],
      ['30.00', 2],
      ['100.00', 3],
      ['90.00', 4],
      ['90.00', 4],
    ] as const)
      await world().receive(total(paymentNumber, amount, seconds));
    const cases = await world().cases(paymentNumber);
    expect(cases.map(({ kind, status, amount }) => [kind, status, amount?.amount])).toEqual([
      ['refund_failed', 'open', '10.00'],
      ['refund_failed', 'open', '70.00'],
    ]);
  });

  test('a sum that stays below its refunds for an hour opens a case, which ends when the sum has caught up', async () => {
    const { paymentNumber } = await settled(world());
    await world().receive(total(paymentNumber, '20.00', 1));
    await world().receive(refundReceipt(paymentNumber));
    await world().openOverdueCasesAt(NOW + 3_600_000);
    expect(await openKinds(world(), paymentNumber)).toEqual([]);
    await world().openOverdueCasesAt(NOW + 3_600_001);
    await world().openOverdueCasesAt(NOW + 3_700_000);
    expect(await openKinds(world(), paymentNumber)).toEqual(['refund_stuck']);
    await world().receive(total(paymentNumber, '40.00', 2));
    expect(await openKinds(world(), paymentNumber)).toEqual([]);
  });

  test('a success that reports a refund is decided with the refund counted, and a repeat of it is a duplicate', async () => {
    const { paymentNumber, orderNumber } = await world().placeOrder();
    const both = (amount: string, seconds: number) => {
      const { notification } = total(paymentNumber, amount, seconds);
      return receipt(paymentNumber, { refund: notification.refund });
    };
    const outcomes = await world().outcomes([both('30.00', 1), both('30.00', 1), both('60.00', 2)]);
    expect(outcomes).toEqual(['settled', 'duplicate', 'refund_reported']);
    expect(await world().toldRefunded(paymentNumber)).toEqual(['30.00, 70.00 left', '60.00, 40.00 left']);
    expect(await statusOf(world(), orderNumber)).toBe('paid');
  });
}

function waiting(world: () => World): void {
  test('a partial refund that comes before its success waits, and applies when the success settles', async () => {
    const { paymentNumber } = await world().placeOrder();
    expect(await world().outcomes([refundReceipt(paymentNumber)])).toEqual(['refund_reported']);
    expect(await world().refunds(paymentNumber)).toEqual([`re-${paymentNumber} succeeded 40.00 waiting`]);
    expect(await world().outcomes([receipt(paymentNumber)])).toEqual(['settled']);
    expect(await world().refunds(paymentNumber)).toEqual([`re-${paymentNumber} succeeded 40.00`]);
    expect(await world().toldRefunded(paymentNumber)).toEqual(['40.00, 60.00 left']);
    expect(await world().state(paymentNumber)).toMatchObject({ order: 'paid', cases: [] });
  });

  test('a refund of all money that comes before its success leaves the order as it is, and only a person ends the case', async () => {
    const { paymentNumber } = await world().placeOrder();
    await world().receive(refundReceipt(paymentNumber, ALL));
    expect(await world().outcomes([receipt(paymentNumber)])).toEqual(['order_not_payable']);
    await world().receive(refundReceipt(paymentNumber, { ...ALL, at: at(1) }));
    expect(await world().state(paymentNumber)).toMatchObject({
      payment: 'succeeded',
      order: 'pending',
      cases: ['order_not_payable open'],
    });
    expect(await world().openCase(paymentNumber)).toMatchObject({ details: { reason: 'money_back' } });
    expect(await world().toldRefunded(paymentNumber)).toEqual(['100.00, 0.00 left']);
  });

  test('a refund of all money that is under way when its success is decided pays no order either, and neither its end nor a repeat ends the case', async () => {
    for (const status of ['succeeded', 'failed'] as const) {
      const { paymentNumber } = await world().placeOrder();
      await world().receive(refundReceipt(paymentNumber, { ...ALL, status: 'processing' }));
      expect(await world().outcomes([receipt(paymentNumber)])).toEqual(['order_not_payable']);
      const found = await world().openCase(paymentNumber);
      expect(found).toMatchObject({ details: { reason: 'money_back' } });
      await world().receive(refundReceipt(paymentNumber, { ...ALL, status, at: at(1) }));
      await world().receive(receipt(paymentNumber));
      const { payment, order, log } = await world().state(paymentNumber);
      expect([payment, order, log!.includes('order.paid')]).toEqual(['succeeded', 'pending', false]);
      const cases = await world().cases(paymentNumber);
      expect(cases.find(({ id }) => id === found.id)).toMatchObject({ status: 'open' });
    }
  });

  test.each<[string, Partial<RefundReport>, string]>([
    ['has failed', { status: 'failed' }, 'refund_failed'],
    ['is of more than the money', { amount: cny('100.01') }, 'refund_exceeds_payment'],
    ['is in another currency', { amount: Money.of('40.00', 'USD') }, 'refund_exceeds_payment'],
  ])(
    'a refund that %s before its success is known has its case when the money comes',
    async (_what, said, kind) => {
      const { paymentNumber } = await world().placeOrder();
      await world().receive(refundReceipt(paymentNumber, said));
      expect(await openKinds(world(), paymentNumber)).toEqual([]);
      await world().receive(receipt(paymentNumber));
      expect(await openKinds(world(), paymentNumber)).toContain(kind);
    },
  );

  test('refund and success in one batch are decided in the order in which they came', async () => {
    const { paymentNumber } = await world().placeOrder();
    const reversed = [refundReceipt(paymentNumber, { amount: cny('10.00') }), receipt(paymentNumber)];
    expect(await world().outcomes(reversed)).toEqual(['refund_reported', 'settled']);
    const second = await world().placeOrder();
    const batch = [
      receipt(second.paymentNumber),
      refundReceipt(second.paymentNumber, ALL, { paymentNumber: null }),
    ];
    expect(await world().outcomes(batch)).toEqual(['settled', 'refund_reported']);
    expect(await world().state(second.paymentNumber)).toMatchObject({ order: 'refunded' });
  });

  test('a refund whose money does not come within ten minutes has a case, which ends when the money comes', async () => {
    const { paymentNumber } = await world().placeOrder();
    await world().receive(refundReceipt(paymentNumber));
    await world().openOverdueCasesAt(NOW + 600_000);
    expect(await openKinds(world(), paymentNumber)).toEqual([]);
    await world().openOverdueCasesAt(NOW + 600_001);
    await world().openOverdueCasesAt(NOW + 700_000);
    const found = await world().openCase(paymentNumber);
    expect(found).toMatchObject({ kind: 'unmatched', refundNumber: `re-${paymentNumber}` });
    expect(found.allowedResolutions.map(({ resolution }) => resolution)).toEqual(['dismiss']);
    await world().receive(receipt(paymentNumber));
    expect(await world().cases(paymentNumber)).toMatchObject([
      { kind: 'unmatched', status: 'resolved', endedBy: { by: 'outcome' } },
    ]);
    expect(await world().state(paymentNumber)).toMatchObject({ order: 'paid' });
  });

  test('money of an unknown payment that went back whole is in no case any more', async () => {
    const paymentNumber = freshNumber();
    await world().receive(refundReceipt(paymentNumber, ALL));
    expect(await world().outcomes([receipt(paymentNumber)])).toEqual(['unmatched']);
    expect(await world().cases(paymentNumber)).toMatchObject([
      {
        kind: 'unmatched',
        status: 'resolved',
        endedBy: { by: 'refunds', refundNumber: `re-${paymentNumber}` },
      },
    ]);
  });
}

function movingOrders(world: () => World): void {
  const movesOf = async (orderNumber: string) =>
    (await world().order(orderNumber))!.statusHistory.map(({ move, actor }) => `${move} by ${actor}`);

  test.each<OrderStatus[][]>([[[]], [['shipped']], [['shipped', 'completed']]])(
    'an order that was moved to %j is refunded when all its money is back',
    async (moves) => {
      const { paymentNumber, orderNumber } = await settled(world());
      for (const to of moves) await world().moveOrder(orderNumber, to);
      await world().receive(refundReceipt(paymentNumber));
      const rest = { amount: cny('60.00'), gatewayRefundId: `re2-${paymentNumber}` };
      await world().receive(refundReceipt(paymentNumber, rest));
      expect(await statusOf(world(), orderNumber)).toBe('refunded');
      expect((await movesOf(orderNumber)).slice(-2)).toEqual([
        'requestRefund by gateway:stripe',
        'refund by gateway:stripe',
      ]);
      // It stays so when a refund fails afterwards. The case owns that money.
      await world().receive(refundReceipt(paymentNumber, { status: 'failed', at: at(1) }));
      expect(await statusOf(world(), orderNumber)).toBe('refunded');
      expect(await openKinds(world(), paymentNumber)).toEqual(['refund_failed']);
    },
  );

  test('an order whose refund of all money is under way is refunding, and paid again when the refund fails', async () => {
    const { paymentNumber, orderNumber } = await settled(world());
    await world().moveOrder(orderNumber, 'shipped');
    await world().receive(refundReceipt(paymentNumber, { ...ALL, status: 'processing' }));
    expect(await statusOf(world(), orderNumber)).toBe('refunding');
    for (const to of ['refunded', 'paid'] as const)
      expect(await world().moveOrder(orderNumber, to)).toBe('refund_under_way');
    await world().receive(refundReceipt(paymentNumber, { status: 'failed', at: at(1) }));
    const { status, statusHistory } = (await world().order(orderNumber))!;
    expect(status).toBe('paid');
    expect(statusHistory.at(-1)).toMatchObject({
      move: 'rejectRefund',
      note: 'the money is not all back; before its refund the order was shipped',
    });
  });

  test('an order that a person has moved to refunding stays there when a refund fails', async () => {
    const { paymentNumber, orderNumber } = await settled(world());
    await world().moveOrder(orderNumber, 'refunding');
    await world().receive(refundReceipt(paymentNumber, { ...ALL, status: 'processing' }));
    await world().receive(refundReceipt(paymentNumber, { status: 'failed', at: at(1) }));
    expect(await statusOf(world(), orderNumber)).toBe('refunding');
    expect(await world().moveOrder(orderNumber, 'paid')).toMatchObject({ status: 'paid' });
  });

  test('refunds of a payment that did not pay the order leave the order, and end the case of that payment', async () => {
    const { orderNumber, paymentNumbers } = await world().placeOrder({ payments: 2 });
    const [first, second] = paymentNumbers as [string, string];
    await world().process([receipt(first), receipt(second)]);
    expect(await openKinds(world(), second)).toEqual(['order_not_payable']);
    await world().receive(refundReceipt(second, ALL));
    expect(await openKinds(world(), second)).toEqual([]);
    expect(await statusOf(world(), orderNumber)).toBe('paid');
  });

  test('a cancelled order stays cancelled, and the case of its refund ends when the money is back', async () => {
    const { paymentNumber, orderNumber } = await settled(world());
    await world().moveOrder(orderNumber, 'cancelled');
    await world().receive(refundReceipt(paymentNumber));
    expect(await openKinds(world(), paymentNumber)).toEqual(['refund_due']);
    const rest = { amount: cny('60.00'), gatewayRefundId: `re2-${paymentNumber}` };
    await world().receive(refundReceipt(paymentNumber, rest));
    expect(await world().cases(paymentNumber)).toMatchObject([
      { kind: 'refund_due', endedBy: { by: 'refunds', refundNumber: `re2-${paymentNumber}` } },
    ]);
    expect(await statusOf(world(), orderNumber)).toBe('cancelled');
  });
}

function owning(world: () => World): void {
  test('money in a case that goes back whole ends its case, and a part of it is told in the case', async () => {
    const { paymentNumber } = await world().placeOrder();
    await world().receive(receipt(paymentNumber, { money: cny('120.00') }));
    await world().receive(refundReceipt(paymentNumber, { amount: cny('20.00') }));
    const found = await world().openCase(paymentNumber);
    expect(found).toMatchObject({ kind: 'amount_mismatched', refunded: { amount: '20.00' } });
    await world().receive(refundReceipt(paymentNumber, { ...ALL, gatewayRefundId: `re2-${paymentNumber}` }));
    expect((await world().state(paymentNumber)).cases).toEqual(['amount_mismatched resolved']);
  });

  test('money that comes again with the amount that has gone back is in its case until each amount has', async () => {
    const { paymentNumber } = await world().placeOrder();
    await world().receive(receipt(paymentNumber, { money: cny('150.00') }));
    await world().receive(refundReceipt(paymentNumber, { amount: cny('120.00') }));
    await world().receive(receipt(paymentNumber, { money: cny('120.00') }));
    expect(await openKinds(world(), paymentNumber)).toEqual(['amount_mismatched']);
    const rest = { amount: cny('30.00'), gatewayRefundId: `re2-${paymentNumber}` };
    await world().receive(refundReceipt(paymentNumber, rest));
    expect(await world().cases(paymentNumber)).toMatchObject([
      { kind: 'refund_exceeds_payment' },
      { status: 'resolved', endedBy: { by: 'refunds', refundNumber: `re2-${paymentNumber}` } },
    ]);
  });

  test('a second payment of money that has gone back before opens no case that stays open', async () => {
    const { paymentNumber } = await settled(world());
    const transactionId = freshNumber();
    await world().receive(refundReceipt(paymentNumber, ALL, { transactionId, paymentNumber: null }));
    expect(await world().outcomes([receipt(paymentNumber, { transactionId })])).toEqual(['paid_twice']);
    expect(await casesOf(world(), transactionId)).toMatchObject([
      { kind: 'paid_twice', status: 'resolved', endedBy: { by: 'refunds' } },
    ]);
  });

  test('nothing of money of 0.00 can be recorded as refunded', async () => {
    const paymentNumber = freshNumber();
    await world().receive(receipt(paymentNumber, { money: cny('0.00') }));
    const found = await world().openCase(paymentNumber);
    expect(await world().resolve(found, 'refunded_elsewhere', { reference: 'R-0' })).toEqual({
      refundable: null,
    });
    expect(await world().resolve(found, 'dismiss')).toMatchObject({ status: 'resolved' });
  });

  test('money of which a part went back settles when an operator accepts it, and the sum is told then', async () => {
    const { paymentNumber } = await world().placeOrder();
    await world().receive(receipt(paymentNumber, { money: cny('120.00') }));
    await world().receive(refundReceipt(paymentNumber, { amount: cny('20.00') }));
    await world().resolve(await world().openCase(paymentNumber), 'accept');
    expect(await world().toldRefunded(paymentNumber)).toEqual(['20.00, 100.00 left']);
    expect(await world().state(paymentNumber)).toMatchObject({ payment: 'succeeded', order: 'paid' });
  });

  test('money of which a part went back takes its refunds to the payment that it is attached to', async () => {
    const unknown = freshNumber();
    await world().receive(receipt(unknown));
    await world().receive(refundReceipt(unknown));
    const { paymentNumber, orderNumber } = await world().placeOrder();
    await world().resolve(await world().openCase(unknown), 'attach', { paymentNumber });
    const { refunds, refunded } = (await world().payment(paymentNumber))!;
    expect([refunds.map(({ refundNumber }) => refundNumber), refunded.amount]).toEqual([
      [`re-${unknown}`],
      '40.00',
    ]);
    expect((await world().order(orderNumber))!.refunded.amount).toBe('40.00');
  });

  test('an order shows the refunds of the money that paid it, and not those of money that came a second time', async () => {
    const { paymentNumber, orderNumber } = await settled(world());
    await world().receive(receipt(paymentNumber, { transactionId: freshNumber() }));
    const twice = await world().openCase(paymentNumber);
    await world().resolve(twice, 'refunded_elsewhere', { reference: 'RF-1' });
    const refundedOf = async () => (await world().order(orderNumber))!.refunded.amount;
    expect(await refundedOf()).toBe('0.00');
    await world().receive(refundReceipt(paymentNumber));
    expect(await refundedOf()).toBe('40.00');
  });

  test('while a refund of all money of a case is under way, no ending is possible', async () => {
    const { paymentNumber } = await world().placeOrder();
    await world().receive(receipt(paymentNumber, { money: cny('99.00') }));
    await world().receive(refundReceipt(paymentNumber, { amount: cny('99.00'), status: 'processing' }));
    const found = await world().openCase(paymentNumber);
    expect(await world().resolve(found, 'accept')).toBe('refund_under_way');
    await world().receive(refundReceipt(paymentNumber, { status: 'failed', at: at(1) }));
    expect(await world().resolve(found, 'accept')).toMatchObject({ reason: 'settled' });
  });
}

function recordingByHand(world: () => World): void {
  const failedRefund = async () => {
    const placed = await settled(world());
    await world().receive(refundReceipt(placed.paymentNumber, { ...ALL, status: 'failed' }));
    return placed;
  };

  test('a failed refund that was made by another way is recorded, and ends its case; the order follows', async () => {
    const { paymentNumber, orderNumber } = await failedRefund();
    const found = await world().openCase(paymentNumber);
    await world().resolve(found, 'refunded_elsewhere', { reference: 'BANK-1' });
    const refundNumber = `case-${found.id}-2`;
    expect(await world().cases(paymentNumber)).toMatchObject([
      { kind: 'refund_failed', resolution: 'refunded_elsewhere', endedBy: { by: 'refunds', refundNumber } },
    ]);
    expect(await world().toldRefunded(paymentNumber)).toEqual(['100.00, 0.00 left']);
    expect(await statusOf(world(), orderNumber)).toBe('refunded');
  });

  test('a part of a failed refund that was made by another way is recorded, and its case stays open for the rest', async () => {
    const { paymentNumber } = await failedRefund();
    const found = await world().openCase(paymentNumber);
    await world().resolve(found, 'refunded_elsewhere', { reference: 'BANK-1', amount: cny('60.00') });
    expect(await openKinds(world(), paymentNumber)).toEqual(['refund_failed']);
    expect(await world().toldRefunded(paymentNumber)).toEqual(['60.00, 40.00 left']);
    // For the next person: what is done, and which refund it is about.
    expect(await casesOf(world(), `T-${paymentNumber}`)).toMatchObject([
      { amount: ALL.amount.toJSON(), refunded: { amount: '60.00' }, refundNumber: `re-${paymentNumber}` },
    ]);
    await world().resolve(found, 'refunded_elsewhere', { reference: 'BANK-2' });
    expect(await openKinds(world(), paymentNumber)).toEqual([]);
    expect((await world().toldRefunded(paymentNumber)).at(-1)).toBe('100.00, 0.00 left');
  });

  test('no more than is left of the failed refund can be recorded for it, also where more is left of the money', async () => {
    const { paymentNumber, orderNumber } = await settled(world());
    await world().receive(refundReceipt(paymentNumber, { amount: cny('60.00'), status: 'failed' }));
    const found = await world().openCase(paymentNumber);
    const record = (amount: string, reference: string) =>
      world().resolve(found, 'refunded_elsewhere', { reference, amount: cny(amount) });
    expect(await record('60.01', 'BANK-1')).toEqual({ refundable: cny('60.00') });
    await record('40.00', 'BANK-1');
    expect(await record('20.01', 'BANK-2')).toEqual({ refundable: cny('20.00') });
    await record('20.00', 'BANK-2');
    expect(await openKinds(world(), paymentNumber)).toEqual([]);
    expect(await statusOf(world(), orderNumber)).toBe('paid');
    expect((await world().toldRefunded(paymentNumber)).at(-1)).toBe('60.00, 40.00 left');
  });

  test('the case of a failed refund ends when all money has gone back by another one, and nothing more can be recorded', async () => {
    const { paymentNumber } = await failedRefund();
    const found = await world().openCase(paymentNumber);
    const again = { amount: cny('90.00'), gatewayRefundId: `re2-${paymentNumber}` };
    await world().receive(refundReceipt(paymentNumber, again));
    expect(await world().resolve(found, 'refunded_elsewhere', { reference: 'BANK-1' })).toEqual({
      refundable: cny('10.00'),
    });
    const rest = { amount: cny('10.00'), gatewayRefundId: `re3-${paymentNumber}` };
    await world().receive(refundReceipt(paymentNumber, rest));
    expect(await world().cases(paymentNumber)).toMatchObject([
      { kind: 'refund_failed', status: 'resolved', resolution: null },
    ]);
  });

  test('while another refund of all money is under way, the case of a failed one cannot be ended', async () => {
    const { paymentNumber } = await failedRefund();
    const found = await world().openCase(paymentNumber);
    const other = { ...ALL, gatewayRefundId: `re2-${paymentNumber}`, status: 'processing' } as const;
    await world().receive(refundReceipt(paymentNumber, other));
    for (const resolution of ['refunded_elsewhere', 'dismiss'] as const) {
      const asked = resolution === 'dismiss' ? {} : { reference: 'BANK-1' };
      expect(await world().resolve(found, resolution, asked)).toBe('refund_under_way');
    }
  });

  test('a refund that an operator has recorded is the one that the gateway reports with that reference, and neither is recorded twice', async () => {
    const { paymentNumber } = await failedRefund();
    const found = await world().openCase(paymentNumber);
    const reference = `new-${paymentNumber}`;
    await world().resolve(found, 'refunded_elsewhere', { reference });
    const report = { ...ALL, gatewayRefundId: reference };
    expect(await world().outcomes([refundReceipt(paymentNumber, report)])).toEqual(['duplicate']);
    expect(await world().refunds(paymentNumber)).toEqual([
      `case-${found.id}-2 succeeded 100.00`,
      `re-${paymentNumber} failed 100.00`,
    ]);
    expect((await casesOf(world(), `T-${paymentNumber}`)).map(({ kind }) => kind)).toEqual(['refund_failed']);
  });

  test('a refund that the gateway has reported cannot be recorded again by an operator', async () => {
    const { paymentNumber } = await world().placeOrder();
    await world().receive(receipt(paymentNumber, { money: cny('120.00') }));
    await world().receive(refundReceipt(paymentNumber));
    const found = await world().openCase(paymentNumber);
    expect(await world().resolve(found, 'refunded_elsewhere', { reference: `re-${paymentNumber}` })).toBe(
      'refund_recorded',
    );
  });
}

function oldReports(world: () => World): void {
  /** A report and its case as a release before 0.8.0 has stored them. */
  async function storedBefore(paymentNumber: string, said: Said, refund: Partial<RefundReport> = {}) {
    const report = refundReceipt(paymentNumber, refund, said);
    const callbackId = await world().store(report, 'refund_reported');
    const { gateway, transactionId, money } = report.notification;
    const about = { gateway, transactionId, paymentNumber, orderNumber: null, ownsMoney: false, callbackId };
    const details = { paid: money?.toString() ?? null };
    const opened = { ...about, kind: 'refund_reported' as const, details };
    const [stored] = await world().run((tx) => tx.of(CaseRepository).open([opened], new Date(NOW)));
    return stored!.id;
  }

  /** As releases before 0.7.0: the notice has nothing of the report, and the body has all. */
  const unnamed = (paymentNumber: string, refund: Partial<RefundReport>, said: Said = {}): Said => ({
    refund: null,
    body: bodyOf(refundReceipt(paymentNumber, refund)),
    ...said,
  });

  test('all reports of a payment that releases before 0.7.0 were told of become refunds, and the order follows', async () => {
    const { paymentNumber, orderNumber } = await settled(world());
    const second = {
      amount: cny('60.00'),
      gatewayRefundId: `re2-${paymentNumber}`,
      at: new Date(NOW + 2_000),
    };
    const sum = { amount: null, gatewayRefundId: null, cumulative: cny('100.00'), at: new Date(NOW + 2_000) };
    await storedBefore(paymentNumber, unnamed(paymentNumber, sum));
    await storedBefore(paymentNumber, unnamed(paymentNumber, second));
    await storedBefore(paymentNumber, unnamed(paymentNumber, {}));
    await world().recordOldReports();
    await world().recordOldReports();
    expect(await world().refunds(paymentNumber)).toEqual([
      `re-${paymentNumber} succeeded 40.00`,
      `re2-${paymentNumber} succeeded 60.00`,
    ]);
    const ending = { status: 'resolved', endedBy: { by: 'successor', discrepancyId: null } };
    expect(await world().cases(paymentNumber)).toMatchObject([ending, ending, ending]);
    expect(await statusOf(world(), orderNumber)).toBe('refunded');
  });

  test('reports that have joined apply in the order of the gateway, so a sum contains no refund that failed afterwards', async () => {
    const { paymentNumber, orderNumber } = await settled(world());
    const sum = { amount: null, gatewayRefundId: null, cumulative: cny('40.00'), at: new Date(NOW + 1_000) };
    await storedBefore(paymentNumber, {}, { status: 'failed', at: new Date(NOW + 2_000) });
    await storedBefore(paymentNumber, {}, sum);
    await storedBefore(paymentNumber, {}, { status: 'succeeded' });
    await world().recordOldReports();
    expect(await world().refunds(paymentNumber)).toEqual([`re-${paymentNumber} failed 40.00`]);
    expect((await world().cases(paymentNumber)).filter(({ status }) => status === 'open')).toMatchObject([
      { kind: 'refund_failed' },
    ]);
    expect(await statusOf(world(), orderNumber)).toBe('paid');
  });

  test('reports that name the payment alone lead to the same order, whichever of them came first', async () => {
    const succeeds = { amount: cny('100.00') };
    const fails = { ...succeeds, status: 'failed', at: new Date(NOW + 2_000) } as const;
    const results: unknown[] = [];
    for (const said of [
      [succeeds, fails],
      [fails, succeeds],
    ]) {
      const { paymentNumber, orderNumber } = await settled(world());
      for (const each of said) await storedBefore(paymentNumber, { transactionId: null }, each);
      await world().recordOldReports();
      const refunds = await world().refunds(paymentNumber);
      results.push([
        refunds.map((each) => each.replace(paymentNumber, 'P')),
        await statusOf(world(), orderNumber),
      ]);
    }
    expect(results).toEqual(Array.from({ length: 2 }, () => [['re-P failed 100.00'], 'refunded']));
  });

  test('a report whose content cannot be read again stays a case that says so, and the others are recorded', async () => {
    const { paymentNumber } = await settled(world());
    const id = await storedBefore(paymentNumber, { refund: null, money: cny('70.00') });
    await storedBefore(paymentNumber, unnamed(paymentNumber, {}));
    await world().recordOldReports();
    await world().recordOldReports();
    expect(await world().refunds(paymentNumber)).toEqual([`re-${paymentNumber} succeeded 40.00`]);
    const found = (await world().cases(paymentNumber)).find((each) => each.id === id)!;
    expect(found).toMatchObject({
      status: 'open',
      amount: { amount: '70.00' },
      details: { reason: 'the report cannot be read again: no such field' },
    });
    expect(found.allowedResolutions.map(({ resolution }) => resolution)).toEqual([
      'refunded_elsewhere',
      'dismiss',
    ]);
  });

  test('an old report that names neither a number nor an id stays a case, and a person records its amount', async () => {
    const { paymentNumber } = await settled(world());
    const nameless = { refundNumber: null, gatewayRefundId: null, amount: cny('10.00') };
    await storedBefore(paymentNumber, unnamed(paymentNumber, nameless));
    await world().recordOldReports();
    const found = await world().openCase(paymentNumber);
    const reason = 'the report cannot be read again: it names neither a number nor an id of the refund';
    expect([found.kind, found.details['reason']]).toEqual(['refund_reported', reason]);
    await world().resolve(found, 'refunded_elsewhere', { reference: 'RF-1', amount: cny('10.00') });
    expect(await world().toldRefunded(paymentNumber)).toEqual(['10.00, 90.00 left']);
  });

  test('the case of a refund that failed is followed by the case about that, and one that names no amount by an unreadable one', async () => {
    const { paymentNumber } = await settled(world());
    const { refund } = refundReceipt(paymentNumber, { status: 'failed' }).notification;
    await storedBefore(paymentNumber, { refund });
    const other = await settled(world());
    const nothing = { amount: null, refundNumber: null };
    await storedBefore(other.paymentNumber, unnamed(other.paymentNumber, nothing, { money: null }));
    await world().recordOldReports();
    for (const [number, kind] of [
      [paymentNumber, 'refund_failed'],
      [other.paymentNumber, 'unreadable'],
    ] as const) {
      const [successor, old] = await world().cases(number);
      expect([successor!.kind, successor!.status]).toEqual([kind, 'open']);
      expect(old!.endedBy).toEqual({ by: 'successor', discrepancyId: successor!.id });
    }
  });
}
