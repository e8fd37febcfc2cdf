import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { CaseQueries, type CaseView } from '../../../src/application/cases/case-queries.js';
import { CaseRepository } from '../../../src/application/cases/case-repository.js';
import {
  DisputeQueries,
  type DisputeDetail,
  type DisputeView,
} from '../../../src/application/disputes/dispute-queries.js';
import { DisputeRepository } from '../../../src/application/disputes/dispute-repository.js';
import { openCasesOfWaitingDisputes } from '../../../src/application/disputes/open-waiting-cases.js';
import type { DisputeReport } from '../../../src/domain/callbacks/notification.js';
import { Dispute } from '../../../src/domain/disputes/dispute.js';
import { Money } from '../../../src/domain/money.js';
import { freshNumber, NOW, receipt, refundReceipt, type Said } from '../fixtures/receipts.js';
import { bodyOf, World, type TestDatabase } from '../fixtures/world.js';

/** Disputes are objects of their own, and each status that needs a person has a case. */
export function disputeSuite(name: string, open: () => Promise<TestDatabase>): void {
  describe(`disputes, on ${name}`, () => {
    let world: World;
    beforeAll(async () => {
      world = new World(await open());
    });
    afterAll(() => world.database.close());
    statuses(() => world);
    repeats(() => world);
    money(() => world);
    beforeTheMoney(() => world);
    withoutMoney(() => world);
    otherReports(() => world);
    queries(() => world);
  });
}

const PAGE = { limit: 50, before: null };
const cny = (amount: string): Money => Money.of(amount, 'CNY');
const after = (seconds: number): Date => new Date(NOW + seconds * 1_000);
const DAY = 86_400;

/** What a gateway says about a dispute of the money that this names. */
interface Claim {
  readonly transactionId: string | null;
  readonly disputeId?: string;
}

function disputed(
  { transactionId, disputeId = `du-${transactionId}` }: Claim,
  said: Partial<DisputeReport> = {},
  other: Said = {},
) {
  const amount = said.amount === undefined ? cny('100.00') : said.amount;
  const unsaid = { reason: 'fraudulent', dueBy: after(DAY), moneyTaken: null, at: after(0) };
  const dispute: DisputeReport = {
    kind: 'dispute',
    disputeId,
    status: 'needs_response',
    ...unsaid,
    ...said,
    amount,
  };
  return receipt('-', {
    kind: 'dispute',
    paymentNumber: null,
    transactionId,
    money: amount,
    dispute,
    ...other,
  });
}

async function casesOf(world: World, transactionId: string): Promise<readonly CaseView[]> {
  return (await world.run((tx) => tx.of(CaseQueries).list({ transactionId }, PAGE))).items;
}

/** Oldest first, as in "dispute open". */
const statesOf = async (world: World, transactionId: string): Promise<string[]> =>
  (await casesOf(world, transactionId)).map(({ kind, status }) => `${kind} ${status}`).reverse();

async function disputesOf(world: World, transactionId: string): Promise<readonly DisputeView[]> {
  return (await world.run((tx) => tx.of(DisputeQueries).list({ transactionId }, PAGE))).items;
}

async function disputeOf(world: World, transactionId: string): Promise<DisputeDetail> {
  const [found, ...others] = await disputesOf(world, transactionId);
  if (!found || others.length) throw new Error(`${transactionId} has ${others.length + 1} disputes`);
  return (await world.run((tx) => tx.of(DisputeQueries).find(found.id)))!;
}

/** A payment that has succeeded, and its money. */
async function paid(world: World, said: Said = {}) {
  const placed = await world.placeOrder();
  const transactionId = freshNumber();
  await world.receive(receipt(placed.paymentNumber, { transactionId, ...said }));
  return { ...placed, transactionId };
}

