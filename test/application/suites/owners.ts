import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { CaseQueries, type CaseView } from '../../../src/application/cases/case-queries.js';
import { Money } from '../../../src/domain/money.js';
import {
  disputeReport,
  freshNumber,
  LATE,
  NOW,
  receipt,
  refundReceipt,
  type Said,
} from '../fixtures/receipts.js';
import { World, type TestDatabase } from '../fixtures/world.js';

/** Each piece of money has one owner, whatever is said about it and whatever operators do. */
export function ownerSuite(name: string, open: () => Promise<TestDatabase>): void {
  describe(`the owner of a piece of money, on ${name}`, () => {
    let world: World;
    beforeAll(async () => {
      world = new World(await open());
    });
    afterAll(() => world.database.close());
    replays(() => world);
    oneCase(() => world);
    otherNumbers(() => world);
    closing(() => world);
  });
}

const cny = (amount: string): Money => Money.of(amount, 'CNY');

/** The open cases of a transaction, whatever payment they name. */
async function openCases(world: World, transactionId: string): Promise<readonly CaseView[]> {
  const filter = { transactionId, status: 'open' };
  const { items } = await world.run((tx) => tx.of(CaseQueries).list(filter, { limit: 50, before: null }));
  return items;
}

const kindsOf = async (world: World, transactionId: string): Promise<string[]> =>
  (await openCases(world, transactionId)).map(({ kind }) => kind);

function replays(world: () => World): void {
  test('a replay of money that its payment has taken, but not its order, changes nothing: the case stays open', async () => {
    const { paymentNumber, orderNumber } = await world().placeOrder();
    await world().moveOrder(orderNumber, 'cancelled');
    const id = await world().receive(receipt(paymentNumber));
    const before = await world().openCase(paymentNumber);
    expect(before).toMatchObject({ kind: 'order_not_payable', status: 'open' });
    expect(await world().replay(id)).toEqual({
      callbackId: id,
      storedOutcome: 'order_not_payable',
      outcome: 'duplicate',
      changed: false,
    });
    expect(await world().openCase(paymentNumber)).toEqual(before);
    expect(await world().callback(id)).toMatchObject({ outcome: 'order_not_payable' });
  });

  test('a replay of a report of a refund or a dispute changes nothing', async () => {
    const { paymentNumber } = await world().placeOrder();
    await world().receive(receipt(paymentNumber));
    const dispute = disputeReport(freshNumber());
    const reports = [
      refundReceipt(paymentNumber, { status: 'failed' }),
      receipt(paymentNumber, { kind: 'dispute', dispute }),
    ];
    for (const report of reports) {
      const id = await world().receive(report);
      for (const found of await world().cases(paymentNumber)) await world().resolve(found, 'dismiss');
      const before = [await world().refunds(paymentNumber), await world().cases(paymentNumber)];
      expect(await world().replay(id)).toMatchObject({ changed: false });
      expect([await world().refunds(paymentNumber), await world().cases(paymentNumber)]).toEqual(before);
    }
  });

  test('a replay of money whose case an operator has accepted or dismissed changes nothing either', async () => {
    for (const resolution of ['accept', 'dismiss'] as const) {
      const { paymentNumber } = await world().placeOrder();
      const id = await world().receive(receipt(paymentNumber, { receivedAt: LATE }));
      await world().resolve(await world().openCase(paymentNumber), resolution);
      expect(await world().replay(id)).toMatchObject({ changed: false });
      expect((await world().state(paymentNumber)).cases).toEqual(['paid_late resolved']);
    }
  });
}

