import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { transitionOrder } from '../../src/application/transition-order.js';
import { Money } from '../../src/domain/money.js';
import { freshNumber, type OpenStores } from './by-hand.js';
import { NOW, receipt, World } from './callback-world.js';

/** What becomes of callbacks, over whatever keeps them. */
export function callbackStories(name: string, open: () => Promise<OpenStores>): void {
  describe(`callbacks, on ${name}`, () => {
    let world: World;
    beforeAll(async () => {
      world = new World(await open());
    });
    afterAll(() => world.stores.close());
    groups(() => world);
    inbox(() => world);
  });
}

function groups(world: () => World): void {
  test('a group of one is a group: the payment succeeds, the order is paid, and the log says so', async () => {
    const { paymentNumber } = await world().given();
    expect(await world().outcomes([receipt(paymentNumber)])).toEqual(['settled']);
    expect(await world().left(paymentNumber)).toEqual({
      payment: 'succeeded',
      order: 'paid',
      log: ['payment.succeeded', 'order.paid'],
      cases: [],
    });
  });

  test('notices of all kinds settle in one group, in order of arrival', async () => {
    const [first, second] = [await world().given(), await world().given()];
    const group = [
      receipt(first.paymentNumber, { kind: 'processing' }),
      receipt(second.paymentNumber, { kind: 'failed', reason: 'card declined' }),
      receipt(first.paymentNumber),
      receipt(first.paymentNumber, { kind: 'processing' }),
      receipt(second.paymentNumber),
      receipt(first.paymentNumber),
    ];
    expect(await world().outcomes(group)).toEqual([
      'recorded',
      'recorded',
      'settled',
      'stale',
      'settled',
      'duplicate',
    ]);
    expect((await world().left(second.paymentNumber)).log).toEqual([
      'payment.failed',
      'callback.recorded',
      'payment.succeeded',
      'order.paid',
    ]);
  });

  test('two payments of one order in one group: the first pays it, the second gets an owner and is counted', async () => {
    const { paymentNumbers } = await world().given({ payments: 2 });
    const [first, second] = paymentNumbers as [string, string];
    expect(await world().outcomes([receipt(first), receipt(second)])).toEqual([
      'settled',
      'order_not_payable',
    ]);
    expect(world().tally.counted).toContain('transition failed');
    expect(await world().left(second)).toMatchObject({
      payment: 'succeeded',
      cases: ['order_not_payable open'],
    });
  });

  test('one transaction for two payments in one group settles the first only', async () => {
    const [first, second] = [await world().given(), await world().given()];
    const transactionId = freshNumber();
    const group = [first, second].map(({ paymentNumber }) => receipt(paymentNumber, { transactionId }));
    expect(await world().outcomes(group)).toEqual(['settled', 'transaction_reused']);
  });

  test('money in time settles however late it is worked on; money that was late does not', async () => {
    const [timely, late] = [await world().given(), await world().given()];
    const receivedAt = new Date(NOW + 1_800_001);
    world().clock.at = NOW + 7_200_000;
    const group = [receipt(timely.paymentNumber), receipt(late.paymentNumber, { receivedAt })];
    expect(await world().outcomes(group)).toEqual(['settled', 'paid_late']);
    world().clock.at = NOW;
    expect(await world().left(late.paymentNumber)).toEqual({
      payment: 'expired',
      order: 'pending',
      log: ['payment.expired', 'callback.paid_late', 'discrepancy.opened'],
      cases: ['paid_late open'],
    });
    expect(world().tally.counted).toContain('payment expired');
  });

  test('a refund that names the transaction alone finds the payment that it settled', async () => {
    const { paymentNumber } = await world().given();
    const group = [receipt(paymentNumber), receipt(paymentNumber, { kind: 'refund', paymentNumber: null })];
    expect(await world().outcomes([group[0]!])).toEqual(['settled']);
    expect(await world().outcomes([group[1]!])).toEqual(['refund_reported']);
    expect((await world().left(paymentNumber)).cases).toEqual(['refund_reported open']);
  });

  test('a dispute that names the transaction alone finds the payment that its money was for, settled or not', async () => {
    const { paymentNumber } = await world().given();
    const transactionId = freshNumber();
    const money = Money.of('99.99', 'CNY');
    expect(await world().outcomes([receipt(paymentNumber, { money, transactionId })])).toEqual([
      'amount_mismatched',
    ]);
    const dispute = receipt(paymentNumber, { kind: 'dispute', paymentNumber: null, transactionId });
    expect(await world().outcomes([dispute])).toEqual(['dispute_reported']);
    expect((await world().left(paymentNumber)).cases).toEqual([
      'dispute_reported open',
      'amount_mismatched open',
    ]);
  });

  test('cancelling a paid order opens one case for its money; money that has a case gets no second one', async () => {
    const { orderNumber, paymentNumbers } = await world().given({ payments: 2 });
    const [first, second] = paymentNumbers as [string, string];
    await world().receive([receipt(first), receipt(second)]);
    const deed = { actor: 'admin:otto', at: new Date(NOW) };
    await world().stores.unitOfWork.run((stores) =>
      transitionOrder(stores, { orderNumber, to: 'cancelled' }, deed),
    );
    expect((await world().left(first)).cases).toEqual(['refund_due open']);
    expect((await world().left(second)).cases).toEqual(['order_not_payable open']);
  });
}

