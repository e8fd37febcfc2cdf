import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { Receipt } from '../../src/application/ports.js';
import { transitionOrder } from '../../src/application/transition-order.js';
import { Money } from '../../src/domain/money.js';
import type { Outcome } from '../../src/domain/notice.js';
import { freshNumber, type OpenStores } from './by-hand.js';
import { NOW, receipt } from './callback-world.js';
import { CaseWorld, deedOf, LATE, unreadable } from './case-world.js';

/** What replays, explanations and timelines tell, over whatever keeps the callbacks. */
export function replayStories(name: string, open: () => Promise<OpenStores>): void {
  describe(`deciding stored callbacks once more, on ${name}`, () => {
    let world: CaseWorld;
    beforeAll(async () => {
      world = new CaseWorld(await open());
    });
    afterAll(() => world.stores.close());
    replaying(() => world);
    explaining(() => world);
    telling(() => world);
  });
}

function replaying(world: () => CaseWorld): void {
  test('a replay of what has settled answers what a copy would come to, and changes nothing', async () => {
    const { paymentNumber } = await world().given();
    const id = await world().received(receipt(paymentNumber));
    const [before, callback] = [await world().timeline(paymentNumber), await world().callback(id)];
    expect(await world().replay(id)).toEqual({
      callbackId: id,
      storedOutcome: 'settled',
      outcome: 'duplicate',
      changed: false,
    });
    expect(await world().timeline(paymentNumber)).toEqual(before);
    expect(await world().callback(id)).toEqual(callback);
  });

  test.each<[Partial<Receipt['notice']>, Outcome, Outcome]>([
    [{ kind: 'processing' }, 'recorded', 'recorded'],
    [{ kind: 'failed' }, 'recorded', 'duplicate'],
    [{ kind: 'cancelled' }, 'recorded', 'duplicate'],
    [{ kind: 'ignored', paymentNumber: null, transactionId: null, money: null }, 'ignored', 'ignored'],
    [{ kind: 'refund' }, 'refund_reported', 'refund_reported'],
    [{ kind: 'dispute' }, 'dispute_reported', 'dispute_reported'],
    [{ foreign: 'mchid' }, 'foreign', 'foreign'],
    [{ money: Money.of('1.00', 'CNY') }, 'amount_mismatched', 'amount_mismatched'],
    [{ kind: 'conflicting' }, 'conflicting', 'conflicting'],
  ])(
    'a replay of %j, which was %s, comes to %s and changes nothing',
    async (said, storedOutcome, outcome) => {
      const { paymentNumber } = await world().given();
      const id = await world().received(receipt(paymentNumber, said));
      const before = await world().left(paymentNumber);
      expect(await world().replay(id)).toMatchObject({ storedOutcome, outcome, changed: false });
      expect(await world().left(paymentNumber)).toEqual(before);
    },
  );

  test('money that was late stays late however often and whenever it is replayed; timely money stays timely', async () => {
    const [timely, tardy] = [await world().given(), await world().given()];
    const late = await world().received(receipt(tardy.paymentNumber, { receivedAt: LATE }));
    const inTime = await world().stored(receipt(timely.paymentNumber));
    world().clock.at = LATE.getTime() + 86_400_000;
    expect(await world().replay(late)).toMatchObject({ outcome: 'paid_late', changed: false });
    expect(await world().replay(inTime)).toMatchObject({ storedOutcome: 'pending', outcome: 'settled' });
    world().clock.at = NOW;
  });

  test('a callback that was given up settles by a replay, its case closes, and the log names the operator', async () => {
    const { paymentNumber } = await world().given();
    const id = await world().stored(receipt(paymentNumber), 'undeliverable');
    expect(await world().replay(id)).toMatchObject({ outcome: 'settled', changed: true });
    expect(await world().cases(paymentNumber)).toMatchObject([
      {
        kind: 'undeliverable',
        status: 'resolved',
        resolution: null,
        resolvedBy: 'admin:otto',
        reason: 'settled by replay',
      },
    ]);
    expect((await world().left(paymentNumber)).log).toEqual([
      'payment.succeeded',
      'order.paid',
      'discrepancy.resolved',
    ]);
    expect(await world().callback(id)).toMatchObject({ outcome: 'settled' });
    expect(await world().replay(id)).toMatchObject({ outcome: 'duplicate', changed: false });
  });

  test('what could not be read is read anew from its bytes: it settles and its case closes', async () => {
    const { paymentNumber } = await world().given();
    const id = await world().received(unreadable(`pays ${paymentNumber}`));
    expect(await world().explain(id)).toMatchObject({ storedOutcome: 'unreadable', outcome: 'settled' });
    expect(await world().replay(id)).toMatchObject({ storedOutcome: 'unreadable', outcome: 'settled' });
    expect(await world().left(paymentNumber)).toMatchObject({ payment: 'succeeded', order: 'paid' });
    expect(await world().callback(id)).toMatchObject({
      kind: 'succeeded',
      paymentNumber,
      outcome: 'settled',
    });
    const page = { limit: 1, before: null };
    const { items } = await world().stores.unitOfWork.run(({ queries }) =>
      queries.discrepancies({ kind: 'unreadable' }, page),
    );
    expect(items).toMatchObject([{ callbackId: id, status: 'resolved', reason: 'settled by replay' }]);
  });

  test('what still cannot be read stays unreadable, and waits in the same case', async () => {
    const id = await world().received(unreadable(freshNumber()));
    expect(await world().replay(id)).toMatchObject({ outcome: 'unreadable', changed: false });
  });

  test('read anew before its payment exists, it waits as unmatched and its case says so', async () => {
    const paymentNumber = freshNumber();
    const id = await world().received(unreadable(`pays ${paymentNumber}`));
    expect(await world().replay(id)).toMatchObject({ outcome: 'unmatched', changed: true });
    expect(await world().cases(paymentNumber)).toMatchObject([{ kind: 'unmatched', status: 'open' }]);
    await world().given({ paymentNumber });
    expect(await world().replay(id)).toMatchObject({ outcome: expect.stringMatching(/settled|duplicate/) });
    expect(await world().left(paymentNumber)).toMatchObject({
      payment: 'succeeded',
      cases: ['unmatched resolved'],
    });
  });

  test('late money whose payment another transaction has paid since has one open case, the one for money paid twice', async () => {
    const { paymentNumber } = await world().given();
    const second = await world().received(receipt(paymentNumber, { transactionId: 'T-2', receivedAt: LATE }));
    await world().receive([receipt(paymentNumber)]);
    expect(await world().replay(second)).toMatchObject({ storedOutcome: 'paid_late', outcome: 'paid_twice' });
    expect((await world().left(paymentNumber)).cases).toEqual(['paid_twice open', 'paid_late resolved']);
  });

  test('there is no replay and no explanation of a callback that is not there', async () => {
    expect(await world().replay('999999')).toBe('callback_unknown');
    expect(await world().explain('999999')).toBeNull();
  });
}

