import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { Receipt } from '../../../src/application/callbacks/callback-repository.js';
import { CaseQueries } from '../../../src/application/cases/case-queries.js';
import type { Timeline, TimelineItem, TimelinePosition } from '../../../src/application/payments/timeline.js';
import type { Notification } from '../../../src/domain/callbacks/notification.js';
import type { Outcome } from '../../../src/domain/callbacks/outcome.js';
import { Money } from '../../../src/domain/money.js';
import {
  freshNumber,
  LATE,
  NOW,
  receipt,
  unreadableReceipt,
  type Said,
  refundReceipt,
} from '../fixtures/receipts.js';
import { World, type TestDatabase } from '../fixtures/world.js';

/** Replays, explanations and timelines of stored callbacks. */
export function replaySuite(name: string, open: () => Promise<TestDatabase>): void {
  describe(`replay, explanation and timeline, on ${name}`, () => {
    let world: World;
    beforeAll(async () => {
      world = new World(await open());
    });
    afterAll(() => world.database.close());
    replayingWithoutChange(() => world);
    replayingWithChange(() => world);
    reparsing(() => world);
    explaining(() => world);
    timelines(() => world);
  });
}

function replayingWithoutChange(world: () => World): void {
  test('a replay of a settled callback answers what a copy would get, and changes nothing', async () => {
    const { paymentNumber } = await world().placeOrder();
    const id = await world().receive(receipt(paymentNumber));
    const [before, callback] = [await world().state(paymentNumber), await world().callback(id)];
    expect(await world().replay(id)).toEqual({
      callbackId: id,
      storedOutcome: 'settled',
      outcome: 'duplicate',
      changed: false,
    });
    const log = [...before.log!, 'callback.replayed'];
    expect(await world().state(paymentNumber)).toEqual({ ...before, log });
    expect(await world().callback(id)).toEqual(callback);
  });

  test.each<[Partial<Notification>, Outcome, Outcome]>([
    [{ kind: 'processing' }, 'recorded', 'recorded'],
    [{ kind: 'failed' }, 'recorded', 'duplicate'],
    [{ kind: 'cancelled' }, 'recorded', 'duplicate'],
    [{ kind: 'ignored', paymentNumber: null, transactionId: null, money: null }, 'ignored', 'ignored'],
    [{ kind: 'refund', refund: refundReceipt('P').notification.refund }, 'refund_reported', 'duplicate'],
    [{ kind: 'refund' }, 'unreadable', 'unreadable'],
    [{ foreign: 'mchid' }, 'foreign', 'foreign'],
    [{ money: Money.of('1.00', 'CNY') }, 'amount_mismatched', 'amount_mismatched'],
    [{ kind: 'conflicting' }, 'conflicting', 'conflicting'],
  ])(
    'a replay of %j, which was %s, results in %s and changes nothing but the log',
    async (said, storedOutcome, outcome) => {
      const { paymentNumber } = await world().placeOrder();
      const id = await world().receive(receipt(paymentNumber, said));
      const before = await world().state(paymentNumber);
      expect(await world().replay(id)).toMatchObject({ storedOutcome, outcome, changed: false });
      // A callback that names no payment is not in the log of one.
      const log = said.paymentNumber === null ? before.log : [...before.log!, 'callback.replayed'];
      expect(await world().state(paymentNumber)).toEqual({ ...before, log });
    },
  );

  test('an unknown callback can neither be replayed nor explained', async () => {
    expect(await world().replay('999999')).toBe('callback_unknown');
    expect(await world().explain('999999')).toBeNull();
  });
}