function inbox(world: () => World): void {
  test('copies in one group and after it join the first, and only the first does anything', async () => {
    const { paymentNumber } = await world().given();
    const copy = receipt(paymentNumber);
    expect(await world().outcomes([copy, copy, copy])).toEqual([
      'settled',
      'copy of settled',
      'copy of settled',
    ]);
    expect(await world().outcomes([copy])).toEqual(['copy of settled']);
    expect((await world().left(paymentNumber)).log).toEqual(['payment.succeeded', 'order.paid']);
  });

  test('one event id over two contents, in one group and after it: the second is conflicting, and its copies join it', async () => {
    const { paymentNumber } = await world().given();
    const [eventId, money] = [freshNumber(), Money.of('1.00', 'CNY')];
    const [first, other] = [receipt(paymentNumber, { eventId }), receipt(paymentNumber, { eventId, money })];
    expect(await world().outcomes([first, other, other])).toEqual([
      'settled',
      'conflicting',
      'copy of conflicting',
    ]);
    expect(await world().outcomes([other, first])).toEqual(['copy of conflicting', 'copy of settled']);
    expect((await world().left(paymentNumber)).cases).toEqual(['conflicting open']);
  });

  test('every further notice of one piece of money joins its case', async () => {
    const { paymentNumber } = await world().given();
    const money = Money.of('99.99', 'CNY');
    const group = [receipt(paymentNumber, { money }), receipt(paymentNumber, { money })];
    expect(await world().outcomes(group)).toEqual(['amount_mismatched', 'amount_mismatched']);
    expect(await world().outcomes([receipt(paymentNumber, { money })])).toEqual(['amount_mismatched']);
    expect((await world().left(paymentNumber)).cases).toEqual(['amount_mismatched open']);
  });

  test('unreadable callbacks are a case each, for nobody knows what money they speak of', async () => {
    const blank = { paymentNumber: null, transactionId: null, money: null, kind: 'unreadable' as const };
    const count = async () =>
      world().stores.unitOfWork.run(
        async ({ queries }) =>
          (await queries.discrepancies({ kind: 'unreadable' }, { limit: 50, before: null })).items.length,
      );
    const before = await count();
    expect(await world().outcomes([receipt('x', blank), receipt('y', blank)])).toEqual([
      'unreadable',
      'unreadable',
    ]);
    expect(await count()).toBe(before + 2);
  });
}
