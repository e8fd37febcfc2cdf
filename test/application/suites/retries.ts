import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { CallbackRepository } from '../../../src/application/callbacks/callback-repository.js';
import { RETRY_DELAYS_SECONDS } from '../../../src/application/callbacks/settle-pending.js';
import { PaymentRepository } from '../../../src/application/payments/payment-repository.js';
import { Money } from '../../../src/domain/money.js';
import { Payment } from '../../../src/domain/payments/payment.js';
import { freshNumber, NOW, receipt, type Said } from '../fixtures/receipts.js';
import { World, type TestDatabase } from '../fixtures/world.js';

const DAY_MS = 24 * 60 * 60 * 1_000;

/** What becomes of callbacks that wait for their payment, or for another attempt to settle them. */
export function retrySuite(name: string, open: () => Promise<TestDatabase>): void {
  describe(`callbacks that wait, on ${name}`, () => {
    let world: World;
    beforeAll(async () => {
      world = new World(await open());
    });
    afterAll(() => world.database.close());
    earlyCallbacks(() => world);
    unmatchedCallbacks(() => world);
    pendingCallbacks(() => world);
    spentCallbacks(() => world);
  });
}

function earlyCallbacks(world: () => World): void {
  test('a success that came before its payment settles in the transaction that creates the payment, and its case closes', async () => {
    const paymentNumber = freshNumber();
    expect(await world().outcomes([receipt(paymentNumber)])).toEqual(['unmatched']);
    expect((await world().state(paymentNumber)).cases).toEqual(['unmatched open']);
    const { orderNumber } = await world().placeOrder({ payments: 0 });
    const created = await world().openPayment(orderNumber, { paymentNumber });
    expect(created).toMatchObject({ status: 'succeeded', transactionId: `T-${paymentNumber}` });
    expect(await world().state(paymentNumber)).toEqual({
      payment: 'succeeded',
      order: 'paid',
      log: [
        'callback.unmatched',
        'discrepancy.opened',
        'payment.created',
        'payment.succeeded',
        'order.paid',
        'discrepancy.resolved',
      ],
      cases: ['unmatched resolved'],
    });
  });

  test('early notifications of every kind are decided in order of receipt', async () => {
    const paymentNumber = freshNumber();
    const first = receipt(paymentNumber, { kind: 'processing', receivedAt: new Date(NOW + 1_000) });
    const later = receipt(paymentNumber, { kind: 'failed', receivedAt: new Date(NOW + 2_000) });
    const last = receipt(paymentNumber, { receivedAt: new Date(NOW + 3_000) });
    expect(await world().outcomes([later, last])).toEqual(['unmatched', 'unmatched']);
    expect(await world().outcomes([first])).toEqual(['unmatched']);
    await world().placeOrder({ paymentNumber });
    const log = (await world().state(paymentNumber)).log!;
    expect(log.slice(log.indexOf('payment.created') + 1)).toEqual([
      'payment.processing',
      'callback.recorded',
      'payment.failed',
      'callback.recorded',
      'payment.succeeded',
      'order.paid',
      'discrepancy.resolved',
    ]);
  });

  test('early callbacks are judged as later ones are: another gateway is foreign, another amount is mismatched', async () => {
    const [foreign, mismatched] = [freshNumber(), freshNumber()];
    const money = Money.of('99.00', 'CNY');
    await world().process([receipt(foreign), receipt(mismatched, { money })]);
    await world().placeOrder({ paymentNumber: foreign, gateway: 'alipay' });
    await world().placeOrder({ paymentNumber: mismatched });
    expect(await world().state(foreign)).toMatchObject({
      payment: 'init',
      order: 'pending',
      cases: ['foreign open', 'unmatched resolved'],
    });
    expect((await world().state(mismatched)).cases).toEqual(['amount_mismatched open', 'unmatched resolved']);
  });

  test('creating a payment leaves the callbacks for other payment numbers unmatched', async () => {
    const [own, other] = [freshNumber(), freshNumber()];
    await world().process([receipt(own), receipt(other)]);
    await world().placeOrder({ paymentNumber: own });
    expect((await world().state(other)).cases).toEqual(['unmatched open']);
  });
}

