import { expect, test } from '@jest/globals';
import type { SeenOrder, SeenPayment } from '../../src/sandbox/admin-client.js';
import { type Play, parsePlay } from '../../src/sandbox/arguments.js';
import type { Answer, Played } from '../../src/sandbox/play.js';
import { reportOf, verdictOn, wentWell } from '../../src/sandbox/report.js';

const AT = '2026-11-23T08:00:00.000Z';
const money = { amount: '100.00', currency: 'CNY' };

const payment: SeenPayment = {
  paymentNumber: 'P1',
  orderNumber: 'O1',
  gateway: 'alipay',
  amount: money,
  status: 'succeeded',
  transactionId: 'T1',
  refunded: { ...money, amount: '0.00' },
  refundable: money,
  refunds: [],
  log: [],
  expiresAt: AT,
  paidAt: AT as never,
  createdAt: AT,
  updatedAt: AT,
};
const paidOnce = {
  from: 'pending',
  to: 'paid',
  move: 'pay',
  actor: 'alipay',
  note: null,
  at: AT as never,
} as const;
const order: SeenOrder = {
  orderNumber: 'O1',
  status: 'paid',
  total: money,
  customerId: null,
  refunded: { ...money, amount: '0.00' },
  payments: [],
  statusHistory: [paidOnce],
  allowedTransitions: [],
  createdAt: AT,
  updatedAt: AT,
};
const stored = {
  id: '1',
  gateway: 'alipay',
  eventId: 'E1',
  kind: 'succeeded',
  paymentNumber: 'P1',
  outcome: 'settled',
  deliveries: 20,
  receivedAt: AT,
  settledAt: null,
} as const;

test('twenty copies that settled once are reported as one callback with twenty deliveries', () => {
  const played = playedWith({});
  expect(wentWell(played)).toBe(true);
  expect(verdictOn(played)).toBe('Order O1 is paid, once.');
  const report = reportOf(played);
  expect(report).toContain('acknowledged   20 × 200 success');
  expect(report).toContain('other answers  0');
  expect(report).toContain('outcomes       settled: 1 callback, 20 deliveries');
  expect(report).toContain('pending → paid (pay, by alipay');
});

test('an order that was paid twice is not reported as paid once', () => {
  const twice = { ...order, statusHistory: [paidOnce, paidOnce] };
  expect(verdictOn(playedWith({ order: twice }))).toBe('Order O1 is paid, 2 times.');
});

test('the verdict names the cases that an operator must resolve', () => {
  const mismatch = {
    kind: 'amount_mismatched',
    status: 'open',
    details: { paid: '99.99 CNY', due: '100.00 CNY' },
  } as const;
  const unpaid = { ...order, status: 'pending', statusHistory: [] } as const;
  const played = playedWith({
    order: unpaid,
    payment: { ...payment, status: 'init' },
    discrepancies: [mismatch as never],
  });
  expect(verdictOn(played)).toBe(
    'Order O1 is pending; payment P1 is init. An operator must resolve: amount_mismatched.',
  );
  expect(reportOf(played)).toContain('amount_mismatched, open (paid 99.99 CNY, due 100.00 CNY)');
});

test('a play went well only if every answer was the one that the gateway expects', () => {
  const answers = [...answersOf(19, 200, 'success', true), ...answersOf(1, 503, 'fail', false)];
  const played = playedWith({ answers });
  expect(wentWell(played)).toBe(false);
  expect(verdictOn(played)).toContain('Not every callback was acknowledged');
  expect(reportOf(played)).toContain('other answers  1 × 503 fail');
});

test('where every signature was rejected, the verdict names the keys as the cause', () => {
  expect(verdictOn(playedWith({ answers: answersOf(20, 401, 'fail', false) }))).toContain(
    'it verifies with other keys',
  );
});

test('where no callback is taken, the verdict says to turn the gateway on', () => {
  expect(verdictOn(playedWith({ answers: answersOf(2, 404, '', false) }))).toContain(
    'The service takes no callbacks of alipay (404), and nothing changed. Turn this gateway on',
  );
});

test('tampered callbacks went well if all were rejected, and not if one was accepted', () => {
  const refused = answersOf(20, 401, 'fail', true);
  expect(verdictOn(playedWith({ answers: refused }, ['--tamper']))).toBe(
    'Nothing changed: all 20 tampered callbacks were rejected.',
  );
  const taken = [...refused.slice(1), ...answersOf(1, 200, 'success', false)];
  expect(verdictOn(playedWith({ answers: taken }, ['--tamper']))).toContain(
    '1 of 20 tampered callbacks got another answer than 401. The rows above show the answers.',
  );
});

test('the verdict says when the payment does not exist', () => {
  const played = playedWith({ payment: null, order: null, callbacks: [{ ...stored, outcome: 'unmatched' }] });
  expect(verdictOn(played)).toContain('no payment P1 exists');
});

test('the verdict and the report say what has gone back, of the order or of money that has not paid it', () => {
  const part = { ...money, amount: '30.00' };
  const refundTerms = { number: 'P1-R1', before: '0', paid: '100.00' };
  const content = { ...playedWith({}).content, status: 'refund', amount: '30.00', refundTerms } as const;
  const ofPayment = playedWith({ content, payment: { ...payment, refunded: part } });
  expect(verdictOn(ofPayment)).toBe('Order O1 is paid, once. Of payment P1 30.00 CNY are refunded.');
  expect(reportOf(ofPayment)).toContain('refund         P1-R1, 30.00 CNY; 30.00 CNY of the payment so far');
  const ofOrder = { ...ofPayment, order: { ...order, refunded: part } };
  expect(verdictOn(ofOrder)).toBe('Order O1 is paid, once. Of order O1 30.00 CNY are refunded.');
  expect(verdictOn(playedWith({ content }))).toBe('Order O1 is paid, once. Nothing is refunded.');
});

function playedWith(facts: Partial<Played>, options: readonly string[] = []): Played {
  const play = parsePlay(['pay', 'alipay', '--times', '20', '--concurrency', '20', ...options]) as Play;
  const content = {
    paymentNumber: 'P1',
    transactionId: 'T1',
    eventId: 'E1',
    ...money,
    status: 'succeeded',
    at: new Date(AT),
  } as const;
  const answers = answersOf(20, 200, 'success', true);
  return {
    play,
    content,
    answers,
    seconds: 0.1,
    payment,
    order,
    callbacks: [stored],
    discrepancies: [],
    refunds: [],
    disputes: [],
    ...facts,
  };
}

function answersOf(count: number, status: number, body: string, expected: boolean): Answer[] {
  return Array.from({ length: count }, () => ({ status, body, milliseconds: 5, expected }));
}