function oneCase(world: () => World): void {
  test('a wrong amount and then the right one, for an order that cannot be paid, are one case with both amounts', async () => {
    const { paymentNumber, orderNumber } = await world().placeOrder();
    const transactionId = freshNumber();
    await world().moveOrder(orderNumber, 'cancelled');
    await world().receive(receipt(paymentNumber, { transactionId, money: cny('99.00') }));
    await world().receive(receipt(paymentNumber, { transactionId }));
    const [open, ...others] = await openCases(world(), transactionId);
    expect(others).toEqual([]);
    expect(open).toMatchObject({
      kind: 'order_not_payable',
      amount: { amount: '99.00', currency: 'CNY' },
      details: { amounts: ['100.00 CNY', '99.00 CNY'] },
    });
    const [, before] = await world().cases(paymentNumber);
    expect(before).toMatchObject({
      kind: 'amount_mismatched',
      status: 'resolved',
      endedBy: { by: 'successor', discrepancyId: open!.id },
    });
  });

  test('three amounts of one transaction in one batch are one case with all of them, of which the smallest counts', async () => {
    const { paymentNumber, orderNumber } = await world().placeOrder();
    const transactionId = freshNumber();
    await world().moveOrder(orderNumber, 'cancelled');
    const said = [cny('99.00'), cny('100.00'), cny('98.00')].map((money) => ({ transactionId, money }));
    const outcomes = await world().outcomes(said.map((each) => receipt(paymentNumber, each)));
    expect(outcomes).toEqual(['amount_mismatched', 'order_not_payable', 'duplicate']);
    const [open, ...others] = await openCases(world(), transactionId);
    expect([open!.kind, open!.amount, others]).toEqual([
      'order_not_payable',
      { amount: '98.00', currency: 'CNY' },
      [],
    ]);
    const { log } = await world().state(paymentNumber);
    expect(log!.filter((type) => type.startsWith('discrepancy.'))).toEqual([
      'discrepancy.opened',
      'discrepancy.resolved',
      'discrepancy.opened',
    ]);
  });

  test('a success under an event id that was used before joins the case of its money', async () => {
    const [paymentNumber, eventId, transactionId] = [freshNumber(), freshNumber(), freshNumber()];
    await world().receive(receipt(paymentNumber, { eventId, transactionId }));
    const again = receipt(paymentNumber, { eventId, transactionId, money: cny('99.00') });
    expect(await world().outcomes([again])).toEqual(['conflicting']);
    const [open, ...others] = await openCases(world(), transactionId);
    expect(others).toEqual([]);
    expect(open).toMatchObject({ kind: 'unmatched', details: { amounts: ['100.00 CNY', '99.00 CNY'] } });
  });

  test('a success under an event id that was used before, whose money nobody has, owns it and can be attached', async () => {
    const [{ paymentNumber }, eventId] = [await world().placeOrder(), freshNumber()];
    await world().receive(receipt(freshNumber(), { eventId, kind: 'failed', transactionId: null }));
    const transactionId = freshNumber();
    await world().receive(receipt(freshNumber(), { eventId, transactionId }));
    const [open] = await openCases(world(), transactionId);
    expect(open).toMatchObject({ kind: 'conflicting' });
    expect(open!.allowedResolutions.map(({ resolution }) => resolution)).toContain('attach');
    expect(await world().resolve(open!, 'attach', { paymentNumber })).toMatchObject({ reason: 'settled' });
    expect(await world().state(paymentNumber)).toMatchObject({ payment: 'succeeded', order: 'paid' });
  });

  test('money that comes for one unknown payment after another has one case, about the last of them', async () => {
    const [first, second, transactionId] = [freshNumber(), freshNumber(), freshNumber()];
    for (const number of [first, second, first]) await world().receive(receipt(number, { transactionId }));
    const open = await openCases(world(), transactionId);
    expect(open.map(({ kind, paymentNumber }) => [kind, paymentNumber])).toEqual([['unmatched', second]]);
    await world().placeOrder({ paymentNumber: first });
    expect(await kindsOf(world(), transactionId)).toEqual([]);
    expect(await world().state(first)).toMatchObject({ payment: 'succeeded', order: 'paid' });
    expect((await world().cases(second))[0]).toMatchObject({
      endedBy: { by: 'settlement', paymentNumber: first },
    });
  });
}

function otherNumbers(world: () => World): void {
  const settle = async (said: Said = {}) => {
    const { paymentNumber, orderNumber } = await world().placeOrder();
    await world().receive(receipt(paymentNumber, said));
    return { paymentNumber, orderNumber };
  };

  test('money that has settled one payment and comes for another that has succeeded is named again, and not paid twice', async () => {
    const transactionId = freshNumber();
    await settle({ transactionId });
    const { paymentNumber } = await settle();
    expect(await world().outcomes([receipt(paymentNumber, { transactionId })])).toEqual([
      'transaction_reused',
    ]);
    const named = await world().openCase(paymentNumber);
    expect(named.allowedResolutions.map(({ resolution }) => resolution)).toEqual(['dismiss']);
  });

  test('money that has settled a payment and comes for a number without one can only be dismissed there', async () => {
    const [transactionId, unknown] = [freshNumber(), freshNumber()];
    const { paymentNumber } = await settle({ transactionId });
    await world().receive(receipt(unknown, { transactionId }));
    const named = await world().openCase(unknown);
    expect(named).toMatchObject({ kind: 'unmatched', details: { settledNumber: paymentNumber } });
    expect(named.allowedResolutions.map(({ resolution }) => resolution)).toEqual(['dismiss']);
    await world().placeOrder({ paymentNumber: unknown });
    const [reused, before] = await world().cases(unknown);
    expect([reused!.kind, before!.endedBy]).toEqual([
      'transaction_reused',
      { by: 'successor', discrepancyId: reused!.id },
    ]);
  });

  test('a case beside money and the case of a cancelled order stand beside each other, and the end of one leaves the other open', async () => {
    const transactionId = freshNumber();
    const { orderNumber, paymentNumber } = await settle({ transactionId });
    const other = await world().placeOrder();
    await world().receive(receipt(other.paymentNumber, { transactionId }));
    await world().moveOrder(orderNumber, 'cancelled');
    expect(await kindsOf(world(), transactionId)).toEqual(['refund_due', 'transaction_reused']);
    const due = await world().openCase(paymentNumber);
    await world().resolve(due, 'refunded_elsewhere', { reference: 'RF-1' });
    expect(await kindsOf(world(), transactionId)).toEqual(['transaction_reused']);
  });
}