function unmatchedCallbacks(world: () => World): void {
  test('the walk through the unmatched callbacks settles one whose payment was created another way', async () => {
    const paymentNumber = freshNumber();
    const { paymentNumber: bystander } = await world().placeOrder();
    await world().process([receipt(paymentNumber), receipt(bystander, { kind: 'failed' })]);
    await world().run(async (tx) => {
      const payments = tx.of(PaymentRepository);
      const sample = (await payments.lock([bystander], 'wait')).locked.get(bystander)!;
      const { orderNumber, gateway, due, expiresAt } = sample;
      const unpaid = { status: 'init' as const, transactionId: null, paidAt: null };
      await payments.add([
        new Payment({ number: paymentNumber, orderNumber, gateway, due, expiresAt, ...unpaid }),
      ]);
    });
    const { attempts, next } = await world().settleUnmatched.execute(null);
    expect(attempts.map(({ outcome }) => outcome)).toEqual(['settled']);
    expect(next).toBeNull();
    expect((await world().state(paymentNumber)).cases).toEqual(['unmatched resolved']);
    expect((await world().settleUnmatched.execute(null)).attempts).toEqual([]);
  });
}

/** A callback that could only be stored, as in an outage. */
async function pending(world: World, said: Said = {}) {
  const { paymentNumber } = await world.placeOrder();
  return { id: await world.store(receipt(paymentNumber, said)), paymentNumber };
}

const lease = (world: World, at: number) =>
  world.run((tx) => tx.of(CallbackRepository).leaseDue(new Date(at), new Date(at + 30_000), 64));

function pendingCallbacks(world: () => World): void {
  test('a worker settles a pending callback', async () => {
    const { paymentNumber } = await pending(world());
    expect((await world().settlePending.execute()).map(({ outcome }) => outcome)).toEqual(['settled']);
    expect((await world().state(paymentNumber)).order).toBe('paid');
    expect(await world().settlePending.execute()).toEqual([]);
  });

  test('no other worker takes a leased callback until the lease ends, so a worker that is killed delays it only that long', async () => {
    const { id } = await pending(world());
    expect((await lease(world(), NOW)).map((callback) => callback.id)).toEqual([id]);
    expect(await world().settlePending.execute()).toEqual([]);
    world().clock.at = NOW + 30_000;
    expect(await world().settlePending.execute()).toMatchObject([
      { callback: { id, attempts: 2 }, outcome: 'settled' },
    ]);
    world().clock.at = NOW;
  });

  test('a callback that this release cannot settle harms no other, and waits longer after each attempt, with a jitter of at most a quarter', async () => {
    const { id } = await pending(world(), { transactionId: null });
    const { paymentNumber } = await pending(world());
    const first = await world().settlePending.execute();
    expect(first.map(({ outcome }) => outcome).toSorted()).toEqual(['pending', 'settled']);
    expect((await world().state(paymentNumber)).order).toBe('paid');
    for (const [index, delay] of RETRY_DELAYS_SECONDS.slice(0, 6).entries()) {
      const since = world().clock.at;
      world().clock.at = since + delay * 1_000 - 1;
      expect(await world().settlePending.execute()).toEqual([]);
      world().clock.at = since + delay * 1_250;
      expect(await world().settlePending.execute()).toMatchObject([
        { callback: { id, attempts: index + 2 }, outcome: 'pending', fault: expect.any(Error) },
      ]);
    }
    world().clock.at = NOW;
    await world().run((tx) =>
      tx.of(CallbackRepository).saveOutcomes([{ id, outcome: 'ignored', at: new Date(NOW) }]),
    );
  });
}

function spentCallbacks(world: () => World): void {
  /** As many attempts as there are, by workers that were killed. */
  const spendAttempts = async (id: string) => {
    for (let attempt = 0; attempt <= RETRY_DELAYS_SECONDS.length; attempt += 1) {
      const [leased] = await lease(world(), NOW + attempt * 30_000);
      expect(leased).toMatchObject({ id, attempts: attempt + 1 });
    }
  };

  test('a callback is given up after all its attempts if it is a day old, and not if only its attempts are spent', async () => {
    const old = await pending(world());
    await spendAttempts(old.id);
    world().clock.at = NOW + DAY_MS;
    expect((await world().settlePending.execute()).map(({ outcome }) => outcome)).toEqual(['undeliverable']);
    world().clock.at = NOW;
    expect((await world().state(old.paymentNumber)).cases).toEqual(['undeliverable open']);

    const young = await pending(world());
    await spendAttempts(young.id);
    world().clock.at = NOW + DAY_MS - 1;
    expect(await world().settlePending.execute()).toMatchObject([
      { callback: { id: young.id }, outcome: 'settled' },
    ]);
    world().clock.at = NOW;
  });

  test('a callback that is old when it is first tried, as after a long outage, still has all its attempts', async () => {
    const { paymentNumber } = await pending(world());
    world().clock.at = NOW + 3 * DAY_MS;
    expect((await world().settlePending.execute()).map(({ outcome }) => outcome)).toEqual(['settled']);
    world().clock.at = NOW;
    expect(await world().state(paymentNumber)).toMatchObject({ payment: 'succeeded', order: 'paid' });
  });
}
