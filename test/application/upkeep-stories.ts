import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { DropBodies } from '../../src/application/drop-bodies.js';
import { ExpirePayments } from '../../src/application/expire-payments.js';
import { transitionPayment } from '../../src/application/transition-payment.js';
import { Money } from '../../src/domain/money.js';
import type { OpenStores } from './by-hand.js';
import { NOW, receipt, World } from './callback-world.js';
import { addOne } from './memory-inbox.js';

/** Where the payments of `World.given` expire. */
const DEADLINE = NOW + 1_800_000;
const GRACE_MS = 5_000;
const DAY_MS = 24 * 60 * 60 * 1_000;

/** What the passing of time alone brings about, over whatever keeps it. */
export function upkeepStories(name: string, open: () => Promise<OpenStores>): void {
  describe(`the passing of time, on ${name}`, () => {
    let world: World;
    beforeAll(async () => {
      world = new World(await open());
    });
    afterAll(() => world.stores.close());
    expiring(() => world);
    cancelling(() => world);
    dropping(() => world);
  });
}

/** One sweep at that time. */
async function sweepAt(world: World, at: number, { cancels = false } = {}) {
  world.clock.at = at;
  const sweep = new ExpirePayments(world.stores.unitOfWork, world.clock, world.tally, cancels);
  const { expired, cancelledOrders } = await sweep.execute();
  world.clock.at = NOW;
  return { expired: expired.map(({ number }) => number), cancelledOrders };
}

const AFTER = DEADLINE + GRACE_MS + 1;
const hand = { actor: 'admin:otto', at: new Date(NOW) };

function expiring(world: () => World): void {
  test('an open payment expires when its deadline has passed, by the clock, and its order is left alone', async () => {
    const { paymentNumber, orderNumber } = await world().given();
    expect(await sweepAt(world(), DEADLINE + GRACE_MS)).toEqual({ expired: [], cancelledOrders: [] });
    const counted = world().tally.counted.length;
    expect(await sweepAt(world(), AFTER)).toEqual({ expired: [paymentNumber], cancelledOrders: [] });
    expect(world().tally.counted.slice(counted)).toEqual(['payment expired']);
    expect(await world().left(paymentNumber)).toEqual({
      payment: 'expired',
      order: 'pending',
      log: ['payment.expired'],
      cases: [],
    });
    const payment = await world().stores.unitOfWork.run(({ queries }) => queries.payment(paymentNumber));
    expect(payment?.log.at(-1)).toMatchObject({
      actor: 'clock',
      at: new Date(AFTER),
      data: { from: 'init' },
    });
    expect(payment?.orderNumber).toBe(orderNumber);
    expect(await sweepAt(world(), AFTER)).toEqual({ expired: [], cancelledOrders: [] });
  });

  test('a payment that has ended already keeps its label: succeeded, failed and cancelled ones do not expire', async () => {
    const [paid, failed, cancelled, begun] = [
      await world().given(),
      await world().given(),
      await world().given(),
      await world().given(),
    ];
    await world().receive([
      receipt(paid.paymentNumber),
      receipt(failed.paymentNumber, { kind: 'failed' }),
      receipt(cancelled.paymentNumber, { kind: 'cancelled' }),
    ]);
    await world().stores.unitOfWork.run((stores) =>
      transitionPayment(stores, { paymentNumber: begun.paymentNumber, to: 'processing' }, hand),
    );
    expect((await sweepAt(world(), AFTER)).expired).toEqual([begun.paymentNumber]);
  });

  test('a success that was received in time settles an expired payment all the same', async () => {
    const { paymentNumber } = await world().given();
    await sweepAt(world(), AFTER);
    const receivedAt = new Date(DEADLINE);
    expect(await world().outcomes([receipt(paymentNumber, { receivedAt })])).toEqual(['settled']);
    expect(await world().left(paymentNumber)).toMatchObject({
      payment: 'succeeded',
      order: 'paid',
      log: ['payment.expired', 'payment.succeeded', 'order.paid'],
    });
  });

  test('money that is late finds the label there, and the expiry is counted once', async () => {
    const { paymentNumber } = await world().given();
    await sweepAt(world(), AFTER);
    const counted = world().tally.counted.length;
    const receivedAt = new Date(DEADLINE + 1);
    expect(await world().outcomes([receipt(paymentNumber, { receivedAt })])).toEqual(['paid_late']);
    expect(world().tally.counted.slice(counted)).not.toContain('payment expired');
    expect((await world().left(paymentNumber)).cases).toEqual(['paid_late open']);
  });

  test('more payments than one batch holds are expired batch by batch, the longest due first', async () => {
    const { paymentNumbers } = await world().given({ payments: 300 });
    const sweep = new ExpirePayments(world().stores.unitOfWork, world().clock, world().tally, false);
    world().clock.at = AFTER;
    const [first, second] = [await sweep.execute(), await sweep.execute()];
    world().clock.at = NOW;
    expect([first.expired.length, first.more, second.expired.length, second.more]).toEqual([
      256,
      true,
      44,
      false,
    ]);
    const numbers = [...first.expired, ...second.expired].map(({ number }) => number);
    expect(new Set(numbers)).toEqual(new Set(paymentNumbers));
  });
}

