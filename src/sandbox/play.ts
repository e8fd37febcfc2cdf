import { randomInt } from 'node:crypto';
import { performance } from 'node:perf_hooks';
import { setTimeout as sleep } from 'node:timers/promises';
import type {
  AdminClient,
  SeenCallback,
  SeenDiscrepancy,
  SeenDispute,
  SeenOrder,
  SeenPayment,
  SeenRefund,
} from './admin-client.js';
import { Advice } from './advice.js';
import type { Play } from './arguments.js';
import { type CallbackContent, type SignedCallback, type Signer, isRefund } from './callback.js';
import { SIGNERS, type SandboxKeys, signCallback } from './gateways/registry.js';
import { isAboutMoney, paidPayment, playedMoney, wordsFor } from './played-money.js';
import { reportedContent } from './reported-content.js';

const DECISION_WAIT_MS = 5000;
const ANSWER_WAIT_MS = 15_000;

/** The answer to one callback. The status is 0 where there was none. */
export interface Answer {
  readonly status: number;
  readonly body: string;
  readonly milliseconds: number;
  readonly expected: boolean;
}

/** What was sent and what came of it. */
export interface Played {
  readonly play: Play;
  readonly content: CallbackContent;
  readonly answers: readonly Answer[];
  readonly seconds: number;
  readonly payment: SeenPayment | null;
  readonly order: SeenOrder | null;
  readonly callbacks: readonly SeenCallback[];
  readonly discrepancies: readonly SeenDiscrepancy[];
  /** Of the money that a refund, a dispute or a fraud warning is about; empty for every other callback. */
  readonly refunds: readonly SeenRefund[];
  readonly disputes: readonly SeenDispute[];
}

/** The service that is played against. */
export interface PlayedService {
  /** Where callbacks are sent. */
  readonly url: string;
  readonly admin: AdminClient;
  /** Asked once the service has answered. */
  keys(): Promise<SandboxKeys>;
}

/** Creates the order and the payment if needed, sends the callbacks, and waits until the service has settled them. */
export async function playGateway(play: Play, service: PlayedService): Promise<Played> {
  const { admin } = service;
  const target = await targetOf(play, admin);
  const keys = await service.keys();
  const content = await contentOf(play, target, admin);
  const eventIds = eventIdsOf(play, content);
  const callbacks = callbacksOf(play, keys, content, eventIds);
  const started = performance.now();
  const answers = await sendAll(play, service.url, callbacks);
  const seconds = (performance.now() - started) / 1000;
  const { paymentNumber, transactionId } = content;
  const isStored = answers.some(({ status }) => status >= 200 && status < 300);
  const decided = await decidedCallbacks(
    admin,
    content,
    isStored ? { gateway: play.gateway, eventIds } : null,
  );
  const [payment, discrepancies, refunds, disputes] = await Promise.all([
    admin.payment(paymentNumber),
    admin.discrepanciesOf(paymentNumber),
    isAboutMoney(play) ? admin.refundsOf(transactionId) : [],
    isAboutMoney(play) ? admin.disputesOf(transactionId) : [],
  ]);
  return {
    play,
    content,
    answers,
    seconds,
    payment,
    order: payment && (await admin.order(payment.orderNumber)),
    callbacks: decided,
    discrepancies,
    refunds,
    disputes,
  };
}

interface Target {
  readonly number: string;
  readonly amount: string;
  readonly currency: string;
  /** What the service knows of it; null if it does not exist. */
  readonly known: SeenPayment | null;
}

async function targetOf(play: Play, admin: AdminClient): Promise<Target> {
  const currency = play.currency ?? SIGNERS[play.gateway].defaultCurrency;
  const existing = await existingPayment(play, admin);
  if (existing !== undefined) {
    const known = await admin.payment(existing);
    // A payment that does not exist can be played too: such callbacks do arrive.
    return { number: existing, amount: play.total, currency, ...known?.amount, known };
  }
  const number = play.order ?? `sandbox-${uniqueDigits()}`;
  const order = play.order === undefined ? null : await admin.order(number);
  if (!order) await admin.makeOrder(number, { amount: play.total, currency });
  const payment = await admin.makePayment(number, play.gateway);
  return { number: payment.paymentNumber, ...payment.amount, known: payment };
}

/** The payment that the callback is for; undefined where one is to be opened. A report of money that nobody has paid needs its name. */
async function existingPayment(play: Play, admin: AdminClient): Promise<string | undefined> {
  if (play.payment !== undefined || !isAboutMoney(play) || play.transaction !== undefined)
    return play.payment;
  if (play.order !== undefined) return paidPayment(play, await admin.order(play.order), play.order);
  throw new Advice(
    `Say which payment the ${wordsFor(play.status)} is about: give --payment, or --order. No callback was sent.`,
  );
}

