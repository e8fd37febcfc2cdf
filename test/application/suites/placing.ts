import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { SentReply } from '../../../src/application/idempotency/idempotency-key-repository.js';
import type { OrderView } from '../../../src/application/orders/order-queries.js';
import type { PlacementResult } from '../../../src/application/orders/placement.js';
import type { PaymentView } from '../../../src/application/payments/payment-queries.js';
import { Money } from '../../../src/domain/money.js';
import { hashesOf } from '../fixtures/body-hashes.js';
import { freshNumber, NOW, receipt } from '../fixtures/receipts.js';
import { UNFIT_NUMBER, World, type AskedPlacement, type TestDatabase } from '../fixtures/world.js';

type Result = PlacementResult | 'alone';

const placed = <View>(result: Result): View => JSON.parse((result as SentReply).text) as View;
/** Why a placement was refused, or its reply. */
const answerOf = (result: Result) =>
  typeof result === 'object' && 'fault' in result ? result.fault : result;
const asJson = (view: unknown): unknown => JSON.parse(JSON.stringify(view));

/** What a shop places, alone and in batches. */
export function placingSuite(name: string, open: () => Promise<TestDatabase>): void {
  describe(`placing, on ${name}`, () => {
    let world: World;
    beforeAll(async () => {
      world = new World(await open());
    });
    afterAll(() => world.database.close());
    replying(() => world);
    refusing(() => world);
    repeating(() => world);
    meetingCallbacks(() => world);
  });
}

function replying(world: () => World): void {
  const place = async (asked: AskedPlacement): Promise<Result> =>
    (await world().placeBatch([world().placement(asked)]))[0]!;

  test('the reply to a new order is what reading the order shows', async () => {
    for (const customerId of ['客户-1', null]) {
      const result = await place({ order: { customerId, total: Money.of('100', 'JPY') } });
      const order = placed<OrderView>(result);
      expect(result).toMatchObject({ status: 201 });
      expect(order).toEqual(asJson(await world().order(order.orderNumber)));
    }
  });

  test('the reply to an order with a payment has the payment, and reading the order and the payment shows the same', async () => {
    const order = placed<OrderView>(await place({ payment: { expiresInSeconds: 60 } }));
    expect(order.payments).toMatchObject([
      { gateway: 'stripe', amount: order.total, status: 'init', expiresAt: '2026-11-23T08:01:00.000Z' },
    ]);
    expect(order).toEqual(asJson(await world().order(order.orderNumber)));
    const { paymentNumber } = order.payments[0]!;
    const { log } = (await world().payment(paymentNumber))!;
    expect(log.map(({ event, actor, at }) => ({ event, actor, at }))).toEqual([
      { event: 'payment.created', actor: 'admin:otto', at: new Date(NOW) },
    ]);
  });

  test('an order of zero is paid in the batch that places it, and takes no payment afterwards', async () => {
    const total = Money.of('0', 'CNY');
    const [free, other] = [{ order: { total } }, {}].map((asked) => world().placement(asked));
    const [result, beside] = await world().placeBatch([free!, other!]);
    const order = placed<OrderView>(result!);
    expect(order).toMatchObject({ status: 'paid', total: { amount: '0.00', currency: 'CNY' }, payments: [] });
    expect(order.statusHistory).toMatchObject([{ from: 'pending', to: 'paid', note: 'nothing was due' }]);
    expect(order).toEqual(asJson(await world().order(order.orderNumber)));
    expect(placed<OrderView>(beside!).status).toBe('pending');
    const { orderNumber } = order;
    expect(await place({ orderNumber, order: null, payment: {} })).toEqual({
      fault: 'order_not_pending',
      order: { status: 'paid', total },
    });
  });

  test('the reply to a payment of an existing order is what reading the payment shows', async () => {
    const { orderNumber } = await world().place();
    const payment = placed<PaymentView>(await place({ orderNumber, order: null, payment: {} }));
    expect(payment).toEqual(asJson(await world().payment(payment.paymentNumber)));
    expect((await world().order(orderNumber))!.payments.map(({ paymentNumber }) => paymentNumber)).toEqual([
      payment.paymentNumber,
    ]);
  });

  test('a batch of 256 of all kinds is carried out, and each gets its own reply', async () => {
    const { orderNumber } = await world().place();
    const asked = Array.from({ length: 256 }, (_, index) =>
      world().placement({ payment: index % 2 ? {} : null, keyed: index % 3 ? world().keyed() : null }),
    );
    const existing = world().placement({ orderNumber, order: null, payment: {} });
    const results = await world().placeBatch([existing, ...asked.slice(1)]);
    expect(placed<PaymentView>(results[0]!)).toMatchObject({ orderNumber, status: 'init' });
    expect(results.slice(1).map((result) => placed<OrderView>(result).orderNumber)).toEqual(
      asked.slice(1).map((placement) => placement.orderNumber),
    );
  });
}

