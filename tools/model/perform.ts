import { LaterReader } from '../../test/application/fixtures/world.js';
import type { Receipt } from '../../src/application/callbacks/callback-repository.js';
import type { OrderStatus } from '../../src/domain/orders/order.js';
import type { PaymentStatus } from '../../src/domain/payments/payment.js';
import type { Deed, Sent } from './deed.js';
import { TABLES, type CaseFact, type Facts, type Table } from './facts.js';
import { at, Names } from './names.js';
import { moneyOf, receiptOf } from './receipts.js';
import type { Stage } from './stage.js';
import { GATEWAYS, nthOf, type Said, type Step } from './story.js';

type Do<Name extends Step['do']> = Extract<Step, { readonly do: Name }>;
/** What a step leaves unsaid is as in a deed that was done and may change everything. */
type Done = Partial<Omit<Deed, 'step'>>;

type Plays = { readonly [Name in Step['do']]: (step: Do<Name>, before: Facts) => Promise<Done> };

export const SENTENCES = {
  refused: 'what is refused changes nothing',
  read: 'an explanation changes nothing',
  repeated: 'a repeat of a callback changes nothing but its count',
  echoed: 'the same fact under another event id changes nothing but the inbox and the log',
  replayed: 'a replay that changes no outcome changes nothing but the log',
  explained: 'an explanation says what a replay decides',
  stored: 'what is acknowledged is stored under its key',
} as const;

const ALL: readonly Table[] = TABLES;
const WITHOUT_INBOX = TABLES.filter((table) => table !== 'callbacks');
const WITHOUT_LOG = WITHOUT_INBOX.filter((table) => table !== 'events');

const NOTHING: Done = {};
const REFUSED: Done = { refused: true, keeps: { tables: ALL, sentence: SENTENCES.refused } };

/** Callbacks with these outcomes are about a message, or say under their own event id what they could not say before. */
const OF_ITS_OWN: readonly string[] = ['unreadable', 'conflicting', 'pending', 'undeliverable'];

/** A copy of these outcomes meets its final decision. */
const FINAL: readonly string[] = ['settled', 'duplicate', 'recorded', 'stale', 'ignored'];

/** Plays the steps of one story with the use cases. */
export class Performance {
  readonly names: Names;
  /** What gateways have sent, in order. Callbacks that joined an earlier one are not there. */
  readonly sent: Sent[] = [];
  private readonly begin: number;
  private echoes = 0;
  private last: { readonly sent: Sent; readonly step: number } | null = null;
  private steps = 0;

  private readonly plays: Plays = {
    place: (step) => this.place(step),
    open: (step) => this.open(step),
    notify: ({ said }) => this.notify(said),
    repeat: (step, before) => this.repeat(step, before),
    echo: (_, before) => this.echo(before),
    store: (step) => this.store(step),
    work: (step) => this.work(step),
    wait: async ({ seconds }) => {
      this.stage.world.clock.at += seconds * 1_000;
      return NOTHING;
    },
    'move order': (step) => this.moveOrder(step),
    'move payment': (step) => this.movePayment(step),
    resolve: (step, before) => this.resolve(step, before),
    assign: (step, before) => this.assign(step, before),
    note: (step, before) => this.note(step, before),
    replay: (step, before) => this.replay(step, before),
    explain: (step, before) => this.explain(step, before),
  };

  constructor(private readonly stage: Stage) {
    this.names = new Names(stage.story);
    this.begin = stage.world.clock.at;
  }

  async perform(step: Step, before: Facts): Promise<Deed> {
    this.steps += 1;
    const play = this.plays[step.do] as (played: Step, known: Facts) => Promise<Done>;
    const done = await play(step, before);
    return { step, refused: false, caseId: null, keeps: null, fault: null, ...done };
  }

  // The shop

  private async place({ order, total }: Do<'place'>): Promise<Done> {
    const { world } = this.stage;
    const asked = world.placement({
      orderNumber: this.names.order(order),
      order: { total: moneyOf(total), customerId: null },
      payment: null,
    });
    return answered(await world.placeAlone(asked));
  }

  private async open({ payment, order, gateway, seconds }: Do<'open'>): Promise<Done> {
    const { world } = this.stage;
    const asked = {
      paymentNumber: this.names.payment(payment),
      gateway: GATEWAYS[gateway],
      expiresInSeconds: seconds,
    };
    return answered(
      await world.placeAlone(
        world.placement({ orderNumber: this.names.order(order), order: null, payment: asked }),
      ),
    );
  }

  private async moveOrder({ order, to }: Do<'move order'>): Promise<Done> {
    return answered(await this.stage.world.moveOrder(this.names.order(order), to as OrderStatus));
  }

  private async movePayment({ payment, to }: Do<'move payment'>): Promise<Done> {
    return answered(await this.stage.world.movePayment(this.names.payment(payment), to as PaymentStatus));
  }

  // Gateways

  private async notify(said: readonly Said[]): Promise<Done> {
    const receipts = said.map((each) => this.receiptOf(each));
    const entries = await this.stage.world.process(receipts);
    entries.forEach(({ id: callbackId }, index) =>
      this.remember({ callbackId, said: said[index]!, receipt: receipts[index]!, isStored: false }),
    );
    // In a batch, a callback may have met less than it meets alone.
    if (said.length > 1) this.last = null;
    return NOTHING;
  }

