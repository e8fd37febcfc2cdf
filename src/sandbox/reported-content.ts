import type { Amount } from '../domain/money.js';
import type { SeenPayment, SeenRefund } from './admin-client.js';
import { Advice } from './advice.js';
import type { Play } from './arguments.js';
import { type CallbackContent, isDispute, isRefund, refundNumber, sumOf } from './callback.js';
import type { PlayedMoney } from './played-money.js';

/** The money that a report is about, and the payment that it names. */
export interface Reported {
  readonly paymentNumber: string;
  /** What the service knows of the payment. Null if it does not exist. */
  readonly known: SeenPayment | null;
  readonly money: PlayedMoney;
  /** The refunds that name the payment, of any money. */
  readonly otherRefunds: readonly SeenRefund[];
  /** What was paid. */
  readonly paid: Amount;
}

type ReportedContent = Pick<CallbackContent, 'amount' | 'currency' | 'refundTerms' | 'disputeId'>;

/** What a refund, a dispute or a fraud warning says, as far as it follows from what was paid and reported before. */
export function reportedContent(play: Play, reported: Reported): ReportedContent {
  if (isRefund(play.status)) return refundContent(play, reported);
  if (isDispute(play.status)) return disputeContent(play, reported);
  return inCurrency(play, reported.paid);
}

function refundContent(play: Play, reported: Reported): ReportedContent {
  const { money, paid } = reported;
  const currency = play.currency ?? paid.currency;
  const same = sameRefund(play, money.refunds);
  const sum = money.refunds
    .filter(({ status, amount }) => status === 'succeeded' && amount.currency === currency)
    .reduce((total, { amount }) => sumOf(total, amount.amount), '0');
  const before = same?.status === 'succeeded' ? sumOf(sum, same.amount.amount, -1) : sum;
  const amount = play.amount ?? same?.amount.amount ?? sumOf(paid.amount, before, -1);
  if (play.amount === undefined && /^-|^[0.]*$/.test(amount))
    throw new Advice(
      `Nothing is left to refund of payment ${reported.paymentNumber}, transaction ${money.transactionId}: all of the money has gone ` +
        'back, and no callback was sent. To report a refund all the same, say with --amount how much it gives back.',
    );
  const isNamed = same !== undefined && !same.refundNumber.endsWith('-unnamed');
  const number = play.refundNumber ?? (isNamed ? same.refundNumber : nextNumber(reported));
  const id = same?.gatewayRefundId ?? undefined;
  const refundTerms = { number, before, paid: paid.amount, ...(id !== undefined && { id }) };
  return { amount, currency, refundTerms };
}

/** The refund that a callback repeats or goes on with. Any other one comes after those that the service knows. */
function sameRefund(play: Play, refunds: readonly SeenRefund[]): SeenRefund | undefined {
  if (play.refundNumber !== undefined) return refunds.find((each) => each.refundNumber === play.refundNumber);
  if (play.status === 'refund' || play.amount !== undefined) return undefined;
  return refunds.find(({ status }) => status !== 'failed');
}

/** The service lists some refunds without the numbers that the sandbox has given them: those of gateways that report sums. */
function nextNumber({ paymentNumber, known, money, otherRefunds }: Reported): string {
  const series = [...money.refunds, ...otherRefunds].map((each) =>
    Number(/-R(\d{1,9})$/.exec(each.refundNumber)?.[1] ?? 0),
  );
  const changes = (known?.log ?? []).filter(({ event }) => event === 'payment.refunded').length;
  return refundNumber(paymentNumber, Math.max(changes, money.refunds.length, ...series) + 1);
}

/** The open dispute of the money goes on. Where all have ended, `dispute` opens a second one, and the others are about the newest. */
function disputeContent(play: Play, { money: { disputes }, paid }: Reported): ReportedContent {
  const [newest] = disputes;
  const open = disputes.find(({ closedAt }) => closedAt === null);
  const known = open ?? (play.status === 'dispute' ? undefined : newest);
  const money = inCurrency(play, known?.amount ?? paid);
  if (!known && !newest) return money;
  return { ...money, disputeId: known?.disputeId ?? `${newest!.disputeId}x${disputes.length + 1}` };
}

const inCurrency = (play: Play, { amount, currency }: Amount): Amount => ({
  amount: play.amount ?? amount,
  currency: play.currency ?? currency,
});