function statuses(world: () => World): void {
  test('a dispute has its payment, and a case with its deadline', async () => {
    const { transactionId, paymentNumber, orderNumber } = await paid(world());
    const callbackId = await world().receive(disputed({ transactionId }));
    expect(await world().callback(callbackId)).toMatchObject({
      outcome: 'dispute_reported',
      paymentNumber: null,
    });
    const dispute = await disputeOf(world(), transactionId);
    expect(dispute).toMatchObject({
      gateway: 'stripe',
      disputeId: `du-${transactionId}`,
      paymentNumber,
      orderNumber,
      transactionId,
      amount: { amount: '100.00', currency: 'CNY' },
      reason: 'fraudulent',
      status: 'needs_response',
      dueBy: after(DAY),
      moneyTaken: false,
      openedAt: new Date(NOW),
      closedAt: null,
    });
    expect(dispute.log.map(({ event, actor }) => [event, actor])).toEqual([
      ['dispute.opened', 'gateway:stripe'],
    ]);
    expect((await world().payment(paymentNumber))!.disputes).toEqual([await firstOf(transactionId)]);
    const [opened, ...others] = await casesOf(world(), transactionId);
    expect(others).toEqual([]);
    expect(opened).toMatchObject({
      kind: 'dispute',
      status: 'open',
      paymentNumber,
      orderNumber,
      callbackId,
      amount: { amount: '100.00', currency: 'CNY' },
      dueBy: after(DAY),
      details: { disputeId: dispute.disputeId, status: 'needs_response', reason: 'fraudulent' },
    });
    expect(opened!.allowedResolutions.map(({ resolution }) => resolution)).toEqual(['dismiss']);
    expect(await world().state(paymentNumber)).toMatchObject({ payment: 'succeeded', order: 'paid' });
  });

  const firstOf = async (transactionId: string) => (await disputesOf(world(), transactionId))[0];

  test('the open case follows the deadline and the amount of later reports', async () => {
    const { transactionId } = await paid(world());
    await world().receive(disputed({ transactionId }, { status: 'inquiry', amount: null, dueBy: null }));
    const later = { status: 'needs_response', at: after(1), dueBy: after(2 * DAY) } as const;
    await world().receive(disputed({ transactionId }, { ...later, amount: cny('60.00') }));
    const [open, ...others] = await casesOf(world(), transactionId);
    expect(others).toEqual([]);
    expect(open).toMatchObject({
      kind: 'dispute',
      dueBy: after(2 * DAY),
      amount: { amount: '60.00', currency: 'CNY' },
      details: { status: 'needs_response', paid: '60.00 CNY' },
    });
  });

  test.each(['won', 'closed'] as const)('a dispute that is %s ends its case by itself', async (status) => {
    const { transactionId, paymentNumber } = await paid(world());
    await world().receive(disputed({ transactionId }));
    await world().receive(disputed({ transactionId }, { status: 'under_review', at: after(1) }));
    expect(await statesOf(world(), transactionId)).toEqual(['dispute open']);
    await world().receive(disputed({ transactionId }, { status, at: after(2) }));
    const [ended] = await casesOf(world(), transactionId);
    expect(ended).toMatchObject({
      status: 'resolved',
      resolution: null,
      reason: status,
      endedBy: { by: 'dispute', disputeId: `du-${transactionId}`, status },
    });
    const { log } = await world().state(paymentNumber);
    expect(log!.filter((type) => /^(dispute|discrepancy)/.test(type))).toEqual([
      'dispute.opened',
      'discrepancy.opened',
      'dispute.updated',
      'dispute.closed',
      'discrepancy.resolved',
    ]);
  });

  test('a lost dispute ends its case and opens another, which a person ends', async () => {
    const { transactionId } = await paid(world());
    await world().receive(disputed({ transactionId }));
    await world().receive(disputed({ transactionId }, { status: 'lost', moneyTaken: true, at: after(1) }));
    const [lost, before] = await casesOf(world(), transactionId);
    expect(lost).toMatchObject({ kind: 'dispute_lost', status: 'open', dueBy: null });
    expect(before).toMatchObject({
      kind: 'dispute',
      endedBy: { by: 'successor', discrepancyId: lost!.id },
    });
    await world().resolve(lost!, 'dismiss');
    await world().receive(disputed({ transactionId }, { status: 'lost', reason: 'general', at: after(2) }));
    expect(await statesOf(world(), transactionId)).toEqual(['dispute resolved', 'dispute_lost resolved']);
  });

  test('a dispute that is first heard of as lost opens that case alone, and one that is won opens none', async () => {
    const [lost, won] = [await paid(world()), await paid(world())];
    await world().receive(disputed(lost, { status: 'lost', moneyTaken: true }));
    await world().receive(disputed(won, { status: 'won' }));
    expect(await statesOf(world(), lost.transactionId)).toEqual(['dispute_lost open']);
    expect(await statesOf(world(), won.transactionId)).toEqual([]);
    expect(await disputeOf(world(), won.transactionId)).toMatchObject({
      status: 'won',
      closedAt: new Date(NOW),
    });
  });

  test('a dispute of one batch that is opened, answered and lost has the cases that it would have step by step', async () => {
    const { transactionId } = await paid(world());
    const outcomes = await world().outcomes([
      disputed({ transactionId }),
      disputed({ transactionId }, { status: 'under_review', at: after(1) }),
      disputed({ transactionId }, { status: 'lost', moneyTaken: true, at: after(2) }),
    ]);
    expect(outcomes).toEqual(['dispute_reported', 'dispute_reported', 'dispute_reported']);
    expect(await statesOf(world(), transactionId)).toEqual(['dispute resolved', 'dispute_lost open']);
    expect(await disputeOf(world(), transactionId)).toMatchObject({ status: 'lost', moneyTaken: true });
  });

  test('an appeal that succeeds ends the case of a lost dispute', async () => {
    const { transactionId } = await paid(world());
    await world().receive(disputed({ transactionId }, { status: 'lost', moneyTaken: true }));
    await world().receive(disputed({ transactionId }, { status: 'won', moneyTaken: false, at: after(1) }));
    expect(await statesOf(world(), transactionId)).toEqual(['dispute_lost resolved']);
  });

  test('a new demand of the bank, after a person has dismissed the case of the first, opens a case of its own', async () => {
    const { transactionId } = await paid(world());
    await world().receive(disputed({ transactionId }, { status: 'inquiry' }));
    await world().resolve((await casesOf(world(), transactionId))[0]!, 'dismiss');
    await world().receive(
      disputed({ transactionId }, { status: 'inquiry', reason: 'general', at: after(1) }),
    );
    expect(await statesOf(world(), transactionId)).toEqual(['dispute resolved']);
    await world().receive(disputed({ transactionId }, { status: 'needs_response', at: after(2) }));
    expect(await statesOf(world(), transactionId)).toEqual(['dispute resolved', 'dispute open']);
  });

  test('a status that is not known here leaves the status, and first heard of it is one that awaits the shop', async () => {
    const { transactionId } = await paid(world());
    await world().receive(disputed({ transactionId }, { status: null }));
    expect(await statesOf(world(), transactionId)).toEqual(['dispute open']);
    await world().receive(disputed({ transactionId }, { status: 'lost', at: after(1) }));
    await world().receive(disputed({ transactionId }, { status: null, at: after(2) }));
    expect(await disputeOf(world(), transactionId)).toMatchObject({ status: 'lost' });
  });
}

