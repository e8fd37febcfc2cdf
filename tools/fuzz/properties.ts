import assert from 'node:assert/strict';
import { fingerprintOf } from '../../src/adapters/gateways/fingerprint.js';
import type {
  Gateway,
  ParsedCallback,
  Rejected,
  RejectionReason,
  VerifiedCallback,
} from '../../src/adapters/gateways/gateway.js';
import { TIME_WINDOW_SECONDS } from '../../src/adapters/gateways/parsing.js';
import type { DisputeReport, Notification, RefundReport } from '../../src/domain/callbacks/notification.js';
import { Money } from '../../src/domain/money.js';
import type { Input, Sort } from './callbacks.js';

/** The properties of a gateway that must hold for every callback. A violation is thrown as an Error with a sentence. */

const REASONS: readonly RejectionReason[] = [
  'signature_missing',
  'signature_mismatch',
  'unknown_key',
  'timestamp_invalid',
  'timestamp_outside_window',
  'probe',
];

export function checkVerdict(gateway: Gateway, sort: Sort, input: Input): VerifiedCallback | Rejected {
  const { callback, receivedAt } = input;
  const verdict = gateway.verify(callback, receivedAt);
  assert.deepEqual(gateway.verify(callback, receivedAt), verdict, 'the same callback got another verdict');
  const parsed = gateway.parse(callback.body);
  assertStorable(gateway, parsed);
  if ('rejected' in verdict) {
    assert(REASONS.includes(verdict.rejected), `${verdict.rejected} is not a reason`);
    assert(!input.mustVerify, `a callback with a valid signature was rejected: ${verdict.rejected}`);
    return verdict;
  }
  assertStorable(gateway, verdict);
  assert.deepEqual(parsed.notification, verdict.notification, 'the stored body is later read differently');
  if (sort === 'unsigned') assert.fail('an unsigned callback was verified');
  if (sort === 'tampered') assertUnchanged(gateway, input, verdict);
  return verdict;
}

/**
 * A signature does not cover every byte of a callback: not other elements of the header, spaces in base64, or the escapes of a
 * form. A change there may be accepted if the callback still says the same, or cannot be read.
 */
function assertUnchanged(
  gateway: Gateway,
  { genuine, receivedAt, callback }: Input,
  verdict: VerifiedCallback,
): void {
  const original = gateway.verify(genuine!, genuine!.at);
  if ('rejected' in original) assert.fail('a genuine callback was rejected');
  assert(verdict.signedBytes.equals(original.signedBytes), 'other bytes were verified than were signed');
  if (gateway.name === 'alipay' && verdict.eventId !== original.eventId) {
    assert.equal(verdict.notification.kind, 'unreadable', 'a form with other borders was understood');
    assert.match(verdict.eventId, /^sha256:/);
    return;
  }
  assert.deepEqual(verdict, original, 'a tampered callback says something else');
  if (gateway.name === 'alipay') return;
  assert(callback.body.equals(genuine!.body), 'a body was verified that was not signed');
  const age = Math.abs(receivedAt.getTime() - genuine!.at.getTime()) / 1000;
  assert(age <= TIME_WINDOW_SECONDS, `a callback was verified that is ${age} s old`);
}

/** Everything that later steps and the constraints of the columns rely on. */
export function assertStorable(gateway: Gateway, { eventId, notification, further }: ParsedCallback): void {
  assertText('event id', eventId, 255);
  for (const each of [notification, ...(further ?? [])]) assertNotification(gateway, each);
  if (further) assert(further.length < 50, 'a callback with more notifications than the gateway sends');
}