function replayingWithChange(world: () => World): void {
  test('late money stays late and timely money stays timely, whenever it is replayed', async () => {
    const [timely, tardy] = [await world().placeOrder(), await world().placeOrder()];
    const late = await world().receive(receipt(tardy.paymentNumber, { receivedAt: LATE }));
    const inTime = await world().store(receipt(timely.paymentNumber));
    world().clock.at = LATE.getTime() + 86_400_000;
    expect(await world().replay(late)).toMatchObject({ outcome: 'paid_late', changed: false });
    expect(await world().replay(inTime)).toMatchObject({ storedOutcome: 'pending', outcome: 'settled' });
    world().clock.at = NOW;
  });

  test('a callback that was given up settles by a replay, its case closes, and the log names the operator', async () => {
    const { paymentNumber } = await world().placeOrder();
    const id = await world().store(receipt(paymentNumber), 'undeliverable');
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
    const log = [
      'payment.created',
      'callback.replayed',
      'payment.succeeded',
      'order.paid',
      'discrepancy.resolved',
    ];
    expect((await world().state(paymentNumber)).log).toEqual(log);
    expect(await world().callback(id)).toMatchObject({ outcome: 'settled' });
    expect(await world().replay(id)).toMatchObject({ outcome: 'duplicate', changed: false });
    expect((await world().state(paymentNumber)).log).toEqual([...log, 'callback.replayed']);
  });

  test('a case that ends because the finding of its callback is stored already names the case that has the finding', async () => {
    const [paid, other] = [await world().placeOrder(), await world().placeOrder()];
    const transactionId = `T-${paid.paymentNumber}`;
    const said = { transactionId };
    await world().receive(receipt(paid.paymentNumber, said));
    await world().receive(receipt(other.paymentNumber, said));
    const { id: discrepancyId, kind } = await world().openCase(other.paymentNumber);
    expect(kind).toBe('transaction_reused');
    const id = await world().store(receipt(other.paymentNumber, said), 'undeliverable');
    expect(await world().replay(id)).toMatchObject({ outcome: 'transaction_reused', changed: true });
    expect(await world().cases(other.paymentNumber)).toMatchObject([
      { kind: 'undeliverable', status: 'resolved', endedBy: { by: 'successor', discrepancyId } },
      { kind: 'transaction_reused', status: 'open' },
    ]);
  });

  test('a replay that changes nothing is in the log all the same, with the operator and both outcomes', async () => {
    const id = await world().receive(receipt('P-NONE'));
    expect(await world().replay(id)).toMatchObject({ outcome: 'unmatched', changed: false });
    const { items } = (await world().timeline('P-NONE'))!;
    expect(items.findLast(({ kind }) => kind === 'event')).toMatchObject({
      type: 'callback.replayed',
      actor: 'admin:otto',
      callbackId: id,
      data: { gateway: 'stripe', storedOutcome: 'unmatched', outcome: 'unmatched', changed: false },
    });
  });

  test('late money whose payment another transaction has paid since is paid twice, and has only that case open', async () => {
    const { paymentNumber } = await world().placeOrder();
    const second = await world().receive(receipt(paymentNumber, { transactionId: 'T-2', receivedAt: LATE }));
    await world().receive(receipt(paymentNumber));
    expect(await world().replay(second)).toMatchObject({ storedOutcome: 'paid_late', outcome: 'paid_twice' });
    expect((await world().state(paymentNumber)).cases).toEqual(['paid_twice open', 'paid_late resolved']);
  });
}

function reparsing(world: () => World): void {
  test('an unreadable callback is parsed again: it settles and its case closes', async () => {
    const { paymentNumber } = await world().placeOrder();
    const id = await world().receive(unreadableReceipt(`pays ${paymentNumber}`));
    expect(await world().explain(id)).toMatchObject({ storedOutcome: 'unreadable', outcome: 'settled' });
    expect(await world().replay(id)).toMatchObject({ storedOutcome: 'unreadable', outcome: 'settled' });
    expect(await world().state(paymentNumber)).toMatchObject({ payment: 'succeeded', order: 'paid' });
    expect(await world().callback(id)).toMatchObject({
      kind: 'succeeded',
      paymentNumber,
      outcome: 'settled',
    });
    const page = { limit: 1, before: null };
    const { items } = await world().run((tx) => tx.of(CaseQueries).list({ kind: 'unreadable' }, page));
    expect(items).toMatchObject([{ callbackId: id, status: 'resolved', reason: 'settled by replay' }]);
  });

  test('a callback that still cannot be parsed stays unreadable', async () => {
    const id = await world().receive(unreadableReceipt(freshNumber()));
    expect(await world().replay(id)).toMatchObject({ outcome: 'unreadable', changed: false });
  });

  test('a callback that is parsed before its payment exists becomes unmatched, and settles when the payment is created', async () => {
    const paymentNumber = freshNumber();
    const id = await world().receive(unreadableReceipt(`pays ${paymentNumber}`));
    expect(await world().replay(id)).toMatchObject({ outcome: 'unmatched', changed: true });
    expect(await world().cases(paymentNumber)).toMatchObject([{ kind: 'unmatched', status: 'open' }]);
    await world().placeOrder({ paymentNumber });
    expect(await world().replay(id)).toMatchObject({ storedOutcome: 'settled', outcome: 'duplicate' });
    expect(await world().state(paymentNumber)).toMatchObject({
      payment: 'succeeded',
      cases: ['unmatched resolved'],
    });
  });
}