function repeats(world: () => World): void {
  test('the same report a hundred times, in batches and alone, is one dispute and one case', async () => {
    const { transactionId } = await paid(world());
    const copies = Array.from({ length: 99 }, () => disputed({ transactionId }));
    const outcomes = await world().outcomes(copies.slice(0, 50));
    for (const copy of copies.slice(50)) outcomes.push(...(await world().outcomes([copy])));
    const [first, ...others] = outcomes;
    expect([first, new Set(others)]).toEqual(['dispute_reported', new Set(['duplicate'])]);
    expect(await statesOf(world(), transactionId)).toEqual(['dispute open']);
    expect((await disputeOf(world(), transactionId)).log).toHaveLength(1);
  });

  test('reports that come in the wrong order leave the newest status, and a late one opens no closed dispute', async () => {
    const { transactionId } = await paid(world());
    const outcomes = await world().outcomes([
      disputed({ transactionId }, { status: 'won', moneyTaken: false, at: after(9) }),
      disputed({ transactionId }, { status: 'needs_response', moneyTaken: true, at: after(1) }),
      disputed({ transactionId }, { status: 'under_review', at: after(9) }),
      disputed({ transactionId }, { status: null, reason: 'fraudulent', at: after(10) }),
    ]);
    expect(outcomes).toEqual(['dispute_reported', 'stale', 'duplicate', 'duplicate']);
    expect(await disputeOf(world(), transactionId)).toMatchObject({ status: 'won', moneyTaken: false });
    expect(await statesOf(world(), transactionId)).toEqual([]);
  });

  test('two transactions that report one dispute at once store it once', async () => {
    const { transactionId } = await paid(world());
    const reports = Array.from({ length: 8 }, () => disputed({ transactionId }));
    await Promise.all(reports.map((each) => world().process([each], 'wait')));
    expect(await disputesOf(world(), transactionId)).toHaveLength(1);
    expect(await statesOf(world(), transactionId)).toEqual(['dispute open']);
  });

  test('several disputes of one payment each have their status and their case', async () => {
    const { transactionId, paymentNumber } = await paid(world());
    const claims = ['du_1', 'du_2', 'du_3'].map((id) => ({
      transactionId,
      disputeId: `${id}-${transactionId}`,
    }));
    await world().outcomes(claims.map((claim) => disputed(claim, { amount: cny('30.00') })));
    await world().receive(disputed(claims[1]!, { status: 'won', amount: cny('30.00'), at: after(1) }));
    const { disputes } = (await world().payment(paymentNumber))!;
    expect(disputes.map(({ disputeId, status }) => [disputeId.slice(0, 4), status])).toEqual([
      ['du_3', 'needs_response'],
      ['du_2', 'won'],
      ['du_1', 'needs_response'],
    ]);
    expect(await statesOf(world(), transactionId)).toEqual([
      'dispute open',
      'dispute resolved',
      'dispute open',
    ]);
  });
}