function assertNotification(gateway: Gateway, notification: Notification): void {
  const { paymentNumber, transactionId, money, charged, paidAt, reason, foreign } = notification;
  assert.equal(notification.gateway, gateway.name);
  if (paymentNumber !== null) assert.match(paymentNumber, /^[A-Za-z0-9_-]{1,64}$/);
  if (transactionId !== null) assertText('transaction id', transactionId, 128);
  if (reason !== null && reason !== '') assertText('reason', reason, 500);
  if (foreign !== null) assert.match(foreign, /^[a-z_]{1,20}$/);
  assertMoney(money, charged);
  assertTimes(paidAt);
  if (notification.refund) assertRefund(notification.refund);
  if (notification.dispute) assertDispute(notification.dispute);
  assertComplete(notification);
  assert.match(fingerprintOf(notification, Buffer.alloc(0)), /^[0-9a-f]{64}$/);
}

function assertRefund({ refundNumber, gatewayRefundId, failure, ...report }: RefundReport): void {
  for (const id of [refundNumber, gatewayRefundId]) if (id !== null) assertText('id of the refund', id, 128);
  for (const text of [failure?.code, failure?.message]) if (text) assertText('failure', text, 500);
  assertMoney(report.amount, report.cumulative, report.paid);
  assertTimes(report.at);
}

function assertDispute({ disputeId, reason, amount, dueBy, at }: DisputeReport): void {
  assertText('id of the dispute', disputeId, 128);
  if (reason) assertText('reason of the dispute', reason, 500);
  assertMoney(amount);
  assertTimes(dueBy, at);
}

function assertMoney(...all: readonly (Money | null)[]): void {
  for (const money of all) if (money) assert.equal(Money.fault(money.amount, money.currency), null);
}

function assertTimes(...all: readonly (Date | null)[]): void {
  for (const time of all) if (time) assert.match(time.toISOString(), /^(19[7-9]\d|[2-9]\d{3})-/);
}

function assertText(what: string, text: string, longest: number): void {
  assert(text.length > 0 && text.length <= longest, `the ${what} has ${text.length} characters`);
  assert(!text.includes('\0') && text.isWellFormed(), `the ${what} is not a text that PostgreSQL can store`);
}

/** The fields that a notification of each kind must have, and those that it must not have. */
function assertComplete(notification: Notification): void {
  const { kind, paymentNumber, transactionId, money, paidAt, reason, foreign } = notification;
  const payment = [paymentNumber, transactionId, money, paidAt, foreign];
  switch (kind) {
    case 'succeeded':
      return assert(transactionId !== null && money, 'a success without its money or transaction id');
    case 'processing':
    case 'failed':
    case 'cancelled':
      return assert(paymentNumber !== null, `a notification of kind ${kind} without a payment number`);
    case 'unreadable':
      assert(reason, 'an unreadable notification without a reason');
      return assert.deepEqual(payment, Array(5).fill(null));
    case 'ignored':
      // A fraud warning moves no money, and names the money that it is about.
      if (notification.dispute?.kind === 'fraud_warning') return;
      return assert.deepEqual([...payment, reason], Array(6).fill(null));
    case 'refund':
    case 'dispute':
      return;
    case 'conflicting':
      assert.fail('a gateway cannot know of a conflict');
  }
}

/**
 * The limit for the CPU time of one verification, which hashes and parses the largest body. The process serves no other request
 * meanwhile. Usually it takes a tenth of this.
 */
export const VERIFY_LIMIT_MS = 100;

/** The CPU time of one verification: wall time would include other processes. A slow one is repeated, at most five times. */
export function verifyTimeMs(gateway: Gateway, { callback, receivedAt }: Input): number {
  let fastest = Infinity;
  for (let attempt = 0; attempt < 5 && fastest > VERIFY_LIMIT_MS; attempt += 1) {
    const start = process.cpuUsage();
    gateway.verify(callback, receivedAt);
    const { user, system } = process.cpuUsage(start);
    fastest = Math.min(fastest, (user + system) / 1000);
  }
  assert(
    fastest <= VERIFY_LIMIT_MS,
    `verifying took ${fastest.toFixed(0)} ms at the fastest of five attempts`,
  );
  return fastest;
}