  private async repeat({ nth }: Do<'repeat'>, { callbacks }: Facts): Promise<Done> {
    const again = nthOf(this.sent, nth);
    if (!again) return NOTHING;
    const { outcome } = callbacks.find(({ id }) => id === again.callbackId)!;
    const receipt = { ...asReadNow(again, outcome), receivedAt: this.now() };
    const [entry] = await this.stage.world.process([receipt]);
    if (entry!.id !== again.callbackId)
      return { fault: { sentence: SENTENCES.stored, text: `the copy got the id ${entry!.id}` } };
    return outcome === 'pending'
      ? NOTHING
      : { keeps: { tables: WITHOUT_INBOX, sentence: SENTENCES.repeated } };
  }

  private async echo({ callbacks }: Facts): Promise<Done> {
    if (!this.last) return NOTHING;
    const { sent, step } = this.last;
    const first = callbacks.find(({ id }) => id === sent.callbackId)!;
    // Far from the numbers that a story gives.
    const said = { ...sent.said, event: 1_000 + this.echoes++ };
    const isNext = step === this.steps - 1;
    await this.notify([said]);
    return isNext && !OF_ITS_OWN.includes(first.outcome) && !isReportWithoutMoney(said)
      ? { keeps: { tables: WITHOUT_LOG, sentence: SENTENCES.echoed } }
      : NOTHING;
  }

  private async store({ said, as }: Do<'store'>): Promise<Done> {
    const receipt = this.receiptOf(said);
    const isStored = this.sent.some((each) => keyOf(each.receipt) === keyOf(receipt));
    if (isStored) return NOTHING;
    const callbackId = await this.stage.world.store(receipt, as);
    this.remember({ callbackId, said, receipt, isStored: true });
    return NOTHING;
  }

  private async work({ worker }: Do<'work'>): Promise<Done> {
    const { world } = this.stage;
    const { at: now } = world.clock;
    switch (worker) {
      case 'settle pending':
        await world.settlePending.execute();
        break;
      case 'settle unmatched':
        await world.settleUnmatched.execute(null);
        break;
      case 'expire':
        await world.expireAt(now);
        break;
      case 'expire and cancel':
        await world.expireAt(now, { cancelsUnpaidOrders: true });
        break;
      case 'look after waiting reports':
        await world.openOverdueCasesAt(now);
        break;
    }
    return NOTHING;
  }

  // Operators

  private async resolve(step: Do<'resolve'>, { cases }: Facts): Promise<Done> {
    const found = nthOf(step.open ? cases.filter(isOpen) : cases, step.nth);
    if (!found) return NOTHING;
    const answer = await this.stage.world.resolve(found, step.resolution, {
      amount: step.amount === null ? null : moneyOf(step.amount),
      reference: at(this.names.reference, step.reference),
      paymentNumber: at(this.names.payment, step.payment),
    });
    return { ...answered(answer), caseId: found.id };
  }

  private async assign({ nth, to }: Do<'assign'>, { cases }: Facts): Promise<Done> {
    const found = nthOf(cases, nth);
    if (found) await this.stage.world.assign(found, to);
    return NOTHING;
  }

  private async note({ nth }: Do<'note'>, { cases }: Facts): Promise<Done> {
    const found = nthOf(cases, nth);
    if (found) await this.stage.world.addNote(found, 'seen');
    return NOTHING;
  }

  private async replay({ nth }: Do<'replay'>, { callbacks }: Facts): Promise<Done> {
    const { world } = this.stage;
    const found = nthOf(callbacks, nth);
    if (!found) return NOTHING;
    const explained = await world.explain(found.id);
    const answer = await world.replay(found.id);
    if (typeof answer === 'string') return REFUSED;
    const isReport = this.sent.some(
      ({ callbackId, said }) => callbackId === found.id && (said.refund || said.dispute),
    );
    if (explained?.outcome !== answer.outcome && !FINAL.includes(found.outcome) && !isReport) {
      const text = `callback ${found.id}: explained as ${explained?.outcome}, replayed as ${answer.outcome}`;
      return { fault: { sentence: SENTENCES.explained, text } };
    }
    return answer.changed ? NOTHING : { keeps: { tables: WITHOUT_LOG, sentence: SENTENCES.replayed } };
  }

  private async explain({ nth }: Do<'explain'>, { callbacks }: Facts): Promise<Done> {
    const found = nthOf(callbacks, nth);
    if (found) await this.stage.world.explain(found.id);
    return { keeps: { tables: ALL, sentence: SENTENCES.read } };
  }

  private receiptOf(said: Said): Receipt {
    return receiptOf(said, this.names, { now: this.now(), begin: this.begin });
  }

  private remember(sent: Sent): void {
    if (this.sent.some(({ callbackId }) => callbackId === sent.callbackId)) return;
    this.sent.push(sent);
    this.last = { sent, step: this.steps };
  }

  private now(): Date {
    return this.stage.world.clock.now();
  }
}

/** The report names no transaction, so each callback is a fact of its own. */
const isReportWithoutMoney = ({ kind, transaction }: Said): boolean =>
  (kind === 'refund' || kind === 'dispute') && transaction === null;

/** A release that has read a body by a replay reads it when it comes again. */
function asReadNow({ said, receipt }: Sent, outcome: string): Receipt {
  const isRead = said.kind === 'unreadable' && !OF_ITS_OWN.includes(outcome);
  return isRead ? { ...receipt, ...READER.read(receipt.notification.gateway, receipt.body) } : receipt;
}

const READER = new LaterReader();

const keyOf = ({ notification, eventId }: Receipt): string => `${notification.gateway} ${eventId}`;

const isOpen = ({ status }: CaseFact): boolean => status === 'open';

/** A word or an object of its own is a refusal. Everything that was done answers with a view or a reply. */
function answered(answer: object | string | null): Done {
  const isDone =
    answer !== null &&
    typeof answer === 'object' &&
    ('text' in answer || 'updatedAt' in answer || 'openedAt' in answer);
  return isDone ? NOTHING : REFUSED;
}