function money(world: () => World): void {
  test('money that is taken lowers what can be refunded, until it is given back, in either order of the reports', async () => {
    for (const isReversed of [false, true]) {
      const { transactionId, paymentNumber, orderNumber } = await paid(world());
      await world().moveOrder(orderNumber, 'cancelled');
      await world().receive(disputed({ transactionId }, { amount: cny('30.00'), moneyTaken: true }));
      const due = (await world().cases(paymentNumber)).find(({ kind }) => kind === 'refund_due')!;
      const refund = (amount: string, reference: string) =>
        world().resolve(due, 'refunded_elsewhere', { amount: cny(amount), reference });
      expect(await refund('80.00', 'RF-1')).toEqual({ refundable: cny('70.00') });
      const reports = [
        disputed({ transactionId }, { amount: cny('30.00'), moneyTaken: false, at: after(2) }),
        disputed({ transactionId }, { amount: cny('30.00'), status: 'won', at: after(1) }),
      ];
      for (const each of isReversed ? reports.toReversed() : reports) await world().receive(each);
      expect(await disputeOf(world(), transactionId)).toMatchObject({ moneyTaken: false });
      expect(await refund('80.00', 'RF-2')).toMatchObject({ refunded: { amount: '80.00', currency: 'CNY' } });
    }
  });

  test('money that is taken after a dispute was won is still taken', async () => {
    const { transactionId } = await paid(world());
    await world().receive(disputed({ transactionId }, { status: 'won', at: after(2) }));
    await world().receive(disputed({ transactionId }, { status: null, moneyTaken: true, at: after(1) }));
    expect(await disputeOf(world(), transactionId)).toMatchObject({ status: 'won', moneyTaken: true });
  });

  test('a dispute of money that was refunded says that the shop loses it twice', async () => {
    const { transactionId, paymentNumber, orderNumber } = await paid(world());
    await world().moveOrder(orderNumber, 'cancelled');
    const due = await world().openCase(paymentNumber);
    await world().resolve(due, 'refunded_elsewhere', { reference: 'RF-1' });
    await world().receive(disputed({ transactionId }));
    const [opened] = await casesOf(world(), transactionId);
    expect(opened).toMatchObject({ kind: 'dispute', details: { doubleLoss: 'true' } });
  });

  test('a dispute of a part that was not refunded is no double loss, until its money is more than the rest', async () => {
    const { transactionId, paymentNumber, orderNumber } = await paid(world());
    await world().moveOrder(orderNumber, 'cancelled');
    const due = await world().openCase(paymentNumber);
    await world().resolve(due, 'refunded_elsewhere', { reference: 'RF-1', amount: cny('60.00') });
    await world().receive(disputed({ transactionId }, { amount: cny('40.00') }));
    const shown = async () =>
      (await casesOf(world(), transactionId)).find(({ kind }) => kind === 'dispute')!.details;
    expect(await shown()).not.toHaveProperty('doubleLoss');
    const more = { amount: cny('50.00'), moneyTaken: true, at: after(1) };
    await world().receive(disputed({ transactionId }, more));
    expect(await shown()).toHaveProperty('doubleLoss', 'true');
  });
}

