import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { NOW, receipt } from '../fixtures/receipts.js';
import { World, type TestDatabase } from '../fixtures/world.js';

/** The deadline of a payment that was opened at `NOW`. */
const DEADLINE = NOW + 1_800_000;
const GRACE_MS = 5_000;
const AFTER = DEADLINE + GRACE_MS + 1;

/** What happens because time passes. */
export function expiryAndRetentionSuite(name: string, open: () => Promise<TestDatabase>): void {
  describe(`expiry and retention, on ${name}`, () => {
    let world: World;
    beforeAll(async () => {
      world = new World(await open());
    });
    afterAll(() => world.database.close());
    expiring(() => world);
    cancelling(() => world);
  });
}

function expiring(world: () => World): void {
  test('an open payment expires after its deadline and the grace period, and its order stays pending', async () => {
    const { paymentNumber } = await world().placeOrder();
    expect(await world().expireAt(DEADLINE + GRACE_MS)).toMatchObject({ expired: [] });
    const counted = world().telemetry.counted.length;
    expect(await world().expireAt(AFTER)).toMatchObject({ expired: [paymentNumber], cancelledOrders: [] });
    expect(world().telemetry.counted.slice(counted)).toEqual(['payment expired']);
    expect(await world().state(paymentNumber)).toEqual({
      payment: 'expired',
      order: 'pending',
      log: ['payment.created', 'payment.expired'],
      cases: [],
    });
    const expiry = (await world().payment(paymentNumber))?.log.at(-1);
    expect(expiry).toMatchObject({ actor: 'clock', at: new Date(AFTER), data: { from: 'init' } });
    // Only late money gives a reason.
    expect(expiry?.data).not.toHaveProperty('reason');
    expect(await world().expireAt(AFTER)).toMatchObject({ expired: [], cancelledOrders: [] });
  });

  test('a payment that has succeeded, failed or been cancelled does not expire', async () => {
    const [paid, failed, cancelled, begun] = [
      await world().placeOrder(),
      await world().placeOrder(),
      await world().placeOrder(),
      await world().placeOrder(),
    ];
    await world().process([
      receipt(paid.paymentNumber),
      receipt(failed.paymentNumber, { kind: 'failed' }),
      receipt(cancelled.paymentNumber, { kind: 'cancelled' }),
    ]);
    await world().movePayment(begun.paymentNumber, 'processing');
    expect((await world().expireAt(AFTER)).expired).toEqual([begun.paymentNumber]);
  });

  test('a success that was received in time settles a payment that has expired', async () => {
    const { paymentNumber } = await world().placeOrder();
    await world().expireAt(AFTER);
    const receivedAt = new Date(DEADLINE);
    expect(await world().outcomes([receipt(paymentNumber, { receivedAt })])).toEqual(['settled']);
    expect(await world().state(paymentNumber)).toMatchObject({
      payment: 'succeeded',
      order: 'paid',
      log: ['payment.created', 'payment.expired', 'payment.succeeded', 'order.paid'],
    });
  });

  test('an expired payment is not counted again when late money comes for it', async () => {
    const { paymentNumber } = await world().placeOrder();
    await world().expireAt(AFTER);
    const counted = world().telemetry.counted.length;
    const receivedAt = new Date(DEADLINE + 1);
    expect(await world().outcomes([receipt(paymentNumber, { receivedAt })])).toEqual(['paid_late']);
    expect(world().telemetry.counted.slice(counted)).not.toContain('payment expired');
    expect((await world().state(paymentNumber)).cases).toEqual(['paid_late open']);
  });

  test('more payments than a batch holds expire batch by batch, the oldest deadline first', async () => {
    const { orderNumber, paymentNumbers } = await world().placeOrder({ payments: 299 });
    const { paymentNumber: oldest } = await world().openPayment(orderNumber, { expiresInSeconds: 60 });
    const [first, second] = [await world().expireAt(AFTER), await world().expireAt(AFTER)];
    expect([first.more, second.more]).toEqual([true, false]);
    expect(first.expired[0]).toBe(oldest);
    const expired = [...first.expired, ...second.expired];
    expect(expired).toHaveLength(300);
    expect(new Set(expired)).toEqual(new Set([oldest, ...paymentNumbers]));
  });
}

function cancelling(world: () => World): void {
  const cancels = { cancelsUnpaidOrders: true };

  test('if it is configured, an unpaid order is cancelled when its last open payment expires, and not before', async () => {
    const { orderNumber, paymentNumbers } = await world().placeOrder({ payments: 2 });
    const [first, second] = paymentNumbers as [string, string];
    await world().movePayment(first, 'cancelled');
    expect(await world().expireAt(AFTER, cancels)).toMatchObject({
      expired: [second],
      cancelledOrders: [orderNumber],
    });
    expect(await world().order(orderNumber)).toMatchObject({
      status: 'cancelled',
      statusHistory: [{ move: 'cancel', actor: 'clock', note: 'no payment came in time' }],
    });
  });

  test('an order that is paid or has another open payment is not cancelled', async () => {
    const open = await world().placeOrder();
    world().clock.at = NOW + 60_000;
    const { paymentNumber: later } = await world().openPayment(open.orderNumber);
    world().clock.at = NOW;
    const paid = await world().placeOrder({ payments: 2 });
    await world().process([receipt(paid.paymentNumber)]);
    const { expired, cancelledOrders } = await world().expireAt(AFTER, cancels);
    expect(new Set(expired)).toEqual(new Set([open.paymentNumber, paid.paymentNumbers[1]]));
    expect(cancelledOrders).toEqual([]);
    expect(await world().state(later)).toMatchObject({ payment: 'init', order: 'pending' });
    expect(await world().expireAt(AFTER + 60_000, cancels)).toMatchObject({
      expired: [later],
      cancelledOrders: [open.orderNumber],
    });
  });

  test('money that comes for an order that the scheduled expiry has cancelled opens a case', async () => {
    const { paymentNumber } = await world().placeOrder();
    await world().expireAt(AFTER, cancels);
    const receivedAt = new Date(DEADLINE - 1);
    expect(await world().outcomes([receipt(paymentNumber, { receivedAt })])).toEqual(['order_not_payable']);
    expect(await world().state(paymentNumber)).toMatchObject({
      payment: 'succeeded',
      order: 'cancelled',
      cases: ['order_not_payable open'],
    });
  });
}
