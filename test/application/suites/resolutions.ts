import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { Money } from '../../../src/domain/money.js';
import { freshNumber, LATE, receipt, type Said } from '../fixtures/receipts.js';
import { World, type TestDatabase } from '../fixtures/world.js';

/** How operators end cases. */
export function resolutionSuite(name: string, open: () => Promise<TestDatabase>): void {
  describe(`resolving cases, on ${name}`, () => {
    let world: World;
    beforeAll(async () => {
      world = new World(await open());
    });
    afterAll(() => world.database.close());
    accepting(() => world);
    acceptingTwice(() => world);
    refusing(() => world);
    ending(() => world);
  });
}

const lateReceipt = (paymentNumber: string, said: Said = {}) =>
  receipt(paymentNumber, { receivedAt: LATE, ...said });

function accepting(world: () => World): void {
  test('when late money is accepted, the payment succeeds, the order is paid, and the log names the operator', async () => {
    const { paymentNumber } = await world().placeOrder();
    const callbackId = await world().receive(lateReceipt(paymentNumber));
    expect(await world().resolve(await world().openCase(paymentNumber), 'accept')).toMatchObject({
      status: 'resolved',
      resolution: 'accept',
      resolvedBy: 'admin:otto',
      note: 'seen and decided',
      reason: 'settled',
    });
    expect(await world().state(paymentNumber)).toEqual({
      payment: 'succeeded',
      order: 'paid',
      log: [
        'payment.created',
        'payment.expired',
        'callback.paid_late',
        'discrepancy.opened',
        'payment.succeeded',
        'order.paid',
        'discrepancy.resolved',
      ],
      cases: ['paid_late resolved'],
    });
    const { items } = (await world().timeline(paymentNumber))!;
    expect(items.find((item) => item.kind === 'event' && item.type === 'order.paid')).toMatchObject({
      actor: 'admin:otto',
      callbackId,
    });
    expect(await world().callback(callbackId)).toMatchObject({ outcome: 'paid_late' });
  });

  test('when money of another amount is accepted, the payment succeeds with the amount that came', async () => {
    const { paymentNumber } = await world().placeOrder();
    await world().receive(receipt(paymentNumber, { money: Money.of('99.99', 'CNY') }));
    const resolved = await world().resolve(await world().openCase(paymentNumber), 'accept');
    expect(resolved).toMatchObject({ reason: 'settled' });
    const { items } = (await world().timeline(paymentNumber))!;
    const amount = { amount: '99.99', currency: 'CNY' };
    expect(items).toContainEqual(
      expect.objectContaining({ type: 'payment.succeeded', data: expect.objectContaining({ amount }) }),
    );
  });

  test('when money for a cancelled order is accepted, the payment succeeds and the money has a new case', async () => {
    const { paymentNumber, orderNumber } = await world().placeOrder();
    await world().receive(lateReceipt(paymentNumber));
    await world().moveOrder(orderNumber, 'cancelled');
    const resolved = await world().resolve(await world().openCase(paymentNumber), 'accept');
    expect(resolved).toMatchObject({ status: 'resolved', reason: 'order_not_payable' });
    expect(await world().state(paymentNumber)).toMatchObject({
      payment: 'succeeded',
      order: 'cancelled',
      cases: ['order_not_payable open', 'paid_late resolved'],
    });
  });
}

function acceptingTwice(world: () => World): void {
  test('when a second transaction of one payment is accepted, the payment is paid twice', async () => {
    const { paymentNumber } = await world().placeOrder();
    await world().receive(lateReceipt(paymentNumber));
    const first = await world().openCase(paymentNumber);
    await world().receive(lateReceipt(paymentNumber, { transactionId: freshNumber() }));
    const [second] = await world().cases(paymentNumber);
    expect(await world().resolve(first, 'accept')).toMatchObject({ reason: 'settled' });
    expect(await world().resolve(second!, 'accept')).toMatchObject({ reason: 'paid_twice' });
    expect((await world().state(paymentNumber)).cases).toEqual([
      'paid_twice open',
      'paid_late resolved',
      'paid_late resolved',
    ]);
  });

  test('when one transaction is accepted for two payments, it settles only one of them', async () => {
    const [first, second] = [await world().placeOrder(), await world().placeOrder()];
    const transactionId = freshNumber();
    const reasons: unknown[] = [];
    for (const { paymentNumber } of [first, second])
      await world().receive(lateReceipt(paymentNumber, { transactionId }));
    for (const { paymentNumber } of [first, second])
      reasons.push(await world().resolve(await world().openCase(paymentNumber), 'accept'));
    expect(reasons).toMatchObject([{ reason: 'settled' }, { reason: 'transaction_reused' }]);
    expect(await world().state(second.paymentNumber)).toMatchObject({ payment: 'expired', order: 'pending' });
  });

  test('money that is late and of another amount must be accepted twice', async () => {
    const { paymentNumber } = await world().placeOrder();
    await world().receive(lateReceipt(paymentNumber, { money: Money.of('1.00', 'CNY') }));
    const first = await world().resolve(await world().openCase(paymentNumber), 'accept');
    expect(first).toMatchObject({ reason: 'amount_mismatched' });
    expect(await world().state(paymentNumber)).toMatchObject({ payment: 'expired', order: 'pending' });
    const second = await world().resolve(await world().openCase(paymentNumber), 'accept');
    expect(second).toMatchObject({ kind: 'amount_mismatched', reason: 'settled' });
    expect(await world().state(paymentNumber)).toMatchObject({ payment: 'succeeded', order: 'paid' });
  });
}