function beforeTheMoney(world: () => World): void {
  test('a dispute before its success is stored at once, and has its payment and its case when the money comes', async () => {
    const { paymentNumber, orderNumber } = await world().placeOrder();
    const transactionId = freshNumber();
    const callbackId = await world().receive(disputed({ transactionId }));
    expect(await disputeOf(world(), transactionId)).toMatchObject({
      paymentNumber: null,
      status: 'needs_response',
    });
    expect(await statesOf(world(), transactionId)).toEqual([]);
    await world().receive(receipt(paymentNumber, { transactionId }));
    expect(await disputeOf(world(), transactionId)).toMatchObject({ paymentNumber, orderNumber });
    expect(await world().state(paymentNumber)).toMatchObject({ payment: 'succeeded', order: 'paid' });
    const [opened] = await casesOf(world(), transactionId);
    expect(opened).toMatchObject({
      kind: 'dispute',
      status: 'open',
      paymentNumber,
      callbackId,
      dueBy: after(DAY),
    });
  });

  test('a dispute and its success in one batch, in this order, are a dispute that has its payment and its case', async () => {
    const { paymentNumber } = await world().placeOrder();
    const transactionId = freshNumber();
    const outcomes = await world().outcomes([
      disputed({ transactionId }, { status: 'lost', moneyTaken: true }),
      receipt(paymentNumber, { transactionId }),
    ]);
    expect(outcomes).toEqual(['dispute_reported', 'settled']);
    expect(await disputeOf(world(), transactionId)).toMatchObject({ paymentNumber });
    expect(await statesOf(world(), transactionId)).toEqual(['dispute_lost open']);
  });

  test('a dispute of money that has a case and no payment has its own case, which stays when the payment comes', async () => {
    const [unknown, transactionId] = [freshNumber(), freshNumber()];
    await world().receive(disputed({ transactionId }));
    await world().receive(receipt(unknown, { transactionId }));
    expect(await statesOf(world(), transactionId)).toHaveLength(2);
    await world().placeOrder({ paymentNumber: unknown });
    expect((await statesOf(world(), transactionId)).toSorted()).toEqual([
      'dispute open',
      'unmatched resolved',
    ]);
    const { orderNumber } = (await world().payment(unknown))!;
    expect(await disputeOf(world(), transactionId)).toMatchObject({ paymentNumber: unknown, orderNumber });
  });

  test('a dispute that names its payment alone is about the money that has settled it', async () => {
    const { transactionId, paymentNumber } = await paid(world());
    await world().receive(disputed({ transactionId: null }, {}, { paymentNumber }));
    expect(await disputeOf(world(), transactionId)).toMatchObject({ paymentNumber, transactionId });
    expect(await statesOf(world(), transactionId)).toEqual(['dispute open']);
  });

  test('a dispute that names a payment without money alone has a case, until the payment has it', async () => {
    const { paymentNumber } = await world().placeOrder();
    const report = disputed({ transactionId: null, disputeId: freshNumber() }, {}, { paymentNumber });
    expect(await world().outcomes([report])).toEqual(['unmatched']);
    const open = await world().openCase(paymentNumber);
    expect(open).toMatchObject({ kind: 'unmatched' });
    expect(open.allowedResolutions.map(({ resolution }) => resolution)).toEqual(['dismiss']);
  });
}