function refusing(world: () => World): void {
  test('each member of a batch that cannot be carried out gets its own answer and writes nothing, and its neighbours are carried out', async () => {
    const taken = await world().placeOrder();
    const cancelled = await world().place();
    await world().moveOrder(cancelled.orderNumber, 'cancelled');
    const open = await Promise.all(Array.from({ length: 4 }, () => world().place()));
    const pay = (orderNumber: string, payment: AskedPlacement['payment']) => ({
      orderNumber,
      order: null,
      payment,
    });
    const unpaid = freshNumber();
    const members: [AskedPlacement, unknown][] = [
      [{}, { status: 201 }],
      [{ orderNumber: taken.orderNumber }, 'order_number_taken'],
      [{ orderNumber: unpaid, payment: { paymentNumber: taken.paymentNumber } }, 'payment_number_taken'],
      [{ payment: { gateway: 'paypal' } }, 'gateway_unknown'],
      [{ payment: { paymentNumber: UNFIT_NUMBER } }, 'payment_number_unfit'],
      [{ order: { total: Money.of('0', 'CNY') }, payment: {} }, 'nothing_due'],
      [{ payment: { paymentNumber: freshNumber() } }, { status: 201 }],
      [pay('nowhere', {}), 'order_unknown'],
      [pay(cancelled.orderNumber, {}), 'order_not_pending'],
      [pay(open[0]!.orderNumber, { amount: Money.of('99.99', 'CNY') }), 'amount_differs'],
      [pay(open[1]!.orderNumber, { gateway: 'paypal' }), 'gateway_unknown'],
      [pay(open[1]!.orderNumber, { paymentNumber: UNFIT_NUMBER }), 'payment_number_unfit'],
      [pay(open[2]!.orderNumber, { amount: Money.of('100.00', 'CNY') }), { status: 201 }],
      [pay(open[3]!.orderNumber, {}), { status: 201 }],
    ];
    const keyed = members.map(([asked]) => world().placement({ keyed: world().keyed(), ...asked }));
    const results = await world().placeBatch(keyed);
    results.forEach((result, index) => {
      const expected = members[index]![1];
      if (typeof expected === 'string') expect(answerOf(result)).toBe(expected);
      else expect(result).toMatchObject(expected as object);
    });
    expect(await world().order(unpaid)).toBeNull();
    for (const { orderNumber } of open.slice(0, 2))
      expect((await world().order(orderNumber))!.payments).toEqual([]);
    // Only a success is stored under its key.
    const scopes = keyed.map((each) => each.keyed!);
    const again = scopes.map((each) => world().placement({ keyed: { ...each, ...hashesOf('b') } }));
    expect((await world().placeBatch(again)).map((result) => result === 'key_reused')).toEqual(
      members.map(([, expected]) => typeof expected !== 'string'),
    );
  });

  test('of an order and its payment neither is created if one of the numbers is taken', async () => {
    const { orderNumber, paymentNumber } = await world().placeOrder();
    const fresh = [freshNumber(), freshNumber()] as const;
    const results = await world().placeBatch([
      world().placement({ orderNumber, payment: { paymentNumber: fresh[0] } }),
      world().placement({ orderNumber: fresh[1], payment: { paymentNumber } }),
    ]);
    expect(results).toEqual(['order_number_taken', 'payment_number_taken']);
    expect(await world().payment(fresh[0])).toBeNull();
    expect(await world().order(fresh[1])).toBeNull();
  });

  test('a repeated request, both of whose numbers are taken, is refused for the number of its order', async () => {
    const { orderNumber, paymentNumber } = await world().placeOrder();
    const repeated = world().placement({ orderNumber, payment: { paymentNumber } });
    const other = world().placement({
      payment: { paymentNumber: (await world().placeOrder()).paymentNumber },
    });
    const expected = ['order_number_taken', 'payment_number_taken'];
    expect(await world().placeBatch([repeated, other])).toEqual(expected);
    expect(await world().placeBatch([repeated])).toEqual(expected.slice(0, 1));
  });
}

function repeating(world: () => World): void {
  test('a repeated placement gets the first reply byte for byte, and one with another body is refused', async () => {
    const first = world().placement({ payment: {}, keyed: world().keyed() });
    const [reply] = await world().placeBatch([first]);
    expect(await world().placeBatch([first, world().placement()])).toMatchObject([reply, { status: 201 }]);
    const other = { ...first, keyed: { ...first.keyed!, ...hashesOf('b') } };
    expect(await world().placeBatch([other])).toEqual(['key_reused']);
  });

  test('of simultaneous placements that repeat each other, each gets the reply of the first', async () => {
    const placement = world().placement({ payment: {}, keyed: world().keyed() });
    const results = await Promise.all(Array.from({ length: 20 }, () => world().batcher.place(placement)));
    expect(new Set(results.map((result) => JSON.stringify(result))).size).toBe(1);
    expect(placed<OrderView>(results[0]!)).toEqual(asJson(await world().order(placement.orderNumber)));
  });

  test('a payment that is opened while its order is placed finds the order', async () => {
    const orderNumber = freshNumber();
    const results = await Promise.all([
      world().batcher.place(world().placement({ orderNumber })),
      world().batcher.place(world().placement({ orderNumber, order: null, payment: {} })),
    ]);
    expect(results).toMatchObject([{ status: 201 }, { status: 201 }]);
  });
}

function meetingCallbacks(world: () => World): void {
  test('a placement whose callback came before is left out of its batch; alone it is paid at once, and the reply shows it', async () => {
    const paymentNumber = freshNumber();
    await world().receive(receipt(paymentNumber));
    const early = world().placement({ payment: { paymentNumber }, keyed: world().keyed() });
    const other = world().placement({ payment: { paymentNumber: freshNumber() } });
    expect(await world().placeBatch([early, other])).toMatchObject(['alone', { status: 201 }]);
    expect(await world().order(early.orderNumber)).toBeNull();
    const reply = await world().placeAlone(early);
    expect(placed<OrderView>(reply)).toMatchObject({ status: 'paid', payments: [{ status: 'succeeded' }] });
    expect(placed<OrderView>(reply)).toEqual(asJson(await world().order(early.orderNumber)));
    expect(await world().placeAlone(early)).toEqual(reply);
  });

  test('the batcher carries out what its batch has left out', async () => {
    const paymentNumber = freshNumber();
    await world().receive(receipt(paymentNumber));
    const { reply } = await world().place({ payment: { paymentNumber } });
    expect(placed<OrderView>(reply)).toMatchObject({ status: 'paid' });
  });
}
