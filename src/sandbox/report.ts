import type { Amount } from '../domain/money.js';
import type { SeenDispute, SeenOrder } from './admin-client.js';
import { type RefundTerms, type Signer, isDispute, isRefund, sumOf } from './callback.js';
import { SIGNERS } from './gateways/registry.js';
import type { Answer, Played } from './play.js';

/** Whether every callback got the answer that the gateway expects, or, if it was tampered with, the answer 401. */
export function wentWell({ answers }: Played): boolean {
  return answers.every(({ expected }) => expected);
}

/** The result of a play as an aligned table. */
export function reportOf(played: Played): string {
  const { play, content, answers, seconds, payment, order, discrepancies } = played;
  const slowest = Math.max(...answers.map(({ milliseconds }) => milliseconds));
  const amount = `${content.amount} ${content.currency}`;
  const eventIds = play.distinct && play.times > 1 ? `${content.eventId} and others` : content.eventId;
  const cases = discrepancies.map(({ kind, status, details }) => `${kind}, ${status}${brief(details)}`);
  const rows: [string, ...string[]][] = [
    ['order', order ? `${order.orderNumber}, ${order.total.amount} ${order.total.currency}` : 'none'],
    ['payment', content.paymentNumber],
    ['callback', `${eventIds}: ${content.status}, ${amount}`],
    ['transaction', content.transactionId],
    ...(content.refundTerms ? [refundRow(played, content.refundTerms)] : []),
    ...disputesIn(played).map((dispute): [string, string] => ['dispute', disputeText(dispute)]),
    ['sent', `${answers.length}, ${Math.min(play.concurrency, play.times)} at a time`],
    ['acknowledged', answersIn(answers.filter(({ status }) => status >= 200 && status < 300))],
    ['other answers', answersIn(answers.filter(({ status }) => status < 200 || status >= 300))],
    ['outcomes', ...outcomesIn(played)],
    ['payment is', payment?.status ?? 'unknown to the service'],
    ['order is', order?.status ?? '–'],
    ['its history', ...(order ? historyOf(order) : ['–'])],
    ['discrepancies', ...orNone(cases)],
    ['took', `${seconds.toFixed(2)} s, the slowest answer ${slowest.toFixed(0)} ms`],
  ];
  return rows
    .flatMap(([name, ...facts]) => facts.map((fact, index) => `  ${(index ? '' : name).padEnd(15)}${fact}`))
    .join('\n');
}

function refundRow(played: Played, { number }: RefundTerms): [string, string] {
  const { play, content, payment } = played;
  const signer: Signer = SIGNERS[play.gateway];
  const named = signer.hasNoRefundNumbers ? '' : `${number}, `;
  const isSettled = payment?.transactionId === content.transactionId;
  const [sum, whole] = isSettled ? [payment.refunded, 'payment'] : [refundedMoney(played), 'transaction'];
  return [
    'refund',
    `${named}${content.amount} ${content.currency}; ${sum.amount} ${sum.currency} of the ${whole} so far`,
  ];
}

/** What has gone back of the transaction, also if it has settled no payment. */
function refundedMoney({ content: { amount, currency }, refunds }: Played): Amount {
  const [, decimals = ''] = amount.split('.');
  const zero = decimals ? `0.${'0'.repeat(decimals.length)}` : '0';
  const sum = refunds
    .filter((refund) => refund.status === 'succeeded' && refund.amount.currency === currency)
    .reduce((total, refund) => sumOf(total, refund.amount.amount), zero);
  return { amount: sum, currency };
}

function disputesIn({ content, disputes }: Played): readonly SeenDispute[] {
  return isDispute(content.status) ? disputes : [];
}

function disputeText({ disputeId, amount, status, dueBy, moneyTaken }: SeenDispute): string {
  const money = amount ? `${amount.amount} ${amount.currency}, ` : '';
  const until = status === 'needs_response' && dueBy !== null ? `, answer by ${String(dueBy)}` : '';
  return `${disputeId}: ${money}${status}${until}${moneyTaken ? ', the gateway has the money' : ''}`;
}

/** The result in one or two sentences. */
export function verdictOn(played: Played): string {
  const { play, answers } = played;
  const refused = answers.filter(({ status }) => status === 401).length;
  if (play.tamper) {
    return wentWell(played)
      ? `Nothing changed: ${all(answers.length, 'tampered callback was', 'tampered callbacks were')} rejected.`
      : `${answers.length - refused} of ${amountOf(answers.length, 'tampered callback')} got another answer than 401. The rows above show the ` +
          'answers. If one is an acknowledgement, the service has accepted a wrong signature. If not, play it again.';
  }
  if (refused === answers.length) {
    return (
      'The service rejected every signature, because it verifies with other keys, and nothing changed. Give the sandbox the DATA_DIR ' +
      `of the service, and start the service without variables of ${play.gateway}: it then makes development keys.`
    );
  }
  if (answers.every(({ status }) => status === 404)) {
    return `The service takes no callbacks of ${play.gateway} (404), and nothing changed. Turn this gateway on: its page in docs/gateways says how.`;
  }
  if (!wentWell(played)) {
    return (
      'Not every callback was acknowledged. A gateway would send the others again. The row "other answers" says why, ' +
      'and so does the log of the service.'
    );
  }
  return `${standingOf(played)}.${refundedOf(played)}${disputedOf(played)}${ownersOf(played)}`;
}