function withoutMoney(world: () => World): void {
  const openWaiting = (at: Date) =>
    world().run((tx) => openCasesOfWaitingDisputes(tx, { actor: 'clock', at }, 100));

  test('a dispute whose money has not come for ten minutes has a case, once, which ends when the money comes', async () => {
    const { paymentNumber } = await world().placeOrder();
    const transactionId = freshNumber();
    const callbackId = await world().receive(disputed({ transactionId }));
    await openWaiting(after(600));
    expect(await statesOf(world(), transactionId)).toEqual([]);
    for (const seconds of [601, 601]) await openWaiting(after(seconds));
    expect(await casesOf(world(), transactionId)).toMatchObject([
      {
        kind: 'unmatched',
        status: 'open',
        callbackId,
        dueBy: after(DAY),
        allowedResolutions: [{ resolution: 'dismiss' }],
      },
    ]);
    const later = { at: after(1), dueBy: after(2 * DAY) };
    await world().receive(disputed({ transactionId }, later));
    expect((await casesOf(world(), transactionId))[0]).toMatchObject({ dueBy: after(2 * DAY) });
    await world().receive(receipt(paymentNumber, { transactionId }));
    expect(await casesOf(world(), transactionId)).toMatchObject([
      { kind: 'dispute', status: 'open', paymentNumber },
      { kind: 'unmatched', endedBy: { by: 'outcome', outcome: 'dispute_reported' } },
    ]);
  });

  test('a case of an earlier release, which this release finds open, becomes the dispute that its notice tells', async () => {
    const { transactionId, paymentNumber } = await paid(world());
    const body = bodyOf(disputed({ transactionId }, {}));
    const report = disputed({ transactionId }, {}, { dispute: null, body });
    const callbackId = await world().store(report, 'dispute_reported');
    const about = { gateway: 'stripe', transactionId, paymentNumber, orderNumber: null, ownsMoney: false };
    const old = { ...about, kind: 'dispute_reported' as const, callbackId, details: { paid: '100.00 CNY' } };
    const [stored] = await world().run((tx) => tx.of(CaseRepository).open([old], after(0)));
    await world().recordOldReports();
    await world().recordOldReports();
    expect(await disputeOf(world(), transactionId)).toMatchObject({
      disputeId: `du-${transactionId}`,
      status: 'needs_response',
      paymentNumber,
    });
    const [opened, ended, ...others] = await casesOf(world(), transactionId);
    expect(others).toEqual([]);
    expect(opened).toMatchObject({ kind: 'dispute', status: 'open' });
    expect(ended).toMatchObject({
      id: stored!.id,
      endedBy: { by: 'successor', discrepancyId: opened!.id },
      reason: 'recorded as a dispute',
    });
  });

  test('a dispute that waits although its money has come gets its payment from the worker', async () => {
    const { transactionId, paymentNumber, orderNumber } = await paid(world());
    await world().receive(disputed({ transactionId }, { status: 'lost' }));
    const disputeId = `late-${transactionId}`;
    // As if an earlier release had settled the money after this report.
    await world().run(async (tx) => {
      const terms = { gateway: 'stripe', disputeId, transactionId, paymentNumber: null, orderNumber: null };
      const { notification } = disputed({ transactionId, disputeId });
      const by = { actor: 'gateway:stripe', at: after(0), callbackId: null };
      const waiting = Dispute.open({ ...terms, waiting: true }, notification.dispute!, by);
      await tx.of(DisputeRepository).save([waiting], after(0));
    });
    await openWaiting(after(601));
    const found = (await disputesOf(world(), transactionId)).find((each) => each.disputeId === disputeId);
    expect(found).toMatchObject({ paymentNumber, orderNumber });
    expect((await statesOf(world(), transactionId)).toSorted()).toEqual([
      'dispute open',
      'dispute_lost open',
    ]);
  });

  test('a dispute of money that has a case does not wait', async () => {
    const transactionId = freshNumber();
    await world().receive(receipt(freshNumber(), { transactionId }));
    await world().receive(disputed({ transactionId }));
    await openWaiting(after(3_600));
    expect((await statesOf(world(), transactionId)).toSorted()).toEqual(['dispute open', 'unmatched open']);
  });
}

