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
    attaching(() => world);
    refundingParts(() => world);
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
    expect(await world().resolve(first, 'accept')).toMatchObject({
      reason: 'settled',
      endedBy: { by: 'settlement', paymentNumber },
    });
    const moved = await world().resolve(second!, 'accept');
    const { id: discrepancyId } = await world().openCase(paymentNumber);
    expect(moved).toMatchObject({ reason: 'paid_twice', endedBy: { by: 'successor', discrepancyId } });
    expect((await world().state(paymentNumber)).cases).toEqual([
      'paid_twice open',
      'paid_late resolved',
      'paid_late resolved',
    ]);
  });

  test('one transaction that comes for two payments has one open case, which is about the last one', async () => {
    const [first, second] = [await world().placeOrder(), await world().placeOrder()];
    const transactionId = freshNumber();
    for (const { paymentNumber } of [first, second])
      await world().receive(lateReceipt(paymentNumber, { transactionId }));
    expect((await world().state(first.paymentNumber)).cases).toEqual(['paid_late resolved']);
    const open = await world().openCase(second.paymentNumber);
    const [moved] = await world().cases(first.paymentNumber);
    expect(moved!.endedBy).toEqual({ by: 'successor', discrepancyId: open.id });
    expect(await world().resolve(open, 'accept')).toMatchObject({ reason: 'settled' });
    await world().receive(lateReceipt(first.paymentNumber, { transactionId }));
    expect((await world().state(first.paymentNumber)).cases).toEqual([
      'transaction_reused open',
      'paid_late resolved',
    ]);
    expect(await world().state(first.paymentNumber)).toMatchObject({ payment: 'expired', order: 'pending' });
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

function attaching(world: () => World): void {
  test('money without a payment pays the payment to which an operator attaches it, and counts as a duplicate under its old number', async () => {
    const [from, target] = [freshNumber(), await world().placeOrder()];
    const transactionId = freshNumber();
    const callbackId = await world().receive(receipt(from, { transactionId }));
    const found = await world().openCase(from);
    const { paymentNumber } = target;
    expect(await world().resolve(found, 'attach', { paymentNumber })).toMatchObject({
      status: 'resolved',
      resolution: 'attach',
      reason: 'settled',
      endedBy: { by: 'settlement', paymentNumber },
    });
    expect(await world().state(paymentNumber)).toMatchObject({ payment: 'succeeded', order: 'paid' });
    expect(await world().callback(callbackId)).toMatchObject({ outcome: 'unmatched' });
    await world().placeOrder({ paymentNumber: from });
    expect(await world().callback(callbackId)).toMatchObject({ outcome: 'duplicate' });
    expect(await world().outcomes([receipt(from, { transactionId })])).toEqual(['duplicate']);
    expect(await world().state(from)).toMatchObject({ payment: 'init', cases: ['unmatched resolved'] });
    expect(await world().outcomes([receipt(paymentNumber, { transactionId })])).toEqual(['duplicate']);
  });

  test('late money for a cancelled order can pay another order of the customer', async () => {
    const [late, other] = [await world().placeOrder(), await world().placeOrder()];
    await world().moveOrder(late.orderNumber, 'cancelled');
    await world().receive(lateReceipt(late.paymentNumber));
    const found = await world().openCase(late.paymentNumber);
    const { paymentNumber } = other;
    const attached = await world().resolve(found, 'attach', { paymentNumber });
    // It came after the deadline of this payment as well.
    const open = await world().openCase(paymentNumber);
    expect(open).toMatchObject({ kind: 'paid_late', amount: { amount: '100.00', currency: 'CNY' } });
    expect(attached).toMatchObject({ endedBy: { by: 'successor', discrepancyId: open.id } });
    expect(await world().resolve(open, 'accept')).toMatchObject({ reason: 'settled' });
    expect(await world().state(paymentNumber)).toMatchObject({ payment: 'succeeded', order: 'paid' });
    expect(await world().order(late.orderNumber)).toMatchObject({ status: 'cancelled' });
  });

  test('money that was attached to another payment and back is taken by the payment for which it came', async () => {
    const { paymentNumber, orderNumber } = await world().placeOrder();
    const other = await world().openPayment(orderNumber);
    const money = Money.of('99.00', 'CNY');
    const received = receipt(paymentNumber, { money });
    await world().receive(received);
    for (const target of [other.paymentNumber, paymentNumber]) {
      const found = await world().openCase(target === paymentNumber ? other.paymentNumber : paymentNumber);
      expect(await world().resolve(found, 'attach', { paymentNumber: target })).toMatchObject({
        endedBy: { by: 'successor' },
      });
    }
    const back = await world().openCase(paymentNumber);
    expect(await world().resolve(back, 'accept')).toMatchObject({
      endedBy: { by: 'settlement', paymentNumber },
    });
    expect(await world().state(paymentNumber)).toMatchObject({ payment: 'succeeded', order: 'paid' });
  });

  test('to a payment that has succeeded, that does not exist or of another gateway it is refused with the checks, and nothing changes', async () => {
    const from = freshNumber();
    await world().receive(receipt(from));
    const found = await world().openCase(from);
    const [paid, other] = [await world().placeOrder(), await world().placeOrder({ gateway: 'alipay' })];
    await world().receive(receipt(paid.paymentNumber));
    const outcomes: unknown[] = [];
    for (const paymentNumber of [paid.paymentNumber, freshNumber(), other.paymentNumber])
      outcomes.push(await world().resolve(found, 'attach', { paymentNumber }));
    expect(outcomes).toMatchObject(
      ['paid_twice', 'unmatched', 'foreign'].map((outcome) => ({ notAttachable: { outcome } })),
    );
    expect(await world().openCase(from)).toEqual(found);
  });

  test('to the payment for which it came is refused: that payment takes it by an acceptance', async () => {
    const { paymentNumber } = await world().placeOrder();
    await world().receive(lateReceipt(paymentNumber));
    const found = await world().openCase(paymentNumber);
    expect(await world().resolve(found, 'attach')).toBe('payment_number_missing');
    expect(await world().resolve(found, 'attach', { paymentNumber })).toBe('attached_to_itself');
  });
}

function refundingParts(world: () => World): void {
  const cny = (amount: string) => Money.of(amount, 'CNY');

  test('a part that was refunded elsewhere leaves the case open, and the rest ends it', async () => {
    const { paymentNumber } = await world().placeOrder();
    await world().receive(receipt(paymentNumber, { money: cny('120.00') }));
    const found = await world().openCase(paymentNumber);
    const refund = (reference: string, amount: Money | null = null) =>
      world().resolve(found, 'refunded_elsewhere', { reference, amount });
    expect(await refund('RF-1', cny('20.00'))).toMatchObject({
      status: 'open',
      resolution: null,
      refunded: { amount: '20.00', currency: 'CNY' },
      refundNumber: `case-${found.id}-1`,
      notes: [{ note: 'seen and decided' }],
    });
    expect(await refund('RF-1', cny('20.00'))).toBe('refund_recorded');
    expect(await refund('RF-2', cny('100.01'))).toEqual({ refundable: cny('100.00') });
    expect(await refund('RF-2', Money.of('1.00', 'USD'))).toBe('amount_in_other_currency');
    expect(await refund('RF-2')).toMatchObject({
      status: 'resolved',
      refunded: { amount: '120.00', currency: 'CNY' },
      endedBy: { by: 'refunds', refundNumber: `case-${found.id}-2` },
    });
  });

  test('money of which a part went back can still be accepted', async () => {
    const { paymentNumber } = await world().placeOrder();
    await world().receive(receipt(paymentNumber, { money: cny('120.00') }));
    const found = await world().openCase(paymentNumber);
    await world().resolve(found, 'refunded_elsewhere', { reference: 'RF-1', amount: cny('20.00') });
    expect(await world().resolve(found, 'accept')).toMatchObject({ reason: 'settled' });
    expect(await world().state(paymentNumber)).toMatchObject({ payment: 'succeeded', order: 'paid' });
  });

  test('of two amounts the smaller can be refunded, and then a person ends the case', async () => {
    const { paymentNumber } = await world().placeOrder();
    await world().receive(receipt(paymentNumber, { money: cny('120.00') }));
    await world().receive(receipt(paymentNumber, { money: cny('119.00') }));
    const found = await world().openCase(paymentNumber);
    expect(found).toMatchObject({
      amount: { amount: '119.00', currency: 'CNY' },
      details: { amounts: ['120.00 CNY', '119.00 CNY'] },
    });
    const refunded = await world().resolve(found, 'refunded_elsewhere', { reference: 'RF-1' });
    expect(refunded).toMatchObject({ status: 'open', refunded: { amount: '119.00', currency: 'CNY' } });
    expect(await world().resolve(found, 'refunded_elsewhere', { reference: 'RF-2' })).toEqual({
      refundable: null,
    });
    expect(await world().resolve(found, 'dismiss')).toMatchObject({ status: 'resolved' });
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

  test.each(['accept', 'refund'] as const)(
    'a case that does not allow %s says what it allows, and nothing changes',
    async (resolution) => {
      const paymentNumber = freshNumber();
      await world().receive(receipt(paymentNumber));
      const found = await world().openCase(paymentNumber);
      expect(found.allowedResolutions.map((allowed) => allowed.resolution)).toEqual([
        'attach',
        'refunded_elsewhere',
        'dismiss',
      ]);
      const { allowedResolutions } = found;
      expect(await world().resolve(found, resolution)).toEqual({ allowedResolutions });
      expect((await world().state(paymentNumber)).cases).toEqual(['unmatched open']);
    },
  );

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
      endedBy: { by: 'refunds', refundNumber: `case-${next.id}-1` },
      refunded: { amount: '1.00', currency: 'CNY' },
      allowedResolutions: [],
    });
    expect(await world().replay(next.callbackId!)).toBe('money_refunded');
    expect(await world().state(paymentNumber)).toMatchObject({ payment: 'expired', order: 'pending' });
  });

  test('money that went back under one number and comes for another payment is named there, and can only be dismissed', async () => {
    const [first, second] = [await world().placeOrder(), await world().placeOrder()];
    const transactionId = freshNumber();
    await world().receive(lateReceipt(first.paymentNumber, { transactionId }));
    const refunded = await world().openCase(first.paymentNumber);
    await world().resolve(refunded, 'refunded_elsewhere', { reference: 'RF-8' });
    for (const { paymentNumber } of [first, second])
      await world().receive(receipt(paymentNumber, { transactionId }));
    expect((await world().state(first.paymentNumber)).cases).toEqual(['paid_late resolved']);
    const named = await world().openCase(second.paymentNumber);
    expect(named).toMatchObject({
      kind: 'transaction_reused',
      allowedResolutions: [{ resolution: 'dismiss' }],
    });
    expect(await world().state(second.paymentNumber)).toMatchObject({ payment: 'init', order: 'pending' });
  });

  test('an unknown case can neither be resolved nor get a note', async () => {
    expect(await world().resolve({ id: '999999' }, 'dismiss')).toBe('discrepancy_unknown');
    expect(await world().addNote({ id: '999999' }, 'hello')).toBe('discrepancy_unknown');
  });
}

