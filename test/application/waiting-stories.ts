import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { RETRY_DELAYS_SECONDS } from '../../src/application/settle-pending.js';
import { Money } from '../../src/domain/money.js';
import type { Notice } from '../../src/domain/notice.js';
import { Payment } from '../../src/domain/payment.js';
import type { OpenStores } from './by-hand.js';
import { NOW, receipt, World } from './callback-world.js';
import { addOne } from './memory-inbox.js';

const DAY_MS = 24 * 60 * 60 * 1_000;

/** What becomes of callbacks that wait, for their payment or for another attempt, over whatever keeps them. */
export function waitingStories(name: string, open: () => Promise<OpenStores>): void {
  describe(`callbacks that wait, on ${name}`, () => {
    let world: World;
    beforeAll(async () => {
      world = new World(await open());
    });
    afterAll(() => world.stores.close());
    creation(() => world);
    net(() => world);
    attempts(() => world);
  });
}

function creation(world: () => World): void {
  test('a success that came before its payment settles in the transaction that creates it, and its case closes', async () => {
    const paymentNumber = randomUUID();
    expect(await world().outcomes([receipt(paymentNumber)])).toEqual(['unmatched']);
    expect((await world().left(paymentNumber)).cases).toEqual(['unmatched open']);
    const { created } = await world().given({ paymentNumber });
    expect(created).toMatchObject([{ status: 'succeeded', transactionId: `T-${paymentNumber}` }]);
    expect(await world().left(paymentNumber)).toEqual({
      payment: 'succeeded',
      order: 'paid',
      log: [
        'discrepancy.opened',
        'payment.created',
        'payment.succeeded',
        'order.paid',
        'discrepancy.resolved',
      ],
      cases: ['unmatched resolved'],
    });
  });

  test('notices of every kind that waited apply in order of receipt', async () => {
    const paymentNumber = randomUUID();
    const later = receipt(paymentNumber, { kind: 'failed', receivedAt: new Date(NOW + 2_000) });
    const first = receipt(paymentNumber, { kind: 'processing', receivedAt: new Date(NOW + 1_000) });
    const last = receipt(paymentNumber, { receivedAt: new Date(NOW + 3_000) });
    expect(await world().outcomes([later, last])).toEqual(['unmatched', 'unmatched']);
    expect(await world().outcomes([first])).toEqual(['unmatched']);
    await world().given({ paymentNumber });
    const log = (await world().left(paymentNumber)).log!;
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

  test('what waited is judged like what comes later: another gateway is foreign, another amount is mismatched', async () => {
    const [foreign, mismatched] = [randomUUID(), randomUUID()];
    const money = Money.of('99.00', 'CNY');
    await world().receive([receipt(foreign), receipt(mismatched, { money })]);
    await world().given({ paymentNumber: foreign, gateway: 'alipay' });
    await world().given({ paymentNumber: mismatched });
    expect(await world().left(foreign)).toMatchObject({
      payment: 'init',
      order: 'pending',
      cases: ['foreign open', 'unmatched resolved'],
    });
    expect((await world().left(mismatched)).cases).toEqual(['amount_mismatched open', 'unmatched resolved']);
  });

  test('callbacks for other payments go on waiting', async () => {
    const [mine, other] = [randomUUID(), randomUUID()];
    await world().receive([receipt(mine), receipt(other)]);
    await world().given({ paymentNumber: mine });
    expect((await world().left(other)).cases).toEqual(['unmatched open']);
  });
}

function net(world: () => World): void {
  test('a payment that was created by another way is found by the walk through the unmatched callbacks', async () => {
    const paymentNumber = randomUUID();
    const { paymentNumber: bystander } = await world().given();
    await world().receive([receipt(paymentNumber), receipt(bystander, { kind: 'failed' })]);
    await world().stores.unitOfWork.run(async (stores) => {
      const sample = (await stores.payments.lock([bystander], 'wait')).found.get(bystander)!;
      const { orderNumber, gateway, due, expiresAt } = sample;
      const state = { status: 'init' as const, transactionId: null, paidAt: null };
      await stores.payments.add(
        new Payment({ number: paymentNumber, orderNumber, gateway, due, expiresAt, ...state }),
      );
    });
    const { attempted, next } = await world().settleUnmatched.execute(null);
    expect(attempted.map(({ outcome }) => outcome)).toEqual(['settled']);
    expect(next).toBeNull();
    expect((await world().left(paymentNumber)).cases).toEqual(['unmatched resolved']);
    expect((await world().settleUnmatched.execute(null)).attempted).toEqual([]);
  });
}

function attempts(world: () => World): void {
  /** A callback that could only be stored, as after an outage. */
  const pending = async (said: Partial<Notice> = {}) => {
    const { paymentNumber } = await world().given();
    const stored = { outcome: 'pending', at: new Date(NOW), deliveries: 1 } as const;
    const id = await world().stores.unitOfWork.run(({ callbacks }) =>
      addOne(callbacks, { receipt: receipt(paymentNumber, said), ...stored }),
    );
    return { id, paymentNumber };
  };
  const lease = (at: number) =>
    world().stores.unitOfWork.run(({ backlog }) => backlog.lease(new Date(at), new Date(at + 30_000), 64));

  test('a pending callback is settled by the worker', async () => {
    const { paymentNumber } = await pending();
    expect((await world().settlePending.execute()).map(({ outcome }) => outcome)).toEqual(['settled']);
    expect((await world().left(paymentNumber)).order).toBe('paid');
    expect(await world().settlePending.execute()).toEqual([]);
  });

  test('what one worker has leased no other takes, until the lease ends: so a killed worker holds up nothing for long', async () => {
    const { id } = await pending();
    expect((await lease(NOW)).map((callback) => callback.id)).toEqual([id]);
    expect(await world().settlePending.execute()).toEqual([]);
    world().clock.at = NOW + 30_000;
    expect(await world().settlePending.execute()).toMatchObject([
      { callback: { id, attempts: 2 }, outcome: 'settled' },
    ]);
    world().clock.at = NOW;
  });

  test('what this release cannot settle harms nobody else, and each wait for it is longer, with a jitter of at most a quarter', async () => {
    const { id } = await pending({ transactionId: null });
    const { paymentNumber } = await pending();
    const first = await world().settlePending.execute();
    expect(first.map(({ outcome }) => outcome).toSorted()).toEqual(['pending', 'settled']);
    expect((await world().left(paymentNumber)).order).toBe('paid');
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
    await world().stores.unitOfWork.run(({ callbacks }) =>
      callbacks.decide([{ id, outcome: 'ignored', at: new Date(NOW) }]),
    );
  });

  test('the retries of a callback take about a day in all, and no wait is longer than an hour', () => {
    const total = RETRY_DELAYS_SECONDS.reduce((sum, seconds) => sum + seconds, 0);
    expect(total / 3_600).toBeGreaterThan(23);
    expect(total / 3_600).toBeLessThan(26);
    expect(Math.max(...RETRY_DELAYS_SECONDS)).toBe(3_600);
  });

  test('given up is what has had every attempt and is a day old; attempts of killed workers alone end nothing', async () => {
    const { id, paymentNumber } = await pending();
    for (let attempt = 0; attempt <= RETRY_DELAYS_SECONDS.length; attempt += 1) {
      const [leased] = await lease(NOW + attempt * 30_000);
      expect(leased).toMatchObject({ id, attempts: attempt + 1 });
    }
    world().clock.at = NOW + DAY_MS;
    expect((await world().settlePending.execute()).map(({ outcome }) => outcome)).toEqual(['undeliverable']);
    world().clock.at = NOW;
    expect((await world().left(paymentNumber)).cases).toEqual(['undeliverable open']);

    const young = await pending();
    for (let attempt = 0; attempt <= RETRY_DELAYS_SECONDS.length; attempt += 1)
      await lease(NOW + attempt * 30_000);
    world().clock.at = NOW + DAY_MS - 1;
    const attempted = await world().settlePending.execute();
    expect(attempted).toMatchObject([{ callback: { id: young.id }, outcome: 'settled' }]);
    world().clock.at = NOW;
  });

  test('a callback that is old when it is first tried, as after a long outage, has all its attempts before it', async () => {
    const { paymentNumber } = await pending();
    world().clock.at = NOW + 3 * DAY_MS;
    expect((await world().settlePending.execute()).map(({ outcome }) => outcome)).toEqual(['settled']);
    world().clock.at = NOW;
    expect(await world().left(paymentNumber)).toMatchObject({ payment: 'succeeded', order: 'paid' });
  });
}
