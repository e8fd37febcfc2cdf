import { beforeEach, expect, test } from '@jest/globals';
import { Unavailable } from '../../src/application/ports.js';
import { transitionOrder } from '../../src/application/transition-order.js';
import { transitionPayment } from '../../src/application/transition-payment.js';
import { Money } from '../../src/domain/money.js';
import { asking, createPayment, DEED } from './by-hand.js';
import { NOW, receipt } from './callback-world.js';
import { CaseWorld } from './case-world.js';
import { MemoryUnitOfWork } from './memory-stores.js';

/** People stand behind whoever holds what they need; in memory that wait is over at once, and fails as one that was too long. */

let unitOfWork: MemoryUnitOfWork;
let world: CaseWorld;
beforeEach(() => {
  unitOfWork = new MemoryUnitOfWork({ now: () => new Date(NOW) });
  world = new CaseWorld({ unitOfWork, close: async () => {} });
});
const hold = (id: string) => void unitOfWork.heldElsewhere.add(id);

test('moving an order waits for it', async () => {
  const { orderNumber } = await world.given();
  hold(orderNumber);
  const moving = unitOfWork.run((stores) => transitionOrder(stores, { orderNumber, to: 'cancelled' }, DEED));
  await expect(moving).rejects.toThrow(Unavailable);
});

test('moving a payment waits for it', async () => {
  const { paymentNumber } = await world.given();
  hold(paymentNumber);
  const moving = unitOfWork.run((stores) =>
    transitionPayment(stores, { paymentNumber, to: 'cancelled' }, DEED),
  );
  await expect(moving).rejects.toThrow(Unavailable);
});

test('opening a payment waits for its order, and for the callbacks that came before it', async () => {
  const { orderNumber } = await world.given();
  const opening = (paymentNumber: string) =>
    unitOfWork.run((stores) => createPayment.execute(stores, asking(orderNumber, { paymentNumber }), DEED));
  const early = await world.received(receipt('EARLY'));
  hold(early);
  await expect(opening('EARLY')).rejects.toThrow(Unavailable);
  expect(await opening('OTHER')).toMatchObject({ paymentNumber: 'OTHER' });
  hold(orderNumber);
  await expect(opening('THIRD')).rejects.toThrow(Unavailable);
});

test('replaying a callback waits for its payment', async () => {
  const { paymentNumber } = await world.given();
  const id = await world.stored(receipt(paymentNumber));
  hold(paymentNumber);
  await expect(world.replay(id)).rejects.toThrow(Unavailable);
});

test('whoever takes or gives back the money of a case waits for its payment, and whoever dismisses it does not', async () => {
  const { paymentNumber } = await world.given();
  await world.received(receipt(paymentNumber, { money: Money.of('99.99', 'CNY') }));
  const found = await world.openCase(paymentNumber);
  hold(paymentNumber);
  await expect(world.resolve(found, 'accept')).rejects.toThrow(Unavailable);
  await expect(world.resolve(found, 'refunded_elsewhere', { reference: 'R1' })).rejects.toThrow(Unavailable);
  expect(await world.resolve(found, 'dismiss')).toMatchObject({ status: 'resolved' });
});