/** What stands before a notice comes, the notice, and the check that fails of it. */
type Situation = [outcome: Outcome, failing: string | null, set: (world: CaseWorld) => Promise<Receipt>];

const paidBy = async (world: CaseWorld, said: Parameters<typeof receipt>[1]): Promise<string> => {
  const { paymentNumber } = await world.given();
  await world.receive([receipt(paymentNumber, said)]);
  return paymentNumber;
};
const fresh = async (world: CaseWorld, said: Parameters<typeof receipt>[1] = {}): Promise<Receipt> =>
  receipt((await world.given()).paymentNumber, said);

const SITUATIONS: readonly Situation[] = [
  ['unmatched', 'payment_exists', async () => receipt(freshNumber())],
  ['foreign', 'meant_for_us', (world) => fresh(world, { foreign: 'mchid' })],
  ['foreign', 'meant_for_us', (world) => fresh(world, { gateway: 'alipay' })],
  ['duplicate', 'transaction_is_new', async (world) => receipt(await paidBy(world, {}))],
  [
    'paid_twice',
    'payment_is_open',
    async (world) => receipt(await paidBy(world, {}), { transactionId: freshNumber() }),
  ],
  [
    'transaction_reused',
    'transaction_is_unused',
    async (world) => fresh(world, { transactionId: `T-${await paidBy(world, {})}` }),
  ],
  ['paid_late', 'in_time', (world) => fresh(world, { receivedAt: LATE })],
  ['amount_mismatched', 'amount_agrees', (world) => fresh(world, { money: Money.of('99.99', 'CNY') })],
  ['amount_mismatched', 'amount_agrees', (world) => fresh(world, { money: Money.of('100.00', 'USD') })],
  [
    'order_not_payable',
    'order_is_payable',
    async (world) => {
      const { paymentNumber, orderNumber } = await world.given();
      await world.stores.unitOfWork.run((stores) =>
        transitionOrder(stores, { orderNumber, to: 'cancelled' }, deedOf('otto')),
      );
      return receipt(paymentNumber);
    },
  ],
  ['settled', null, (world) => fresh(world)],
  ['unmatched', 'payment_exists', async () => receipt(freshNumber(), { kind: 'failed' })],
  ['foreign', 'meant_for_us', (world) => fresh(world, { kind: 'failed', foreign: 'appid' })],
  ['recorded', null, (world) => fresh(world, { kind: 'processing' })],
  ['stale', 'status_takes_label', async (world) => receipt(await paidBy(world, {}), { kind: 'failed' })],
  [
    'duplicate',
    'status_takes_label',
    async (world) => receipt(await paidBy(world, { kind: 'cancelled' }), { kind: 'cancelled' }),
  ],
  ['refund_reported', null, (world) => fresh(world, { kind: 'refund' })],
  ['dispute_reported', null, (world) => fresh(world, { kind: 'dispute' })],
  ['conflicting', 'speaks_of_a_payment', (world) => fresh(world, { kind: 'conflicting' })],
  ['ignored', 'speaks_of_a_payment', (world) => fresh(world, { kind: 'ignored' })],
  ['unreadable', 'speaks_of_a_payment', async () => unreadable(freshNumber())],
];

