import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { transitionOrder } from '../../src/application/transition-order.js';
import { Money } from '../../src/domain/money.js';
import { freshNumber, type OpenStores } from './by-hand.js';
import { receipt } from './callback-world.js';
import { CaseWorld, deedOf, LATE } from './case-world.js';

/** How operators end cases, over whatever keeps them. */
export function resolutionStories(name: string, open: () => Promise<OpenStores>): void {
  describe(`ending cases, on ${name}`, () => {
    let world: CaseWorld;
    beforeAll(async () => {
      world = new CaseWorld(await open());
    });
    afterAll(() => world.stores.close());
    accepting(() => world);
    refusing(() => world);
    ending(() => world);
  });
}

const late = (paymentNumber: string, said: Parameters<typeof receipt>[1] = {}) =>
  receipt(paymentNumber, { receivedAt: LATE, ...said });

function accepting(world: () => CaseWorld): void {
  test('accepting late money: the payment succeeds, the order is paid, and the log names the operator', async () => {
    const { paymentNumber } = await world().given();
    const callbackId = await world().received(late(paymentNumber));
    expect(await world().resolve(await world().openCase(paymentNumber), 'accept')).toMatchObject({
      status: 'resolved',
      resolution: 'accept',
      resolvedBy: 'admin:otto',
      note: 'seen and decided',
      reason: 'settled',
    });
    expect(await world().left(paymentNumber)).toEqual({
      payment: 'succeeded',
      order: 'paid',
      log: [
        'payment.expired',
        'callback.paid_late',
        'discrepancy.opened',
        'payment.succeeded',
        'order.paid',
        'discrepancy.resolved',
      ],
      cases: ['paid_late resolved'],
    });
    const told = (await world().timeline(paymentNumber))!.items;
    expect(told.find((item) => item.kind === 'event' && item.type === 'order.paid')).toMatchObject({
      actor: 'admin:otto',
      callbackId,
    });
    expect(await world().callback(callbackId)).toMatchObject({ outcome: 'paid_late' });
  });

  test('accepting money of another amount: the payment succeeds with what came', async () => {
    const { paymentNumber } = await world().given();
    await world().receive([receipt(paymentNumber, { money: Money.of('99.99', 'CNY') })]);
    const resolved = await world().resolve(await world().openCase(paymentNumber), 'accept');
    expect(resolved).toMatchObject({ reason: 'settled' });
    const { items } = (await world().timeline(paymentNumber))!;
    const amount = { amount: '99.99', currency: 'CNY' };
    expect(items).toContainEqual(
      expect.objectContaining({ type: 'payment.succeeded', data: expect.objectContaining({ amount }) }),
    );
  });

  test('accepting money for an order that was cancelled: the payment succeeds, and the money has a new case', async () => {
    const { paymentNumber, orderNumber } = await world().given();
    await world().receive([late(paymentNumber)]);
    await world().stores.unitOfWork.run((stores) =>
      transitionOrder(stores, { orderNumber, to: 'cancelled' }, deedOf('otto')),
    );
    const resolved = await world().resolve(await world().openCase(paymentNumber), 'accept');
    expect(resolved).toMatchObject({ status: 'resolved', reason: 'order_not_payable' });
    expect(await world().left(paymentNumber)).toMatchObject({
      payment: 'succeeded',
      order: 'cancelled',
      cases: ['order_not_payable open', 'paid_late resolved'],
    });
  });

  test('accepting a second transaction of one payment makes it paid twice', async () => {
    const { paymentNumber } = await world().given();
    await world().receive([late(paymentNumber)]);
    const first = await world().openCase(paymentNumber);
    await world().receive([late(paymentNumber, { transactionId: freshNumber() })]);
    const [second] = await world().cases(paymentNumber);
    expect(await world().resolve(first, 'accept')).toMatchObject({ reason: 'settled' });
    expect(await world().resolve(second!, 'accept')).toMatchObject({ reason: 'paid_twice' });
    expect((await world().left(paymentNumber)).cases).toEqual([
      'paid_twice open',
      'paid_late resolved',
      'paid_late resolved',
    ]);
  });

  test('accepting one transaction for two payments settles one of them', async () => {
    const [first, second] = [await world().given(), await world().given()];
    const transactionId = freshNumber();
    for (const { paymentNumber } of [first, second])
      await world().receive([late(paymentNumber, { transactionId })]);
    const reasons: unknown[] = [];
    for (const { paymentNumber } of [first, second]) {
      reasons.push(await world().resolve(await world().openCase(paymentNumber), 'accept'));
    }
    expect(reasons).toMatchObject([{ reason: 'settled' }, { reason: 'transaction_reused' }]);
    expect(await world().left(second.paymentNumber)).toMatchObject({ payment: 'expired', order: 'pending' });
  });

  test('money that is late and of another amount is looked at twice before it is in', async () => {
    const { paymentNumber } = await world().given();
    await world().receive([late(paymentNumber, { money: Money.of('1.00', 'CNY') })]);
    const first = await world().resolve(await world().openCase(paymentNumber), 'accept');
    expect(first).toMatchObject({ reason: 'amount_mismatched' });
    expect(await world().left(paymentNumber)).toMatchObject({ payment: 'expired', order: 'pending' });
    const second = await world().resolve(await world().openCase(paymentNumber), 'accept');
    expect(second).toMatchObject({ kind: 'amount_mismatched', reason: 'settled' });
    expect(await world().left(paymentNumber)).toMatchObject({ payment: 'succeeded', order: 'paid' });
  });
}