function otherReports(world: () => World): void {
  test('a dispute that its gateway names with another transaction later is one dispute of the first transaction', async () => {
    const [first, second] = [await paid(world()), await paid(world())];
    const disputeId = `du-${first.transactionId}`;
    const other = { transactionId: second.transactionId, disputeId };
    await world().receive(disputed(first));
    const taken = { moneyTaken: true, at: after(1) };
    expect(await world().outcomes([disputed(other, taken)])).toEqual(['dispute_reported']);
    expect(await world().outcomes([disputed(other, { at: after(-1) })])).toEqual(['stale']);
    expect(await disputesOf(world(), second.transactionId)).toEqual([]);
    expect(await casesOf(world(), second.transactionId)).toEqual([]);
    expect(await disputeOf(world(), first.transactionId)).toMatchObject({
      status: 'needs_response',
      moneyTaken: true,
      paymentNumber: first.paymentNumber,
    });
    expect(await casesOf(world(), first.transactionId)).toMatchObject([
      { kind: 'dispute', status: 'open', details: { otherTransactionId: second.transactionId } },
    ]);
  });

  test('two transactions that one batch names with a new dispute are one dispute too', async () => {
    const [first, second] = [await paid(world()), await paid(world())];
    const disputeId = `du-${first.transactionId}`;
    const outcomes = await world().outcomes([
      disputed(first),
      disputed({ transactionId: second.transactionId, disputeId }, { status: 'lost', at: after(1) }),
    ]);
    expect(outcomes).toEqual(['dispute_reported', 'dispute_reported']);
    expect(await disputeOf(world(), first.transactionId)).toMatchObject({ status: 'lost' });
    expect(await disputesOf(world(), second.transactionId)).toEqual([]);
    expect(await statesOf(world(), first.transactionId)).toEqual(['dispute resolved', 'dispute_lost open']);
  });

  test('a refund that succeeds after the dispute has opened shows a double loss, and not any more when it fails', async () => {
    const { transactionId, paymentNumber } = await paid(world());
    const doubleLoss = async () =>
      (await casesOf(world(), transactionId)).map(({ details }) => details['doubleLoss']);
    await world().receive(disputed({ transactionId }, { status: 'inquiry' }));
    expect(await doubleLoss()).toEqual([undefined]);
    const refund = { amount: cny('100.00') };
    await world().receive(refundReceipt(paymentNumber, refund, { transactionId }));
    expect(await doubleLoss()).toEqual(['true']);
    await world().receive(disputed({ transactionId }, { status: 'needs_response', at: after(1) }));
    expect(await doubleLoss()).toEqual(['true']);
    const failed = { ...refund, status: 'failed' as const, at: after(2) };
    await world().receive(refundReceipt(paymentNumber, failed, { transactionId }));
    expect((await doubleLoss())[0] ?? null).not.toBe('true');
    expect((await doubleLoss()).at(-1)).toBe('false');
  });

  test('a dispute of another merchant or of another gateway is foreign, and not stored', async () => {
    const { transactionId, paymentNumber } = await paid(world());
    const outcomes = await world().outcomes([
      disputed({ transactionId }, {}, { foreign: 'account' }),
      disputed({ transactionId: freshNumber() }, {}, { gateway: 'alipay', paymentNumber }),
    ]);
    expect(outcomes).toEqual(['foreign', 'foreign']);
    expect(await disputesOf(world(), transactionId)).toEqual([]);
    expect((await world().state(paymentNumber)).cases).toEqual([]);
  });

  const warned = (transactionId: string, other: Said = {}) => {
    const unsaid = { amount: null, status: null, dueBy: null, moneyTaken: null, at: after(0) };
    const warning = {
      kind: 'fraud_warning',
      disputeId: `issfr-${transactionId}`,
      reason: 'made_with_lost_card',
    } as const;
    const nothing = { paymentNumber: null, money: null };
    return receipt('-', {
      kind: 'ignored',
      ...nothing,
      transactionId,
      dispute: { ...unsaid, ...warning },
      ...other,
    });
  };

  test('a fraud warning opens one case, however often it comes, with the payment if that is known', async () => {
    const { transactionId, paymentNumber, orderNumber } = await paid(world());
    const outcomes = await world().outcomes([warned(transactionId), warned(transactionId)]);
    outcomes.push(...(await world().outcomes([warned(transactionId)])));
    expect(outcomes).toEqual(['ignored', 'ignored', 'ignored']);
    const [opened, ...others] = await casesOf(world(), transactionId);
    expect(others).toEqual([]);
    expect(opened).toMatchObject({
      kind: 'fraud_warning',
      paymentNumber,
      orderNumber,
      details: { reason: 'made_with_lost_card', warningId: `issfr-${transactionId}` },
    });
    const { log } = await world().state(paymentNumber);
    expect(log!.filter((type) => type === 'discrepancy.opened')).toHaveLength(1);
    expect(await disputesOf(world(), transactionId)).toEqual([]);
  });

  test('a fraud warning of money that nobody knows opens a case without a payment, and of another merchant none', async () => {
    const [unknown, foreign] = [freshNumber(), freshNumber()];
    await world().outcomes([warned(unknown), warned(foreign, { foreign: 'account' })]);
    expect(await casesOf(world(), unknown)).toMatchObject([{ kind: 'fraud_warning', paymentNumber: null }]);
    expect(await casesOf(world(), foreign)).toEqual([]);
  });
}

