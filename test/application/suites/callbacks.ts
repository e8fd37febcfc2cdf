import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { CaseQueries } from '../../../src/application/cases/case-queries.js';
import { Money } from '../../../src/domain/money.js';
import { freshNumber, LATE, NOW, receipt, disputeReport, refundReceipt } from '../fixtures/receipts.js';
import { World, type TestDatabase } from '../fixtures/world.js';

/** What becomes of callbacks. */
export function callbackSuite(name: string, open: () => Promise<TestDatabase>): void {
  describe(`processing callbacks, on ${name}`, () => {
    let world: World;
    beforeAll(async () => {
      world = new World(await open());
    });
    afterAll(() => world.database.close());
    settling(() => world);
    reporting(() => world);
    receiving(() => world);
  });
}

function settling(world: () => World): void {
  test('one success is a batch of one: the payment succeeds, the order is paid, and the log records both', async () => {
    const { paymentNumber } = await world().placeOrder();
    expect(await world().outcomes([receipt(paymentNumber)])).toEqual(['settled']);
    expect(await world().state(paymentNumber)).toEqual({
      payment: 'succeeded',
      order: 'paid',
      log: ['payment.created', 'payment.succeeded', 'order.paid'],
      cases: [],
    });
  });

  test('a batch decides notifications of all kinds in order of arrival', async () => {
    const [first, second] = [await world().placeOrder(), await world().placeOrder()];
    const batch = [
      receipt(first.paymentNumber, { kind: 'processing' }),
      receipt(second.paymentNumber, { kind: 'failed', reason: 'card declined' }),
      receipt(first.paymentNumber),
      receipt(first.paymentNumber, { kind: 'processing' }),
      receipt(second.paymentNumber),
      receipt(first.paymentNumber),
    ];
    expect(await world().outcomes(batch)).toEqual([
      'recorded',
      'recorded',
      'settled',
      'stale',
      'settled',
      'duplicate',
    ]);
    expect((await world().state(second.paymentNumber)).log).toEqual([
      'payment.created',
      'payment.failed',
      'callback.recorded',
      'payment.succeeded',
      'order.paid',
    ]);
  });

  test('of two payments of one order in one batch, the first pays it, and the money of the second opens a case', async () => {
    const { paymentNumbers } = await world().placeOrder({ payments: 2 });
    const [first, second] = paymentNumbers as [string, string];
    expect(await world().outcomes([receipt(first), receipt(second)])).toEqual([
      'settled',
      'order_not_payable',
    ]);
    expect(world().telemetry.counted).toContain('transition failed');
    expect(await world().state(second)).toMatchObject({
      payment: 'succeeded',
      cases: ['order_not_payable open'],
    });
  });

  test('one transaction for two payments in one batch settles only the first', async () => {
    const [first, second] = [await world().placeOrder(), await world().placeOrder()];
    const transactionId = freshNumber();
    const batch = [first, second].map(({ paymentNumber }) => receipt(paymentNumber, { transactionId }));
    expect(await world().outcomes(batch)).toEqual(['settled', 'transaction_reused']);
  });

  test('money is judged by the time of its receipt, however late it is processed', async () => {
    const [timely, late] = [await world().placeOrder(), await world().placeOrder()];
    world().clock.at = NOW + 7_200_000;
    const batch = [receipt(timely.paymentNumber), receipt(late.paymentNumber, { receivedAt: LATE })];
    expect(await world().outcomes(batch)).toEqual(['settled', 'paid_late']);
    world().clock.at = NOW;
    expect(await world().state(late.paymentNumber)).toEqual({
      payment: 'expired',
      order: 'pending',
      log: ['payment.created', 'payment.expired', 'callback.paid_late', 'discrepancy.opened'],
      cases: ['paid_late open'],
    });
    expect(world().telemetry.counted).toContain('payment expired');
    const { log } = (await world().payment(late.paymentNumber))!;
    expect(log.find(({ event }) => event === 'payment.expired')?.data).toMatchObject({ reason: 'paid_late' });
  });
}