/** The outcome, the check that does not pass, and what there is when the callback comes. */
type Situation = [outcome: Outcome, failedCheck: string | null, prepare: (world: World) => Promise<Receipt>];

/** A callback for a new payment. */
const forNewPayment = async (world: World, said: Said = {}): Promise<Receipt> =>
  receipt((await world.placeOrder()).paymentNumber, said);

/** The number of a payment for which this callback has come. */
async function paymentAfter(world: World, said: Said): Promise<string> {
  const { paymentNumber } = await world.placeOrder();
  await world.receive(receipt(paymentNumber, said));
  return paymentNumber;
}

async function forCancelledOrder(world: World): Promise<Receipt> {
  const { paymentNumber, orderNumber } = await world.placeOrder();
  await world.moveOrder(orderNumber, 'cancelled');
  return receipt(paymentNumber);
}

/** Of another refund each time. */
const refundOf = (number: string): Partial<Notification> => ({
  kind: 'refund',
  refund: refundReceipt(number).notification.refund,
});
const REFUND = refundOf(freshNumber());

const [TOO_LITTLE, DOLLARS] = [Money.of('99.99', 'CNY'), Money.of('100.00', 'USD')];
// prettier-ignore
const SITUATIONS: readonly Situation[] = [
  ['unmatched', 'payment_exists', async () => receipt(freshNumber())],
  ['foreign', 'meant_for_us', (world) => forNewPayment(world, { foreign: 'mchid' })],
  ['foreign', 'meant_for_us', (world) => forNewPayment(world, { gateway: 'alipay' })],
  ['duplicate', 'transaction_is_new', async (world) => receipt(await paymentAfter(world, {}))],
  ['paid_twice', 'payment_is_open', async (world) => receipt(await paymentAfter(world, {}), { transactionId: freshNumber() })],
  ['transaction_reused', 'transaction_is_unused', async (world) => forNewPayment(world, { transactionId: `T-${await paymentAfter(world, {})}` })],
  ['paid_late', 'in_time', (world) => forNewPayment(world, { receivedAt: LATE })],
  ['amount_mismatched', 'amount_agrees', (world) => forNewPayment(world, { money: TOO_LITTLE })],
  ['amount_mismatched', 'amount_agrees', (world) => forNewPayment(world, { money: DOLLARS })],
  ['order_not_payable', 'order_is_payable', forCancelledOrder],
  ['settled', null, (world) => forNewPayment(world)],
  ['unmatched', 'payment_exists', async () => receipt(freshNumber(), { kind: 'failed' })],
  ['foreign', 'meant_for_us', (world) => forNewPayment(world, { kind: 'failed', foreign: 'appid' })],
  ['recorded', null, (world) => forNewPayment(world, { kind: 'processing' })],
  ['stale', 'status_takes_label', async (world) => receipt(await paymentAfter(world, {}), { kind: 'failed' })],
  ['duplicate', 'status_takes_label', async (world) => receipt(await paymentAfter(world, { kind: 'cancelled' }), { kind: 'cancelled' })],
  ['refund_reported', null, (world) => forNewPayment(world, REFUND)],
  ['unreadable', 'report_is_readable', (world) => forNewPayment(world, { kind: 'refund' })],
  ['foreign', 'meant_for_us', (world) => forNewPayment(world, { kind: 'refund', foreign: 'mchid' })],
  ['unmatched', 'names_a_transaction', (world) => forNewPayment(world, { ...REFUND, transactionId: null })],
  ['conflicting', 'speaks_of_a_payment', (world) => forNewPayment(world, { kind: 'conflicting' })],
  ['ignored', 'speaks_of_a_payment', (world) => forNewPayment(world, { kind: 'ignored' })],
  ['unreadable', 'speaks_of_a_payment', async () => unreadableReceipt(freshNumber())],
];