function queries(world: () => World): void {
  test('disputes can be looked up by what they are about and by their status', async () => {
    const { transactionId, paymentNumber } = await paid(world());
    const disputeId = freshNumber();
    await world().receive(disputed({ transactionId, disputeId }, { status: 'under_review' }));
    const listed = async (filter: Parameters<DisputeQueries['list']>[0]) =>
      (await world().run((tx) => tx.of(DisputeQueries).list(filter, PAGE))).items.map(
        (each) => each.disputeId,
      );
    const from = new Date(NOW).toISOString();
    expect(await listed({ disputeId })).toEqual([disputeId]);
    expect(await listed({ paymentNumber, status: 'under_review' })).toEqual([disputeId]);
    expect(await listed({ transactionId, gateway: 'stripe', from })).toEqual([disputeId]);
    expect(await listed({ paymentNumber, status: 'won' })).toEqual([]);
    expect(await listed({ paymentNumber, to: from })).toEqual([]);
    expect(await world().run((tx) => tx.of(DisputeQueries).find('999999999'))).toBeNull();
  });

  test('open disputes are counted by gateway, and those that the shop has to answer soon', async () => {
    const count = () => world().run((tx) => tx.of(DisputeQueries).countOpen(after(2 * DAY)));
    const gateway = `gateway-${freshNumber()}`;
    const claim = (status: DisputeReport['status'], dueBy: Date | null) =>
      disputed({ transactionId: freshNumber() }, { status, dueBy }, { gateway });
    await world().outcomes([
      claim('needs_response', after(DAY)),
      claim('inquiry', after(3 * DAY)),
      claim('needs_response', null),
      claim('under_review', after(DAY)),
      claim('won', after(DAY)),
    ]);
    expect((await count()).filter((each) => each.gateway === gateway)).toEqual([
      { gateway, open: 4, dueSoon: 1 },
    ]);
  });
}