function closing(world: () => World): void {
  test.each<[string, Said]>([
    ['of another amount', { money: cny('99.00') }],
    ['in another currency', { money: Money.of('100.00', 'USD') }],
    ['for another merchant', { foreign: 'appid' }],
  ])('money %s that then comes right settles, and its case ends with that', async (_what, said) => {
    const { paymentNumber } = await world().placeOrder();
    const transactionId = freshNumber();
    await world().receive(receipt(paymentNumber, { ...said, transactionId }));
    expect(await world().outcomes([receipt(paymentNumber, { transactionId })])).toEqual(['settled']);
    expect(await world().cases(paymentNumber)).toMatchObject([
      { status: 'resolved', resolution: null, endedBy: { by: 'settlement', paymentNumber } },
    ]);
  });

  test('neither expiry, the cancellation of its order by the clock nor any newer message that settles nothing ends the case of money', async () => {
    const { paymentNumber, orderNumber } = await world().placeOrder();
    const transactionId = freshNumber();
    const about = { transactionId, money: cny('99.00') };
    const id = await world().receive(receipt(paymentNumber, about));
    const before = await world().openCase(paymentNumber);
    await world().receive(receipt(paymentNumber, { ...about, kind: 'processing' }));
    for (const status of ['succeeded', 'processing', 'failed'] as const) {
      const gatewayRefundId = `${status}-${transactionId}`;
      await world().receive(
        refundReceipt(paymentNumber, { status, gatewayRefundId, amount: cny('10.00') }, about),
      );
    }
    await world().receive(
      receipt(paymentNumber, { ...about, kind: 'dispute', dispute: disputeReport(transactionId) }),
    );
    await world().expireAt(NOW + 86_400_000, { cancelsUnpaidOrders: true });
    for (const kind of ['failed', 'cancelled'] as const)
      await world().receive(receipt(paymentNumber, { ...about, kind }));
    await world().replay(id);
    await world().receive(receipt(paymentNumber, about));
    expect(await world().order(orderNumber)).toMatchObject({ status: 'cancelled' });
    const owner = (await openCases(world(), transactionId)).filter((each) => each.id === before.id);
    expect(owner).toMatchObject([{ kind: 'amount_mismatched', status: 'open', endedBy: null }]);
  });

  test('money that went back is a duplicate under its number, and settles nothing when its payment is opened', async () => {
    const [paymentNumber, transactionId] = [freshNumber(), freshNumber()];
    const id = await world().receive(receipt(paymentNumber, { transactionId }));
    const found = await world().openCase(paymentNumber);
    await world().resolve(found, 'refunded_elsewhere', { reference: 'RF-1' });
    expect(await world().outcomes([receipt(paymentNumber, { transactionId })])).toEqual(['duplicate']);
    expect(await world().replay(id)).toBe('money_refunded');
    await world().placeOrder({ paymentNumber });
    expect(await world().state(paymentNumber)).toMatchObject({
      payment: 'init',
      order: 'pending',
      cases: ['unmatched resolved'],
    });
  });

  test('an order that was paid with money that went back since is refunded, and can be cancelled no more', async () => {
    const { paymentNumber, orderNumber } = await world().placeOrder();
    await world().receive(receipt(paymentNumber));
    await world().receive(refundReceipt(paymentNumber, { amount: cny('100.00') }));
    expect(await world().moveOrder(orderNumber, 'cancelled')).toMatchObject({ refused: 'cancelled' });
    expect(await world().state(paymentNumber)).toMatchObject({ order: 'refunded', cases: [] });
  });

  test('a dismissed case is not opened again by the same finding, and a new finding opens a new one', async () => {
    const { paymentNumber, orderNumber } = await world().placeOrder();
    const transactionId = freshNumber();
    const wrong = { transactionId, money: cny('99.00') };
    await world().receive(receipt(paymentNumber, wrong));
    await world().resolve(await world().openCase(paymentNumber), 'dismiss');
    await world().receive(receipt(paymentNumber, wrong));
    expect(await kindsOf(world(), transactionId)).toEqual([]);
    await world().moveOrder(orderNumber, 'cancelled');
    await world().receive(receipt(paymentNumber, { transactionId }));
    expect(await kindsOf(world(), transactionId)).toEqual(['order_not_payable']);
  });
}
