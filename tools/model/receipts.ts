import { createHash } from 'node:crypto';
import type { Receipt } from '../../src/application/callbacks/callback-repository.js';
import type { DisputeReport, Notification, RefundReport } from '../../src/domain/callbacks/notification.js';
import { Money } from '../../src/domain/money.js';
import { at, type Names } from './names.js';
import { GATEWAYS, type MoneyText, type Said, type SaidDispute, type SaidRefund } from './story.js';

/** The callback that says this, received at this time. */
export function receiptOf(said: Said, names: Names, times: { readonly now: Date; readonly begin: number }) {
  const notification = notificationOf(said, names, times.begin);
  const content = JSON.stringify({ ...said, event: null });
  const fingerprint = createHash('sha256').update(content).digest('hex');
  return {
    eventId: names.event(said.event),
    notification,
    fingerprint,
    keyId: 'model:1',
    headers: {},
    body: Buffer.from(bodyOf(said, names)),
    receivedAt: times.now,
    judgedAt: times.now,
  } satisfies Receipt;
}

/** The reader of the tests finds a success for this payment in it, as a later release does. */
const bodyOf = ({ payment }: Said, names: Names): string =>
  payment === null ? 'nothing that can be read' : `pays ${names.payment(payment)}`;

export const moneyOf = (text: MoneyText): Money => {
  const [amount, currency] = text.split(' ');
  return Money.of(amount!, currency!);
};

const moneyOrNull = (text: MoneyText | null): Money | null => (text === null ? null : moneyOf(text));

function notificationOf(said: Said, names: Names, begin: number): Notification {
  const isRead = said.kind !== 'unreadable';
  const hasMoney = said.kind === 'succeeded' || said.kind === 'refund' || said.kind === 'dispute';
  return {
    gateway: GATEWAYS[said.gateway],
    kind: said.kind,
    paymentNumber: isRead ? at(names.payment, said.payment) : null,
    transactionId: isRead ? at(names.transaction, said.transaction) : null,
    money: hasMoney ? moneyOrNull(said.money) : null,
    charged: null,
    paidAt: null,
    reason: isRead ? null : 'no such field',
    foreign: said.foreign ? 'merchant' : null,
    refund: said.refund ? refundReport(said.refund, names, begin) : null,
    dispute: said.dispute ? disputeReport(said.dispute, names, begin) : null,
  };
}

const timeOf = (seconds: number | null, begin: number): Date | null =>
  seconds === null ? null : new Date(begin + seconds * 1_000);

function refundReport(said: SaidRefund, names: Names, begin: number): RefundReport {
  return {
    refundNumber: at(names.refund, said.number),
    gatewayRefundId: at(names.refundId, said.id),
    amount: moneyOrNull(said.amount),
    status: said.status,
    cumulative: moneyOrNull(said.cumulative),
    paid: null,
    at: timeOf(said.at, begin),
    failure: said.status === 'failed' ? { code: 'account_closed', message: null } : null,
  };
}

function disputeReport(said: SaidDispute, names: Names, begin: number): DisputeReport {
  return {
    kind: said.kind,
    disputeId: names.dispute(said.id),
    amount: moneyOrNull(said.amount),
    status: said.status,
    reason: null,
    dueBy: said.status === 'needs_response' ? timeOf(604_800, begin) : null,
    moneyTaken: said.moneyTaken,
    at: timeOf(said.at, begin),
  };
}