function explaining(world: () => World): void {
  test.each(SITUATIONS)(
    'a callback that is explained as %s, by the failed check %s, then gets this outcome',
    async (outcome, failedCheck, prepare) => {
      const id = await world().store(await prepare(world()));
      const explanation = (await world().explain(id))!;
      expect(explanation).toMatchObject({ storedOutcome: 'pending', outcome });
      expect(explanation.checks.find(({ passes }) => !passes)?.name ?? null).toBe(failedCheck);
      expect(await world().explain(id)).toEqual(explanation);
      expect(await world().replay(id)).toMatchObject({ outcome, changed: true });
      expect(await world().callback(id)).toMatchObject({ outcome });
    },
  );

  test('the explanation of a duplicate does not say that its transaction has settled another payment', async () => {
    const paymentNumber = await paymentAfter(world(), {});
    const { checks } = (await world().explain(await world().store(receipt(paymentNumber))))!;
    expect(checks.find(({ name }) => name === 'transaction_is_unused')).toMatchObject({ passes: true });
  });

  test('an explanation shows every check with what it expects and what it found', async () => {
    const { paymentNumber } = await world().placeOrder();
    const id = await world().store(receipt(paymentNumber, { money: TOO_LITTLE, receivedAt: LATE }));
    const { checks } = (await world().explain(id))!;
    expect(
      checks.map(
        ({ name, expected, actual, passes }) => `${passes ? '✓' : '✗'} ${name}: ${expected} | ${actual}`,
      ),
    ).toEqual([
      `✓ payment_exists: payment ${paymentNumber} | payment ${paymentNumber}`,
      '✓ meant_for_us: for us, by stripe | by stripe',
      `✓ transaction_is_new: a payment that has not succeeded by T-${paymentNumber} | init`,
      '✓ transaction_is_unused: a transaction that has settled no other payment | it has settled no other payment',
      '✓ payment_is_open: a payment that has not succeeded | init',
      '✓ money_is_here: money that has not been refunded | it is here',
      '✗ in_time: by 2026-11-23T08:30:00.000Z | 2026-11-23T08:30:00.001Z',
      '✗ amount_agrees: 100.00 CNY | 99.99 CNY',
      '✓ order_is_payable: pending | pending',
    ]);
  });
}

function timelines(world: () => World): void {
  test('a timeline shows callbacks, log entries, order transitions, cases and notes in the order of time', async () => {
    const { paymentNumber, orderNumber } = await world().placeOrder();
    world().clock.at = LATE.getTime();
    await world().receive(receipt(paymentNumber, { receivedAt: LATE }));
    const found = await world().openCase(paymentNumber);
    world().clock.at = LATE.getTime() + 60_000;
    await world().addNote(found, 'asked the customer');
    await world().resolve(found, 'accept');
    await world().moveOrder(orderNumber, 'shipped');
    world().clock.at = NOW;
    const { items, next } = (await world().timeline(paymentNumber))!;
    expect(next).toBeNull();
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

  test('a timeline of one item a page has the same items as one of one page', async () => {
    const { paymentNumber } = await world().placeOrder();
    await world().receive(receipt(paymentNumber));
    const whole = (await world().timeline(paymentNumber))!.items;
    const paged: TimelineItem[] = [];
    for (let before: TimelinePosition | null = null; ;) {
      const page: Timeline = (await world().timeline(paymentNumber, { limit: 1, before }))!;
      paged.unshift(...page.items);
      if (!page.next) break;
      before = page.next;
    }
    expect(paged).toEqual(whole);
  });

  test('a payment number that only callbacks name has a timeline, and an unknown number has none', async () => {
    const paymentNumber = freshNumber();
    await world().receive(receipt(paymentNumber));
    const { items } = (await world().timeline(paymentNumber))!;
    expect(items.map(({ kind }) => kind)).toEqual(['callback', 'event', 'discrepancy']);
    expect(await world().timeline(freshNumber())).toBeNull();
  });
}
