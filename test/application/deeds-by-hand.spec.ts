import { beforeEach, describe, expect, test } from '@jest/globals';
import { transitionOrder } from '../../src/application/transition-order.js';
import {
  addEndpoint,
  changeEndpointSecret,
  redeliver,
  removeEndpoint,
  resumeEndpoint,
} from '../../src/application/webhook-endpoints.js';
import { Money } from '../../src/domain/money.js';
import { AT, DEED } from './by-hand.js';
import { NOW, receipt } from './callback-world.js';
import { CaseWorld, LATE } from './case-world.js';
import { MemoryUnitOfWork } from './memory-stores.js';
import { RecordedUnitOfWork } from './recorded-stores.js';

/** What people's deeds ask of the database and leave in it: an owner for money, an entry in the log, and nothing for nothing. */

let memory: MemoryUnitOfWork;
let recorded: RecordedUnitOfWork;
let world: CaseWorld;
beforeEach(() => {
  memory = new MemoryUnitOfWork({ now: () => new Date(NOW) });
  recorded = new RecordedUnitOfWork(memory);
  world = new CaseWorld({ unitOfWork: recorded, close: async () => {} });
});
/** What this has asked for, without the reads of the answer. */
async function asked(work: () => Promise<unknown>): Promise<string[]> {
  recorded.lines();
  await work();
  return recorded.lines().filter((line) => !line.startsWith('queries.'));
}

describe('moving an order', () => {
  const cancel = (orderNumber: string) => () =>
    recorded.run((stores) => transitionOrder(stores, { orderNumber, to: 'cancelled' }, DEED));

  test('that nobody has paid looks for no money', async () => {
    const { orderNumber } = await world.given();
    recorded.lines();
    await cancel(orderNumber)();
    expect(recorded.lines()).toEqual(['orders.lock wait', 'orders.save', 'events.append', 'queries.order']);
  });

  test('that is paid to another status than cancelled leaves its money where it is', async () => {
    const { orderNumber, paymentNumber } = await world.given();
    await world.receive([receipt(paymentNumber)]);
    const ship = () =>
      recorded.run((stores) => transitionOrder(stores, { orderNumber, to: 'shipped' }, DEED));
    expect(await asked(ship)).not.toContain('discrepancies.open');
  });

  test('that is paid gives each payment that is in an owner, says how much and by whom, and logs it', async () => {
    const { orderNumber, paymentNumbers } = await world.given({ payments: 2 });
    const [paid] = paymentNumbers as [string, string];
    await world.receive([receipt(paid)]);
    expect(await asked(cancel(orderNumber))).toEqual([
      'orders.lock wait',
      'orders.save',
      'events.append',
      'discrepancies.open',
      'events.append',
    ]);
    const [due, ...others] = [...memory.tables.discrepancies.values()];
    expect(others).toEqual([]);
    const details = { paid: '100.00 CNY', reason: 'the paid order was cancelled by admin:otto' };
    expect(due).toMatchObject({
      kind: 'refund_due',
      paymentNumber: paid,
      orderNumber,
      callbackId: null,
      details,
    });
    expect(memory.tables.events.at(-1)).toMatchObject({ type: 'discrepancy.opened', actor: 'admin:otto' });
  });

  test('whose money has a case already opens none', async () => {
    const { orderNumber, paymentNumbers } = await world.given({ payments: 2 });
    const [first, second] = paymentNumbers as [string, string];
    await world.receive([receipt(first), receipt(second)]);
    await asked(cancel(orderNumber));
    expect(
      [...memory.tables.discrepancies.values()].map(({ kind, paymentNumber }) => [kind, paymentNumber]),
    ).toEqual([
      ['order_not_payable', second],
      ['refund_due', first],
    ]);
  });
});

describe('an endpoint', () => {
  const URL = { url: 'https://shop.example/hook', events: null };
  test('that is not there is told so, by every deed, and nothing is done', async () => {
    const deeds = await recorded.run(async (stores) => [
      await removeEndpoint(stores, '404'),
      await resumeEndpoint(stores, '404', AT),
      await changeEndpointSecret(stores, '404', 'whsec_new', AT),
      await redeliver(stores, '404', 'evt_1', AT),
    ]);
    expect(new Set(deeds)).toEqual(new Set(['endpoint_unknown']));
    expect(new Set(recorded.lines())).toEqual(new Set(['subscribers.lock']));
  });

  test('keeps its old secret for a day, and every deed says that it is done', async () => {
    const id = await recorded.run(async (stores) => (await addEndpoint(stores, URL, 'whsec_old', AT))!);
    const deeds = await recorded.run(async (stores) => [
      await changeEndpointSecret(stores, id, 'whsec_new', AT),
      await resumeEndpoint(stores, id, AT),
    ]);
    expect(deeds).toEqual(['done', 'done']);
    const { secrets } = memory.tables.subscribers.get(id)!;
    expect(secrets).toEqual([
      { secret: 'whsec_new', until: null },
      { secret: 'whsec_old', until: new Date(AT.getTime() + 86_400_000) },
    ]);
    expect(await recorded.run((stores) => removeEndpoint(stores, id))).toBe('done');
  });

  test('is not asked for an event whose id is none', async () => {
    const id = await recorded.run(async (stores) => (await addEndpoint(stores, URL, 'whsec', AT))!);
    recorded.lines();
    expect(await recorded.run((stores) => redeliver(stores, id, 'evt_x', AT))).toBe('delivery_unknown');
    expect(recorded.lines()).toEqual(['subscribers.lock']);
    expect(await recorded.run((stores) => redeliver(stores, id, 'evt_99', AT))).toBe('delivery_unknown');
  });
});

