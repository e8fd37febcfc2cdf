import { randomInt } from 'node:crypto';
import { performance } from 'node:perf_hooks';
import { setTimeout as sleep } from 'node:timers/promises';
import type { AdminClient, SeenCallback, SeenDiscrepancy, SeenOrder, SeenPayment } from './admin-client.js';
import { Advice } from './advice.js';
import type { Play } from './arguments.js';
import { type CallbackContent, type SignedCallback, type Signer, refundNumber, sumOf } from './callback.js';
import { SIGNERS, type SandboxKeys, signCallback } from './gateways/registry.js';

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
  const content = contentOf(play, target);
  const callbacks = callbacksOf(play, keys, content);
  const started = performance.now();
  const answers = await sendAll(play, service.url, callbacks);
  const seconds = (performance.now() - started) / 1000;
  const { paymentNumber } = content;
  const decided = await decidedCallbacks(admin, paymentNumber);
  const payment = await admin.payment(paymentNumber);
  return {
    play,
    content,
    answers,
    seconds,
    payment,
    order: payment && (await admin.order(payment.orderNumber)),
    callbacks: decided,
    discrepancies: await admin.discrepanciesOf(paymentNumber),
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
  if (play.payment !== undefined) {
    const known = await admin.payment(play.payment);
    // A payment that does not exist can be played too: such callbacks do arrive.
    return { number: play.payment, amount: play.total, currency, ...known?.amount, known };
  }
  const number = play.order ?? `sandbox-${uniqueDigits()}`;
  const order = play.order === undefined ? null : await admin.order(number);
  if (!order) await admin.makeOrder(number, { amount: play.total, currency });
  const payment = await admin.makePayment(number, play.gateway);
  return { number: payment.paymentNumber, ...payment.amount, known: payment };
}

function contentOf(play: Play, target: Target): CallbackContent {
  const signer = SIGNERS[play.gateway];
  // Refunds and disputes are about money that came before.
  const cameBefore = play.status === 'refund' || play.status === 'dispute';
  const paidWith = cameBefore ? target.known?.transactionId : null;
  return {
    paymentNumber: target.number,
    transactionId: play.transaction ?? paidWith ?? signer.transactionId(uniqueDigits()),
    eventId: play.eventId ?? signer.eventId(uniqueDigits()),
    amount: play.amount ?? target.amount,
    ...(play.status === 'refund' ? refundContent(play, target) : {}),
    currency: play.currency ?? target.currency,
    status: play.status,
    at: new Date(),
    tamper: play.tamper,
  };
}

/** A refund that has a number of the service's repeats that refund; any other one comes after those that the service knows. */
function refundContent(play: Play, target: Target): Pick<CallbackContent, 'amount' | 'refundTerms'> {
  const { known, amount: paid, number: paymentNumber } = target;
  const same = known?.refunds.find((each) => each.refundNumber === play.refundNumber);
  const sum = known?.refunded?.currency === target.currency ? known.refunded.amount : '0';
  const before = same?.status === 'succeeded' ? sumOf(sum, same.amount.amount, -1) : sum;
  const amount = play.amount ?? same?.amount.amount ?? sumOf(paid, before, -1);
  if (play.amount === undefined && /^-|^[0.]*$/.test(amount))
    throw new Advice(
      `Nothing is left to refund of payment ${paymentNumber}. Give --amount to report more than was paid.`,
    );
  const number = play.refundNumber ?? refundNumber(paymentNumber, lastRefund(known) + 1);
  return { amount, refundTerms: { number, before, paid } };
}

/** The last of the numbers that the sandbox has given to refunds of the payment. The service does not list those of Alipay by number. */
function lastRefund(known: SeenPayment | null): number {
  const series = (known?.refunds ?? []).map(({ refundNumber }) =>
    Number(/-R(\d{1,9})$/.exec(refundNumber)?.[1] ?? 0),
  );
  const changes = (known?.log ?? []).filter(({ event }) => event === 'payment.refunded').length;
  return Math.max(0, changes, ...series);
}

/** Copies have the same bytes, as when a gateway repeats a callback. */
function callbacksOf(play: Play, keys: SandboxKeys, content: CallbackContent): SignedCallback[] {
  const sign = (each: CallbackContent) => {
    try {
      return signCallback(play.gateway, keys, each);
    } catch (error) {
      throw new Advice(`This cannot be played: ${(error as Error).message}.`);
    }
  };
  if (!play.distinct) return Array<SignedCallback>(play.times).fill(sign(content));
  const eventIds = Array.from({ length: play.times }, (_, index) => (index === 0 ? content.eventId : null));
  return eventIds.map((id) =>
    sign({ ...content, eventId: id ?? SIGNERS[play.gateway].eventId(uniqueDigits()) }),
  );
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
async function decidedCallbacks(admin: AdminClient, paymentNumber: string): Promise<SeenCallback[]> {
  const deadline = performance.now() + DECISION_WAIT_MS;
  for (;;) {
    const callbacks = await admin.callbacksOf(paymentNumber);
    const undecided = callbacks.some(({ outcome }) => outcome === 'pending');
    if (!undecided || performance.now() > deadline) return callbacks;
    await sleep(100);
  }
}

/** Digits, as in most gateways' ids: the time in milliseconds, so that ids sort by time, and random digits. */
function uniqueDigits(): string {
  return `${Date.now()}${String(randomInt(10_000_000_000)).padStart(10, '0')}`;
}