async function contentOf(play: Play, target: Target, admin: AdminClient): Promise<CallbackContent> {
  const signer = SIGNERS[play.gateway];
  const report = isAboutMoney(play) ? await reportOn(play, target, admin) : null;
  return {
    paymentNumber: target.number,
    transactionId: play.transaction ?? signer.transactionId(uniqueDigits()),
    eventId: play.eventId ?? signer.eventId(uniqueDigits()),
    amount: play.amount ?? target.amount,
    currency: play.currency ?? target.currency,
    ...report,
    status: play.status,
    at: new Date(),
    tamper: play.tamper,
  };
}

async function reportOn(play: Play, target: Target, admin: AdminClient) {
  const { number: paymentNumber, known, amount, currency } = target;
  const [money, otherRefunds] = await Promise.all([
    playedMoney(play, paymentNumber, known, admin),
    isRefund(play.status) ? admin.refundsOfPayment(paymentNumber) : [],
  ]);
  const reported = { paymentNumber, known, money, otherRefunds, paid: money.paid ?? { amount, currency } };
  return { transactionId: money.transactionId, ...reportedContent(play, reported) };
}

/** The ids of the callbacks that are sent. Copies have the same one, as when a gateway repeats a callback. */
function eventIdsOf(play: Play, { eventId }: CallbackContent): string[] {
  const further = play.distinct ? play.times - 1 : 0;
  return [eventId, ...Array.from({ length: further }, () => SIGNERS[play.gateway].eventId(uniqueDigits()))];
}

/** Copies have the same bytes. */
function callbacksOf(
  play: Play,
  keys: SandboxKeys,
  content: CallbackContent,
  eventIds: readonly string[],
): SignedCallback[] {
  const signed = eventIds.map((eventId) => {
    try {
      return signCallback(play.gateway, keys, { ...content, eventId });
    } catch (error) {
      throw new Advice(
        `This cannot be played: ${(error as Error).message}. No callback was sent. Change the options: --help shows all of them.`,
      );
    }
  });
  return play.distinct ? signed : Array<SignedCallback>(play.times).fill(signed[0]!);
}

/** Sends the callbacks in order, `concurrency` of them at the same time. */
export async function sendAll(
  play: Play,
  url: string,
  callbacks: readonly SignedCallback[],
): Promise<Answer[]> {
  const waiting = callbacks.values();
  const answers: Answer[] = [];
  const connection = async () => {
    for (const callback of waiting) answers.push(await send(play, url, callback));
  };
  await Promise.all(Array.from({ length: Math.min(play.concurrency, callbacks.length) }, connection));
  return answers;
}

async function send(play: Play, url: string, { path, headers, body }: SignedCallback): Promise<Answer> {
  const started = performance.now();
  const answer = await answerTo(`${url}${path}`, { ...headers }, body);
  const acknowledgement: Signer['acknowledgement'] = SIGNERS[play.gateway].acknowledgement;
  const wanted = play.tamper ? { status: 401, body: undefined } : acknowledgement;
  const expected = answer.status === wanted.status && (wanted.body ?? answer.body) === answer.body;
  return { ...answer, expected, milliseconds: performance.now() - started };
}

async function answerTo(
  url: string,
  headers: Record<string, string>,
  body: Buffer,
): Promise<{ status: number; body: string }> {
  try {
    const signal = AbortSignal.timeout(ANSWER_WAIT_MS);
    const response = await fetch(url, { method: 'POST', headers, body: new Uint8Array(body), signal });
    return { status: response.status, body: await response.text() };
  } catch (error) {
    return {
      status: 0,
      body: (error as { cause?: { code?: string } }).cause?.code ?? (error as Error).message,
    };
  }
}

/** A callback may be stored before it is settled, so this asks again until none is pending, for at most 5 seconds. */
async function decidedCallbacks(
  admin: AdminClient,
  { paymentNumber }: CallbackContent,
  sent: Sent | null,
): Promise<SeenCallback[]> {
  const deadline = performance.now() + DECISION_WAIT_MS;
  for (;;) {
    const named = await admin.callbacksOf(paymentNumber);
    const callbacks = sent ? [...named, ...(await unnamedCallbacks(admin, named, sent))] : named;
    const undecided = callbacks.some(({ outcome }) => outcome === 'pending');
    if (!undecided || performance.now() > deadline) return callbacks;
    await sleep(100);
  }
}

interface Sent {
  readonly gateway: string;
  readonly eventIds: readonly string[];
}

/** Those that were sent and name no payment, such as the ones about Stripe's disputes. */
async function unnamedCallbacks(
  admin: AdminClient,
  named: readonly SeenCallback[],
  { gateway, eventIds }: Sent,
): Promise<SeenCallback[]> {
  const known = new Set(named.map(({ eventId }) => eventId));
  const found: SeenCallback[] = [];
  for (const eventId of eventIds)
    if (!known.has(eventId)) found.push(...(await admin.callbacksWithId(gateway, eventId)));
  return found;
}

/** Digits, as in most gateways' ids: the time in milliseconds, so that ids sort by time, and random digits. */
function uniqueDigits(): string {
  return `${Date.now()}${String(randomInt(10_000_000_000)).padStart(10, '0')}`;
}