describe('an operator’s money', () => {
  const types = () => memory.tables.events.map(({ type }) => type);

  test('given back elsewhere says where in the log, and dismissed says nothing of it', async () => {
    const [first, second] = [await world.given(), await world.given()];
    for (const { paymentNumber } of [first, second])
      await world.receive([receipt(paymentNumber, { money: Money.of('1.00', 'CNY') })]);
    const before = types();
    await world.resolve(await world.openCase(first.paymentNumber), 'refunded_elsewhere', {
      reference: 'R-1',
    });
    await world.resolve(await world.openCase(second.paymentNumber), 'dismiss');
    const ended = memory.tables.events.slice(before.length);
    const kind = { kind: 'amount_mismatched', gateway: 'stripe' };
    const by = { type: 'discrepancy.resolved', actor: 'admin:otto' };
    expect(ended).toMatchObject([by, by]);
    expect(ended.map(({ data }) => data)).toStrictEqual([
      {
        ...kind,
        transactionId: `T-${first.paymentNumber}`,
        resolution: 'refunded_elsewhere',
        reference: 'R-1',
      },
      { ...kind, transactionId: `T-${second.paymentNumber}`, resolution: 'dismiss' },
    ]);
  });

  test('taken in, for an order that was cancelled, opens one new case; the log tells both ends and why', async () => {
    const { paymentNumber, orderNumber } = await world.given();
    await world.receive([receipt(paymentNumber, { receivedAt: LATE })]);
    await recorded.run((stores) => transitionOrder(stores, { orderNumber, to: 'cancelled' }, DEED));
    const before = types().length;
    await world.resolve(await world.openCase(paymentNumber), 'accept');
    expect(types().slice(before)).toEqual([
      'payment.succeeded',
      'callback.order_not_payable',
      'discrepancy.opened',
      'discrepancy.resolved',
    ]);
    expect(memory.tables.events.at(-1)!.data).toMatchObject({
      resolution: 'accept',
      reason: 'order_not_payable',
    });
    expect(memory.tables.discrepancies.size).toBe(2);
  });

  test('taken in where all is well opens no case', async () => {
    const { paymentNumber } = await world.given();
    await world.receive([receipt(paymentNumber, { receivedAt: LATE })]);
    const found = await world.openCase(paymentNumber);
    expect(await asked(() => world.resolve(found, 'accept'))).not.toContain('discrepancies.open');
  });

  test('that no callback has brought is given back without one, and can never be taken in', async () => {
    const { orderNumber, paymentNumber } = await world.given();
    const money = { gateway: 'stripe', transactionId: 'T1', details: {} };
    const named = { ...money, paymentNumber, orderNumber, callbackId: null };
    await memory.run(({ discrepancies }) => discrepancies.open([{ ...named, kind: 'paid_late' }], AT));
    const found = await world.openCase(paymentNumber);
    await expect(world.resolve(found, 'accept')).rejects.toThrow(
      `discrepancy ${found.id} is about money and names no callback`,
    );
    const giveBack = () => world.resolve(found, 'refunded_elsewhere', { reference: 'R-1' });
    expect(await asked(giveBack)).toEqual(['resolutions.hold', 'resolutions.end', 'events.append']);
  });
});

describe('a replay', () => {
  test.each(['settled', 'duplicate', 'recorded', 'stale', 'ignored'] as const)(
    'of a callback that has come to %s moves nothing, whatever it would come to now',
    async (outcome) => {
      const { paymentNumber } = await world.given();
      const id = await world.stored(receipt(paymentNumber), outcome);
      expect(await world.replay(id)).toMatchObject({
        storedOutcome: outcome,
        outcome: 'settled',
        changed: false,
      });
      expect(await world.left(paymentNumber)).toMatchObject({ payment: 'init', order: 'pending' });
    },
  );

  test('that comes to another case closes the one before it, says to what, and opens the new one', async () => {
    const { paymentNumber } = await world.given();
    const id = await world.stored(receipt(paymentNumber, { receivedAt: LATE }), 'undeliverable');
    const before = memory.tables.events.length;
    expect(await world.replay(id)).toMatchObject({ outcome: 'paid_late', changed: true });
    expect(await world.cases(paymentNumber)).toMatchObject([
      { kind: 'paid_late', status: 'open' },
      { kind: 'undeliverable', status: 'resolved', reason: 'replayed: paid_late' },
    ]);
    expect(memory.tables.events.slice(before).map(({ type, actor }) => `${type} by ${actor}`)).toEqual([
      'payment.expired by admin:otto',
      'callback.paid_late by admin:otto',
      'discrepancy.resolved by admin:otto',
      'discrepancy.opened by admin:otto',
    ]);
  });

  test('whose case somebody has ended already closes none, and logs none', async () => {
    const { paymentNumber } = await world.given();
    const id = await world.stored(receipt(paymentNumber), 'undeliverable');
    await world.resolve(await world.openCase(paymentNumber), 'dismiss');
    const before = memory.tables.events.length;
    expect(await world.replay(id)).toMatchObject({ outcome: 'settled' });
    const told = memory.tables.events.slice(before).map(({ type }) => type);
    expect(told).toEqual(['payment.succeeded', 'order.paid']);
  });
});
