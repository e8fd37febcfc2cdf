import assert from 'node:assert/strict';
import {
  TIME_WINDOW_SECONDS,
  type Gateway,
  type Reading,
  type RejectionReason,
  type Rejected,
  type Verified,
} from '../../src/adapters/gateways/gateway.js';
import { fingerprintOf } from '../../src/adapters/gateways/notice-reader.js';
import { Money } from '../../src/domain/money.js';
import type { Notice } from '../../src/domain/notice.js';
import type { Input, Sort } from './callbacks.js';

/** What a gateway promises of every callback, whoever has sent it. Each fault is thrown as a sentence. */

const REASONS: readonly RejectionReason[] = [
  'signature_missing',
  'signature_mismatch',
  'unknown_key',
  'timestamp_invalid',
  'timestamp_outside_window',
  'probe',
];

export function verdictOn(gateway: Gateway, sort: Sort, input: Input): Verified | Rejected {
  const { callback, receivedAt } = input;
  const verdict = gateway.verify(callback, receivedAt);
  assert.deepEqual(gateway.verify(callback, receivedAt), verdict, 'the same callback got another verdict');
  const stored = gateway.read(callback.body);
  assertHarmless(gateway, stored);
  if ('rejected' in verdict) {
    assert(REASONS.includes(verdict.rejected), `${verdict.rejected} is no reason`);
    assert(!input.isSound, `a callback whose signature is right was refused: ${verdict.rejected}`);
    return verdict;
  }
  assertHarmless(gateway, verdict);
  assert.deepEqual(stored.notice, verdict.notice, 'what is read again later says something else');
  if (sort === 'unsigned') assert.fail('nobody has signed this, and it was verified');
  if (sort === 'tampered') assertSaysTheSame(gateway, input, verdict);
  return verdict;
}

/**
 * Of a genuine callback some spellings are not covered by any signature: other elements of the header, base64 with spaces,
 * a form's escapes. They may differ as long as nothing else is said, or what is said cannot be read.
 */
function assertSaysTheSame(
  gateway: Gateway,
  { genuine, receivedAt, callback }: Input,
  verdict: Verified,
): void {
  const original = gateway.verify(genuine!, genuine!.at);
  assert('notice' in original, 'a genuine callback was refused');
  assert(verdict.signedBytes.equals(original.signedBytes), 'other bytes were verified than were signed');
  if (gateway.name === 'alipay' && verdict.eventId !== original.eventId) {
    assert.equal(verdict.notice.kind, 'unreadable', 'a form that was cut elsewhere was understood');
    assert.match(verdict.eventId, /^sha256:/);
    return;
  }
  assert.deepEqual(verdict, original, 'a tampered callback says something else');
  if (gateway.name === 'alipay') return;
  assert(callback.body.equals(genuine!.body), 'a body was verified that was not signed');
  const age = Math.abs(receivedAt.getTime() - genuine!.at.getTime()) / 1000;
  assert(age <= TIME_WINDOW_SECONDS, `a callback was verified that is ${age} s old`);
}

/** All that later steps and the columns' checks rely on. */
export function assertHarmless(gateway: Gateway, { eventId, notice }: Reading): void {
  assertText('event id', eventId, 255);
  assert.equal(notice.gateway, gateway.name);
  if (notice.paymentNumber !== null) assert.match(notice.paymentNumber, /^[A-Za-z0-9_-]{1,64}$/);
  if (notice.transactionId !== null) assertText('transaction id', notice.transactionId, 128);
  if (notice.reason !== null && notice.reason !== '') assertText('reason', notice.reason, 500);
  if (notice.foreign !== null) assert.match(notice.foreign, /^[a-z_]{1,20}$/);
  if (notice.money) assert.equal(Money.fault(notice.money.amount, notice.money.currency), null);
  if (notice.paidAt) assert.match(notice.paidAt.toISOString(), /^(19[7-9]\d|[2-9]\d{3})-/);
  assertComplete(notice);
  assert.match(fingerprintOf(notice, Buffer.alloc(0)), /^[0-9a-f]{64}$/);
}

function assertText(what: string, text: string, longest: number): void {
  assert(text.length > 0 && text.length <= longest, `the ${what} has ${text.length} characters`);
  assert(!text.includes('\0') && text.isWellFormed(), `the ${what} is no text that PostgreSQL can hold`);
}

/** What a notice of each kind must have, and what it must not. */
function assertComplete(notice: Notice): void {
  const { kind, paymentNumber, transactionId, money, paidAt, reason, foreign } = notice;
  switch (kind) {
    case 'succeeded':
      return assert(transactionId !== null && money, 'a success without its money or transaction');
    case 'processing':
    case 'failed':
    case 'cancelled':
      return assert(paymentNumber !== null, `${kind} of no payment`);
    case 'unreadable':
      assert(reason, 'an unreadable notice does not say why');
      return assert.deepEqual([paymentNumber, transactionId, money, paidAt, foreign], Array(5).fill(null));
    case 'ignored':
      return assert.deepEqual(
        [paymentNumber, transactionId, money, paidAt, foreign, reason],
        Array(6).fill(null),
      );
    case 'refund':
    case 'dispute':
      return;
    case 'conflicting':
      assert.fail('a gateway cannot know of a conflict');
  }
}

/** The largest body is hashed, parsed and read within this: nobody else is served meanwhile. Mostly it takes a tenth of it. */
export const SLOWEST_MS = 100;

/** What one verification takes of the processor: a clock would count what other processes take. What was slow once is tried again. */
export function timeOf(gateway: Gateway, { callback, receivedAt }: Input): number {
  let fastest = Infinity;
  for (let attempt = 0; attempt < 5 && fastest > SLOWEST_MS; attempt += 1) {
    const start = process.cpuUsage();
    gateway.verify(callback, receivedAt);
    const { user, system } = process.cpuUsage(start);
    fastest = Math.min(fastest, (user + system) / 1000);
  }
  assert(fastest <= SLOWEST_MS, `verifying took ${fastest.toFixed(0)} ms, five times over`);
  return fastest;
}