function refusing(world: () => World): void {
  test('money in another currency cannot be accepted, and nothing changes', async () => {
    const { paymentNumber } = await world().placeOrder();
    const money = Money.of('100.00', 'USD');
    await world().receive(receipt(paymentNumber, { money, transactionId: freshNumber() }));
    await world().receive(lateReceipt(paymentNumber, { money, transactionId: freshNumber() }));
    const before = await world().state(paymentNumber);
    expect(before.cases).toEqual(['paid_late open', 'amount_mismatched open']);
    for (const found of await world().cases(paymentNumber)) {
      expect(await world().resolve(found, 'accept')).toBe('other_currency');
    }
    expect(await world().state(paymentNumber)).toEqual(before);
  });

  test('a case of another kind than lateness or amount cannot be accepted', async () => {
    const paymentNumber = freshNumber();
    await world().receive(receipt(paymentNumber));
    expect(await world().resolve(await world().openCase(paymentNumber), 'accept')).toBe('not_acceptable');
    expect((await world().state(paymentNumber)).cases).toEqual(['unmatched open']);
  });

  test('money that was refunded elsewhere needs a reference, and pays nothing afterwards', async () => {
    const { paymentNumber } = await world().placeOrder();
    await world().receive(lateReceipt(paymentNumber, { money: Money.of('1.00', 'CNY') }));
    await world().resolve(await world().openCase(paymentNumber), 'accept');
    const next = await world().openCase(paymentNumber);
    expect(await world().resolve(next, 'refunded_elsewhere')).toBe('reference_missing');
    expect(await world().resolve(next, 'refunded_elsewhere', { reference: 'RF-7' })).toMatchObject({
      status: 'resolved',
      resolution: 'refunded_elsewhere',
      reference: 'RF-7',
      reason: null,
    });
    expect(await world().replay(next.callbackId!)).toBe('money_refunded');
    expect(await world().state(paymentNumber)).toMatchObject({ payment: 'expired', order: 'pending' });
  });

  test('of two cases of one piece of money, the second cannot be accepted after the first was refunded', async () => {
    const [first, second] = [await world().placeOrder(), await world().placeOrder()];
    const transactionId = freshNumber();
    for (const { paymentNumber } of [first, second])
      await world().receive(lateReceipt(paymentNumber, { transactionId }));
    const refunded = await world().openCase(first.paymentNumber);
    await world().resolve(refunded, 'refunded_elsewhere', { reference: 'RF-8' });
    const other = await world().openCase(second.paymentNumber);
    expect(await world().resolve(other, 'accept')).toBe('money_refunded');
  });

  test('an unknown case can neither be resolved nor get a note', async () => {
    expect(await world().resolve({ id: '999999' }, 'dismiss')).toBe('discrepancy_unknown');
    expect(await world().addNote({ id: '999999' }, 'hello')).toBe('discrepancy_unknown');
  });
}

function ending(world: () => World): void {
  test('if two operators end a case at once, one ends it, and the other gets the ending of the first', async () => {
    const { paymentNumber } = await world().placeOrder();
    await world().receive(lateReceipt(paymentNumber));
    const found = await world().openCase(paymentNumber);
    const answers = await Promise.all([
      world().resolve(found, 'accept', { by: 'otto' }),
      world().resolve(found, 'dismiss', { by: 'olga' }),
    ]);
    const [lost] = answers.filter((answer) => typeof answer === 'object' && 'endedBefore' in answer);
    const [won] = answers.filter((answer) => answer !== lost);
    expect(won).toMatchObject({ status: 'resolved' });
    expect(lost).toEqual({ endedBefore: won });
    const events = (await world().state(paymentNumber)).log!;
    expect(events.filter((type) => type === 'discrepancy.resolved')).toHaveLength(1);
  });

  test('a resolved case cannot be resolved again, and takes further notes', async () => {
    const paymentNumber = freshNumber();
    await world().receive(receipt(paymentNumber));
    const found = await world().openCase(paymentNumber);
    await world().addNote(found, 'asked the customer');
    const dismissed = await world().resolve(found, 'dismiss');
    expect(await world().resolve(found, 'dismiss', { by: 'olga' })).toEqual({ endedBefore: dismissed });
    expect(await world().addNote(found, 'the customer has answered')).toMatchObject({
      status: 'resolved',
      resolution: 'dismiss',
      notes: [
        { actor: 'admin:vera', note: 'asked the customer' },
        { actor: 'admin:vera', note: 'the customer has answered' },
      ],
    });
  });

  test('the event of a resolution names the operator and the reference, and contains no note', async () => {
    const { paymentNumber } = await world().placeOrder();
    await world().receive(lateReceipt(paymentNumber));
    const found = await world().openCase(paymentNumber);
    await world().addNote(found, 'Mrs Smith called');
    const words = { note: 'refunded to Mrs Smith', reference: 'RF-9' };
    await world().resolve(found, 'refunded_elsewhere', words);
    const { log } = (await world().payment(paymentNumber))!;
    const { actor, event, data } = log.at(-1)!;
    expect([event, actor]).toEqual(['discrepancy.resolved', 'admin:otto']);
    expect(data).toMatchObject({ kind: 'paid_late', resolution: 'refunded_elsewhere', reference: 'RF-9' });
    expect(JSON.stringify(log)).not.toContain('Smith');
  });
}