function reporting(world: () => World): void {
  test('a refund that names only the transaction is about the payment that the transaction settled', async () => {
    const { paymentNumber } = await world().placeOrder();
    const refund = refundReceipt(paymentNumber, {}, { paymentNumber: null });
    expect(await world().outcomes([receipt(paymentNumber)])).toEqual(['settled']);
    expect(await world().outcomes([refund])).toEqual(['refund_reported']);
    expect(await world().toldRefunded(paymentNumber)).toEqual(['40.00, 60.00 left']);
  });

  test('a success that names no payment is unmatched, although its transaction has settled one', async () => {
    const { paymentNumber } = await world().placeOrder();
    await world().process([receipt(paymentNumber)]);
    expect(await world().outcomes([receipt(paymentNumber, { paymentNumber: null })])).toEqual(['unmatched']);
  });

  test('a dispute that names only the transaction is about the payment that its money was meant for, settled or not', async () => {
    const { paymentNumber } = await world().placeOrder();
    const transactionId = freshNumber();
    const money = Money.of('99.99', 'CNY');
    expect(await world().outcomes([receipt(paymentNumber, { money, transactionId })])).toEqual([
      'amount_mismatched',
    ]);
    const dispute = receipt(paymentNumber, {
      kind: 'dispute',
      paymentNumber: null,
      transactionId,
      dispute: disputeReport(freshNumber()),
    });
    expect(await world().outcomes([dispute])).toEqual(['dispute_reported']);
    expect((await world().state(paymentNumber)).cases).toContain('amount_mismatched open');
  });

  test('cancelling a paid order opens one case for its money, and none for money that has a case', async () => {
    const { orderNumber, paymentNumbers } = await world().placeOrder({ payments: 2 });
    const [first, second] = paymentNumbers as [string, string];
    await world().process([receipt(first), receipt(second)]);
    await world().moveOrder(orderNumber, 'cancelled');
    expect((await world().state(first)).cases).toEqual(['refund_due open']);
    expect((await world().state(second)).cases).toEqual(['order_not_payable open']);
  });
}

function receiving(world: () => World): void {
  test('copies in one batch and after it join the first callback, and change nothing', async () => {
    const { paymentNumber } = await world().placeOrder();
    const copy = receipt(paymentNumber);
    expect(await world().outcomes([copy, copy, copy])).toEqual([
      'settled',
      'copy of settled',
      'copy of settled',
    ]);
    expect(await world().outcomes([copy])).toEqual(['copy of settled']);
    expect((await world().state(paymentNumber)).log).toEqual([
      'payment.created',
      'payment.succeeded',
      'order.paid',
    ]);
  });

  test('a known event id with other content is conflicting, in one batch and after it, and its copies join it', async () => {
    const { paymentNumber } = await world().placeOrder();
    const [eventId, money] = [freshNumber(), Money.of('1.00', 'CNY')];
    const [first, other] = [receipt(paymentNumber, { eventId }), receipt(paymentNumber, { eventId, money })];
    expect(await world().outcomes([first, other, other])).toEqual([
      'settled',
      'conflicting',
      'copy of conflicting',
    ]);
    expect(await world().outcomes([other, first])).toEqual(['copy of conflicting', 'copy of settled']);
    expect((await world().state(paymentNumber)).cases).toEqual(['conflicting open']);
  });

  test('a callback that an earlier release has stored under another fingerprint is a copy when it comes again', async () => {
    const { paymentNumber } = await world().placeOrder();
    const stored = receipt(paymentNumber, { money: Money.of('12.85', 'EUR') });
    expect(await world().outcomes([stored])).toEqual(['amount_mismatched']);
    const now = receipt(paymentNumber, { eventId: stored.eventId });
    const again = { ...now, earlierFingerprint: stored.fingerprint };
    expect(await world().outcomes([again, again])).toEqual([
      'copy of amount_mismatched',
      'copy of amount_mismatched',
    ]);
    const other = { ...now, earlierFingerprint: 'another' };
    expect(await world().outcomes([other])).toEqual(['conflicting']);
  });

  test('every further notification about one piece of money joins its case', async () => {
    const { paymentNumber } = await world().placeOrder();
    const money = Money.of('99.99', 'CNY');
    const batch = [receipt(paymentNumber, { money }), receipt(paymentNumber, { money })];
    expect(await world().outcomes(batch)).toEqual(['amount_mismatched', 'amount_mismatched']);
    expect(await world().outcomes([receipt(paymentNumber, { money })])).toEqual(['amount_mismatched']);
    expect((await world().state(paymentNumber)).cases).toEqual(['amount_mismatched open']);
  });

  test('each unreadable callback has a case of its own, because its money is not known', async () => {
    const blank = { paymentNumber: null, transactionId: null, money: null, kind: 'unreadable' as const };
    const count = async () => {
      const page = { limit: 50, before: null };
      const { items } = await world().run((tx) => tx.of(CaseQueries).list({ kind: 'unreadable' }, page));
      return items.length;
    };
    const before = await count();
    expect(await world().outcomes([receipt('x', blank), receipt('y', blank)])).toEqual([
      'unreadable',
      'unreadable',
    ]);
    expect(await count()).toBe(before + 2);
  });
}