function explaining(world: () => CaseWorld): void {
  test.each(SITUATIONS)(
    'what is explained as %s, by the failing check %s, is what it then comes to',
    async (outcome, failing, set) => {
      const id = await world().stored(await set(world()));
      const explanation = (await world().explain(id))!;
      expect(explanation).toMatchObject({ storedOutcome: 'pending', outcome });
      expect(explanation.checks.find(({ holds }) => !holds)?.name ?? null).toBe(failing);
      expect(await world().explain(id)).toEqual(explanation);
      expect(await world().replay(id)).toMatchObject({ outcome, changed: true });
      expect(await world().callback(id)).toMatchObject({ outcome });
    },
  );

  test('every check is told with what it asks and what is there', async () => {
    const { paymentNumber } = await world().given();
    const money = Money.of('99.99', 'CNY');
    const id = await world().stored(receipt(paymentNumber, { money, receivedAt: LATE }));
    expect((await world().explain(id))!.checks).toEqual([
      {
        name: 'payment_exists',
        expected: `payment ${paymentNumber}`,
        actual: `payment ${paymentNumber}`,
        holds: true,
      },
      { name: 'meant_for_us', expected: 'for us, by stripe', actual: 'by stripe', holds: true },
      {
        name: 'transaction_is_new',
        expected: `a payment that has not succeeded by T-${paymentNumber}`,
        actual: 'init',
        holds: true,
      },
      { name: 'payment_is_open', expected: 'a payment that has not succeeded', actual: 'init', holds: true },
      {
        name: 'transaction_is_unused',
        expected: 'a transaction that has settled no other payment',
        actual: 'it has settled no other payment',
        holds: true,
      },
      {
        name: 'in_time',
        expected: 'by 2026-11-23T08:30:00.000Z',
        actual: '2026-11-23T08:30:00.001Z',
        holds: false,
      },
      { name: 'amount_agrees', expected: '100.00 CNY', actual: '99.99 CNY', holds: false },
      { name: 'order_is_payable', expected: 'pending', actual: 'pending', holds: true },
    ]);
  });
}

function telling(world: () => CaseWorld): void {
  test('a timeline tells all of a payment as it happened: callbacks, log, transitions, cases and notes', async () => {
    const { paymentNumber, orderNumber } = await world().given();
    world().clock.at = LATE.getTime();
    await world().receive([receipt(paymentNumber, { receivedAt: LATE })]);
    const found = await world().openCase(paymentNumber);
    await world().note(found, 'asked the customer');
    await world().resolve(found, 'accept');
    await world().stores.unitOfWork.run((stores) =>
      transitionOrder(stores, { orderNumber, to: 'shipped' }, deedOf('otto')),
    );
    world().clock.at = NOW;
    const { items, truncated } = (await world().timeline(paymentNumber))!;
    expect(truncated).toBe(false);
    expect(items.map((item) => ('type' in item ? `${item.kind} ${item.type}` : item.kind))).toEqual([
      'event order.created',
      'event payment.created',
      'callback',
      'event payment.expired',
      'event callback.paid_late',
      'discrepancy opened',
      'event payment.succeeded',
      'event order.paid',
      'event order.shipped',
      'discrepancy resolved',
      'note',
    ]);
    const times = items.map(({ at }) => at.getTime());
    expect(times).toEqual(times.toSorted((left, right) => left - right));
  });

  test('a number that only callbacks know has a timeline, and one that nobody knows has none', async () => {
    const paymentNumber = freshNumber();
    await world().receive([receipt(paymentNumber)]);
    const { items } = (await world().timeline(paymentNumber))!;
    expect(items.map(({ kind }) => kind)).toEqual(['callback', 'event', 'discrepancy']);
    expect(await world().timeline(freshNumber())).toBeNull();
  });
}