function refusing(world: () => CaseWorld): void {
  test('money in another currency cannot be accepted, and nothing changes', async () => {
    const { paymentNumber } = await world().given();
    for (const receivedAt of [undefined, LATE]) {
      const money = Money.of('100.00', 'USD');
      const said = { money, ...(receivedAt ? { receivedAt } : {}), transactionId: freshNumber() };
      await world().receive([receipt(paymentNumber, said)]);
    }
    const before = await world().left(paymentNumber);
    expect(before.cases).toEqual(['paid_late open', 'amount_mismatched open']);
    for (const found of await world().cases(paymentNumber)) {
      expect(await world().resolve(found, 'accept')).toBe('other_currency');
    }
    expect(await world().left(paymentNumber)).toEqual(before);
  });

  test('a case that is not about lateness or an amount cannot be accepted', async () => {
    const paymentNumber = freshNumber();
    await world().receive([receipt(paymentNumber)]);
    expect(await world().resolve(await world().openCase(paymentNumber), 'accept')).toBe('not_acceptable');
    expect((await world().left(paymentNumber)).cases).toEqual(['unmatched open']);
  });

  test('money that was refunded elsewhere says where, and is never taken in afterwards', async () => {
    const { paymentNumber } = await world().given();
    await world().receive([late(paymentNumber, { money: Money.of('1.00', 'CNY') })]);
    const found = await world().openCase(paymentNumber);
    await world().resolve(found, 'accept');
    const next = await world().openCase(paymentNumber);
    expect(await world().resolve(next, 'refunded_elsewhere')).toBe('reference_missing');
    expect(await world().resolve(next, 'refunded_elsewhere', { reference: 'RF-7' })).toMatchObject({
      status: 'resolved',
      resolution: 'refunded_elsewhere',
      reference: 'RF-7',
      reason: null,
    });
    expect(await world().replay(next.callbackId!)).toBe('money_refunded');
    expect(await world().left(paymentNumber)).toMatchObject({ payment: 'expired', order: 'pending' });
  });

  test('of two cases of one piece of money, the second cannot be accepted once the first was refunded', async () => {
    const [first, second] = [await world().given(), await world().given()];
    const transactionId = freshNumber();
    for (const { paymentNumber } of [first, second])
      await world().receive([late(paymentNumber, { transactionId })]);
    const refunded = await world().openCase(first.paymentNumber);
    await world().resolve(refunded, 'refunded_elsewhere', { reference: 'RF-8' });
    const other = await world().openCase(second.paymentNumber);
    expect(await world().resolve(other, 'accept')).toBe('money_refunded');
  });

  test('there is nothing to resolve or to note on where there is no case', async () => {
    expect(await world().resolve({ id: '999999' }, 'dismiss')).toBe('discrepancy_unknown');
    expect(await world().note({ id: '999999' }, 'hello')).toBe('discrepancy_unknown');
  });
}

function ending(world: () => CaseWorld): void {
  test('of two operators who end a case at once, one does and the other is told what stands', async () => {
    const { paymentNumber } = await world().given();
    await world().receive([late(paymentNumber)]);
    const found = await world().openCase(paymentNumber);
    const answers = await Promise.all([
      world().resolve(found, 'accept', { by: 'otto' }),
      world().resolve(found, 'dismiss', { by: 'olga' }),
    ]);
    const [lost] = answers.filter((answer) => typeof answer === 'object' && 'endedBefore' in answer);
    const [won] = answers.filter((answer) => answer !== lost);
    expect(won).toMatchObject({ status: 'resolved' });
    expect(lost).toEqual({ endedBefore: won });
    const events = (await world().left(paymentNumber)).log!;
    expect(events.filter((type) => type === 'discrepancy.resolved')).toHaveLength(1);
  });

  test('a resolved case is not resolved again, and takes further notes', async () => {
    const paymentNumber = freshNumber();
    await world().receive([receipt(paymentNumber)]);
    const found = await world().openCase(paymentNumber);
    await world().note(found, 'asked the customer');
    const dismissed = await world().resolve(found, 'dismiss');
    expect(await world().resolve(found, 'dismiss', { by: 'olga' })).toEqual({ endedBefore: dismissed });
    expect(await world().note(found, 'the customer has answered')).toMatchObject({
      status: 'resolved',
      resolution: 'dismiss',
      notes: [
        { actor: 'admin:vera', note: 'asked the customer' },
        { actor: 'admin:vera', note: 'the customer has answered' },
      ],
    });
  });

  test('what is announced of a resolution names the operator and the reference, and not a word of the notes', async () => {
    const { paymentNumber } = await world().given();
    await world().receive([late(paymentNumber)]);
    const found = await world().openCase(paymentNumber);
    await world().note(found, 'Mrs Smith called');
    const words = { note: 'given back to Mrs Smith', reference: 'RF-9' };
    await world().resolve(found, 'refunded_elsewhere', words);
    const payment = await world().stores.unitOfWork.run(({ queries }) => queries.payment(paymentNumber));
    const { actor, event, data } = payment!.log.at(-1)!;
    expect([event, actor]).toEqual(['discrepancy.resolved', 'admin:otto']);
    expect(data).toMatchObject({ kind: 'paid_late', resolution: 'refunded_elsewhere', reference: 'RF-9' });
    expect(JSON.stringify(payment!.log)).not.toContain('Smith');
  });
}