function standingOf({ content, payment, order, callbacks }: Played): string {
  if (!payment || !order) {
    return `The callback is stored, and no payment ${content.paymentNumber} exists that it could belong to`;
  }
  const { orderNumber, status, statusHistory } = order;
  if (callbacks.some(({ outcome }) => outcome === 'pending')) {
    return `The callbacks are stored, and the service settles them later; order ${orderNumber} is still ${status}`;
  }
  const times = statusHistory.filter(({ move }) => move === 'pay').length;
  if (times === 0)
    return `Order ${orderNumber} is ${status}; payment ${payment.paymentNumber} is ${payment.status}`;
  const since = status === 'paid' ? '' : `${status}, and was `;
  return `Order ${orderNumber} is ${since}paid, ${times === 1 ? 'once' : `${times} times`}`;
}

/** Of money that has not paid the order, only the payment shows what has gone back. */
function refundedOf(played: Played): string {
  const { content, payment, order } = played;
  if (isRefund(content.status) && payment && payment.transactionId !== content.transactionId) {
    const { amount, currency } = refundedMoney(played);
    return ` Of transaction ${content.transactionId} ${amount} ${currency} are refunded.`;
  }
  const ofOrder = order && isMoney(order.refunded) ? order.refunded : null;
  const ofPayment = payment && isMoney(payment.refunded) ? payment.refunded : null;
  const sum = ofOrder ?? ofPayment;
  if (!sum) return isRefund(content.status) && order ? ' Nothing is refunded.' : '';
  const whose = ofOrder ? `order ${order!.orderNumber}` : `payment ${payment!.paymentNumber}`;
  return ` Of ${whose} ${sum.amount} ${sum.currency} are refunded.`;
}

function disputedOf(played: Played): string {
  const [newest] = disputesIn(played);
  return newest ? ` Dispute ${newest.disputeId} is ${newest.status}.` : '';
}

const isMoney = (sum: Amount | undefined): boolean => /[1-9]/.test(sum?.amount ?? '');

function ownersOf({ discrepancies }: Played): string {
  const open = discrepancies.filter(({ status }) => status === 'open').map(({ kind }) => kind);
  const kinds = [...new Set(open)];
  return kinds.length > 0 ? ` An operator must resolve: ${kinds.join(', ')}.` : '';
}

function answersIn(answers: readonly Answer[]): string {
  const counts = countBy(answers, ({ status, body }) => {
    const text = body.replace(/\s+/g, ' ').slice(0, 80);
    return status === 0 ? `no answer (${text})` : [status, text].filter(Boolean).join(' ');
  });
  return [...counts].map(([answer, count]) => `${count} × ${answer}`).join(', ') || '0';
}

/** Copies are one stored callback with several deliveries. */
function outcomesIn({ callbacks }: Played): string[] {
  const outcomes = [...countBy(callbacks, ({ outcome }) => outcome)].map(([outcome, count]) => {
    const deliveries = callbacks
      .filter((callback) => callback.outcome === outcome)
      .reduce((sum, each) => sum + each.deliveries, 0);
    return `${outcome}: ${amountOf(count, 'callback')}, ${amountOf(deliveries, 'delivery', 'deliveries')}`;
  });
  return orNone(outcomes);
}

function historyOf({ statusHistory }: SeenOrder): string[] {
  return orNone(
    statusHistory.map(
      ({ from, to, move, actor, at }) => `${from} → ${to} (${move}, by ${actor}, ${String(at)})`,
    ),
  );
}

function brief(details: Readonly<Record<string, unknown>>): string {
  const { paid, due } = details;
  return typeof paid === 'string' && typeof due === 'string' ? ` (paid ${paid}, due ${due})` : '';
}

function countBy<Item>(items: readonly Item[], keyOf: (item: Item) => string): Map<string, number> {
  const counts = new Map<string, number>();
  for (const item of items) counts.set(keyOf(item), (counts.get(keyOf(item)) ?? 0) + 1);
  return counts;
}

function orNone(lines: string[]): string[] {
  return lines.length > 0 ? lines : ['none'];
}

function amountOf(count: number, one: string, many = `${one}s`): string {
  return `${count} ${count === 1 ? one : many}`;
}

function all(count: number, one: string, many: string): string {
  return count === 1 ? `the ${one}` : `all ${count} ${many}`;
}