function cancelling(world: () => World): void {
  test('where it is configured, an unpaid order is cancelled by the clock with its last open payment, and not before', async () => {
    const { orderNumber, paymentNumbers } = await world().given({ payments: 2 });
    const [first, second] = paymentNumbers as [string, string];
    await world().stores.unitOfWork.run((stores) =>
      transitionPayment(stores, { paymentNumber: first, to: 'cancelled' }, hand),
    );
    expect(await sweepAt(world(), AFTER, { cancels: true })).toEqual({
      expired: [second],
      cancelledOrders: [orderNumber],
    });
    const order = await world().stores.unitOfWork.run(({ queries }) => queries.order(orderNumber));
    expect(order).toMatchObject({
      status: 'cancelled',
      statusHistory: [{ move: 'cancel', actor: 'clock', note: 'no payment came in time' }],
    });
  });

  test('an order whose other payment is still open, or that is paid, is not cancelled', async () => {
    const open = await world().given();
    world().clock.at = NOW + 60_000;
    const later = await world().opened(open.orderNumber);
    world().clock.at = NOW;
    const paid = await world().given({ payments: 2 });
    await world().receive([receipt(paid.paymentNumber)]);
    const swept = await sweepAt(world(), AFTER, { cancels: true });
    expect(new Set(swept.expired)).toEqual(new Set([open.paymentNumber, paid.paymentNumbers[1]]));
    expect(swept.cancelledOrders).toEqual([]);
    expect(await world().left(later)).toMatchObject({ payment: 'init', order: 'pending' });
    expect(await sweepAt(world(), AFTER + 60_000, { cancels: true })).toEqual({
      expired: [later],
      cancelledOrders: [open.orderNumber],
    });
  });

  test('money that comes late for an order that the clock has cancelled gets an owner', async () => {
    const { paymentNumber } = await world().given();
    await sweepAt(world(), AFTER, { cancels: true });
    const receivedAt = new Date(DEADLINE - 1);
    expect(await world().outcomes([receipt(paymentNumber, { receivedAt })])).toEqual(['order_not_payable']);
    expect(await world().left(paymentNumber)).toMatchObject({
      payment: 'succeeded',
      order: 'cancelled',
      cases: ['order_not_payable open'],
    });
  });
}

function dropping(world: () => World): void {
  const dropAt = async (at: number) => {
    world().clock.at = at;
    const { dropped, next } = await new DropBodies(world().stores.unitOfWork, world().clock, 90).execute(
      null,
    );
    world().clock.at = NOW;
    expect(next).toBeNull();
    return dropped;
  };
  const shown = (id: string) => world().stores.unitOfWork.run(({ queries }) => queries.callback(id));

  test('bodies and headers of settled callbacks are dropped after the days that are configured, and copies are still copies', async () => {
    await dropAt(NOW + 1_000 * DAY_MS);
    const { paymentNumber } = await world().given();
    const copy = receipt(paymentNumber);
    const callbackId = (await world().receive([copy]))[0]!.callbackId;
    expect(await dropAt(NOW + 90 * DAY_MS)).toBe(0);
    expect(await shown(callbackId)).toMatchObject({ headers: {}, bodyBase64: 'AQID' });
    expect(await dropAt(NOW + 90 * DAY_MS + 1)).toBe(1);
    expect(await shown(callbackId)).toMatchObject({ outcome: 'settled', headers: null, bodyBase64: null });
    expect(await world().outcomes([copy])).toEqual(['copy of settled']);
    expect(await dropAt(NOW + 90 * DAY_MS + 1)).toBe(0);
  });

  test('a callback with an open case keeps its body, and so does one that is not settled', async () => {
    const { paymentNumber } = await world().given();
    const money = Money.of('1.00', 'CNY');
    const callbackId = (await world().receive([receipt(paymentNumber, { money })]))[0]!.callbackId;
    const undecided = { outcome: 'pending', at: new Date(NOW), deliveries: 1 } as const;
    const waiting = await world().stores.unitOfWork.run(({ callbacks }) =>
      addOne(callbacks, { receipt: receipt(paymentNumber), ...undecided }),
    );
    expect(await dropAt(NOW + 1_000 * DAY_MS)).toBe(0);
    expect(await shown(callbackId)).toMatchObject({ outcome: 'amount_mismatched', bodyBase64: 'AQID' });
    expect(await shown(waiting)).toMatchObject({ outcome: 'pending', bodyBase64: 'AQID' });
  });
}