function ending(world: () => World): void {
  test('a case has the operator to whom it is assigned, or none, and the log names both', async () => {
    const { paymentNumber } = await world().placeOrder();
    await world().receive(lateReceipt(paymentNumber));
    const found = await world().openCase(paymentNumber);
    expect(await world().assign(found, 'olga')).toMatchObject({ assignee: 'olga' });
    expect(await world().assign(found, null)).toMatchObject({ assignee: null });
    expect(await world().assign({ id: '999999' }, 'olga')).toBe('discrepancy_unknown');
    const { log } = (await world().payment(paymentNumber))!;
    expect(log.slice(-2)).toMatchObject([
      { event: 'discrepancy.assigned', actor: 'admin:vera', data: { id: found.id, assignee: 'olga' } },
      { event: 'discrepancy.assigned', actor: 'admin:vera', data: { id: found.id, assignee: null } },
    ]);
  });

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
    expect(log.at(-2)).toMatchObject({
      event: 'refund.succeeded',
      actor: 'admin:otto',
      data: { origin: 'reported', reference: 'RF-9', discrepancyId: found.id },
    });
    const { actor, event, data } = log.at(-1)!;
    expect([event, actor]).toEqual(['discrepancy.resolved', 'admin:otto']);
    expect(data).toMatchObject({ kind: 'paid_late', resolution: 'refunded_elsewhere', reference: 'RF-9' });
    expect(JSON.stringify(log)).not.toContain('Smith');
  });
}
