import { PUBLISHED_TYPES } from '../../src/domain/events/published-event.js';
import type {
  Attempt,
  CallbackRow,
  CaseAnswer,
  DeedRecord,
  DiscrepancyRow,
  EventRow,
  History,
  PaymentRow,
  RefundRow,
} from '../../tools/chaos/history.js';
import type { Action, Deed, PlannedCallback, PlannedDeed, PlannedOrder } from '../../tools/chaos/plan.js';

const GATEWAY = 'stripe';
const at = (seconds: number): Date => new Date(Date.UTC(2026, 10, 23) + seconds * 1_000);

function planned(number: number, fields: Partial<PlannedCallback>): PlannedCallback {
  return {
    key: `C${number}`,
    scenario: 'by hand',
    gateway: GATEWAY,
    eventId: `E${number}`,
    status: 'succeeded',
    paymentNumber: `P${number}`,
    transactionId: `T${number}`,
    amount: '10.00',
    currency: 'CNY',
    forgery: null,
    expected: ['settled'],
    ends: ['settled'],
    ...fields,
  };
}

const attempt = (callback: string, seconds: number, answer: Attempt['answer']): Attempt => ({
  callback,
  at: at(seconds).getTime(),
  ms: 5,
  replica: 0,
  digest: `bytes of ${callback}`,
  answer,
});

function row(number: number, outcome: string, paid = number): CallbackRow {
  return {
    id: `${number}`,
    gateway: GATEWAY,
    event_id: `E${number}`,
    kind: 'succeeded',
    payment_number: `P${paid}`,
    transaction_id: `T${number}`,
    claimed_kind: null,
    amount: '10.00',
    currency: 'CNY',
    digest: `bytes of C${number}`,
    outcome,
    deliveries: 1,
    received_at: at(number),
    judged_at: at(number),
  };
}

const payment = (number: number): PaymentRow => ({
  number: `P${number}`,
  order_number: `O${number}`,
  gateway: GATEWAY,
  amount: '10.00',
  currency: 'CNY',
  status: 'succeeded',
  transaction_id: `T${number}`,
  expires_at: at(3_600),
});

/** The three numbers are those of its order, its payment and its callback. Null means that it has none. */
const event = (
  id: number,
  type: string,
  [order, paid, callback]: readonly [number | null, number | null, number | null],
  data: EventRow['data'] = {},
): EventRow => ({
  id: `${id}`,
  at: at(id),
  order_number: order === null ? null : `O${order}`,
  payment_number: paid === null ? null : `P${paid}`,
  callback_id: callback === null ? null : `${callback}`,
  type,
  actor: 'operator:test',
  data,
});

const byOperator = (name: string, logged: EventRow): EventRow => ({ ...logged, actor: `admin:${name}` });
const opened = (id: number, kind: string, number: number) => ({
  id: `${id}`,
  kind,
  gateway: GATEWAY,
  transactionId: `T${number}`,
});
const discrepancy = (
  id: number,
  kind: string,
  number: number,
  fields: Partial<DiscrepancyRow> = {},
): DiscrepancyRow => ({
  id: `${id}`,
  kind,
  status: 'open',
  gateway: GATEWAY,
  payment_number: `P${number}`,
  transaction_id: `T${number}`,
  callback_id: null,
  opened_at: at(20),
  money: true,
  amount: '10.00',
  currency: 'CNY',
  ended_by: null,
  resolution: null,
  resolved_by: null,
  reason: null,
  opening_reason: null,
  note: null,
  refund_number: null,
  identity: null,
  assignee: null,
  ...fields,
});

const refund = (number: number, amount: string, reference: string): RefundRow => ({
  number: `case-3-${number}`,
  gateway: GATEWAY,
  transaction_id: 'T5',
  payment_number: 'P4',
  order_number: 'O4',
  discrepancy_id: '3',
  amount,
  currency: 'CNY',
  origin: 'reported',
  status: 'succeeded',
  gateway_refund_id: null,
  reference,
  waiting: false,
  unnamed: false,
});

const CASES = {
  paidTwice: { kinds: ['paid_twice'], about: { paymentNumber: 'P4' } },
  unmatched: { kinds: ['unmatched'], about: { paymentNumber: 'P6' } },
} as const;
const BACK = { by: 'refunds', refundNumber: 'case-3-2' };
const BY_BEN = { resolution: 'refunded_elsewhere', resolved_by: 'admin:ben', ended_by: BACK, note: 'D3' };
const BY_ANNA = {
  resolution: 'dismiss',
  resolved_by: 'admin:anna',
  ended_by: { by: 'decision' },
  note: 'D4',
};

const elsewhere = (fields: { amount?: string; reference?: string }): Deed => ({
  type: 'resolve',
  case: CASES.paidTwice,
  resolution: 'refunded_elsewhere',
  ...fields,
});
const dismiss: Deed = { type: 'resolve', case: CASES.unmatched, resolution: 'dismiss' };

function plannedDeed(number: number, operator: 'anna' | 'ben', deed: Deed): PlannedDeed {
  return {
    key: `D${number}`,
    scenario: 'by hand',
    operator,
    to: 0,
    deed,
    expected: ['done', 'refund_recorded', 'resolved_before'],
    losesAnswerAfterMs: null,
    isRepeated: false,
  };
}

const said = (fields: Partial<CaseAnswer>): CaseAnswer => ({
  resolvedBy: null,
  resolution: null,
  endedBy: null,
  reason: null,
  ...fields,
});
const answered = (number: number, subject: string, fields: Partial<DeedRecord>): DeedRecord => ({
  deed: `D${number}`,
  at: at(30).getTime(),
  attempts: 1,
  subject,
  answer: 'done',
  says: null,
  repeated: null,
  ...fields,
});

/** Both operators know of one refund, Ben records the rest, Anna ends another case before Ben; then one is assigned and one replayed. */
const DEEDS: readonly PlannedDeed[] = [
  plannedDeed(1, 'anna', elsewhere({ amount: '4.00', reference: 'R1' })),
  plannedDeed(2, 'ben', elsewhere({ amount: '4.00', reference: 'R1' })),
  plannedDeed(3, 'ben', elsewhere({})),
  plannedDeed(4, 'anna', dismiss),
  plannedDeed(5, 'ben', dismiss),
  plannedDeed(6, 'ben', { type: 'assign', case: CASES.unmatched, assignee: 'anna' }),
  plannedDeed(7, 'anna', { type: 'replay', callback: { gateway: GATEWAY, eventId: 'E6' } }),
];
const ANSWERS: readonly DeedRecord[] = [
  answered(1, '3', { says: said({}) }),
  answered(2, '3', { answer: 'refund_recorded' }),
  answered(3, '3', {
    says: said({ resolvedBy: 'admin:ben', resolution: 'refunded_elsewhere', endedBy: BACK }),
    repeated: 'the same',
  }),
  answered(4, '4', {
    says: said({ resolvedBy: 'admin:anna', resolution: 'dismiss', endedBy: { by: 'decision' } }),
  }),
  answered(5, '4', {
    answer: 'resolved_before',
    says: said({ resolvedBy: 'admin:anna', resolution: 'dismiss' }),
  }),
  answered(6, '4', { says: said({ resolvedBy: 'admin:anna', resolution: 'dismiss' }) }),
  answered(7, '6', {}),
];

const send = (callback: PlannedCallback): Action => ({ type: 'send', callback, to: 0, repeatAfterMs: null });
const place = (order: PlannedOrder): Action => ({ type: 'place', order });
const operate = (deed: PlannedDeed): Action => ({ type: 'operate', deed });
const PUBLISHED: readonly string[] = PUBLISHED_TYPES;

const reported = (id: number, status: 'succeeded' | 'failed') => ({
  id: `F${id}`,
  number: `F${id}n`,
  status,
  cumulative: null,
  paid: '10.00',
  atSeconds: id,
});
/** What gateways say about the money of the seventh callback. */
const REPORTS: readonly PlannedCallback[] = [
  planned(8, { amount: '4.00', status: 'refund', refund: reported(1, 'succeeded') }),
  planned(9, { amount: '2.00', status: 'refund', refund: reported(2, 'failed') }),
  planned(10, {
    status: 'dispute',
    dispute: { id: 'Q1', status: 'lost', moneyTaken: true, atSeconds: 3 },
  }),
].map((each): PlannedCallback => {
  const expected = each.dispute ? (['dispute_reported'] as const) : (['refund_reported'] as const);
  return { ...each, paymentNumber: 'P7', transactionId: 'T7', expected, ends: [] };
});
const reportRow = (number: number, kind: 'refund' | 'dispute'): CallbackRow => ({
  ...row(number, `${kind}_reported`, 7),
  kind,
  transaction_id: 'T7',
});
const reportedRefund = (id: number, amount: string, status: string): RefundRow => ({
  ...refund(id, amount, ''),
  number: `F${id}n`,
  transaction_id: 'T7',
  payment_number: 'P7',
  order_number: 'O7',
  discrepancy_id: null,
  status,
  gateway_refund_id: `F${id}`,
  reference: null,
});
const beside = (id: number, kind: string, subject: string, refundNumber: string | null): DiscrepancyRow =>
  discrepancy(id, kind, 7, {
    money: false,
    identity: `${kind} ${GATEWAY} ${subject}`,
    refund_number: refundNumber,
  });

const reportEvents = (): EventRow[] => [
  ...['case-3-1', 'case-3-2'].map((refundNumber, index) =>
    event(25 + index, 'refund.succeeded', [4, 4, null], { refundNumber }),
  ),
  event(27, 'order.created', [7, null, null]),
  event(28, 'payment.created', [7, 7, null]),
  event(29, 'payment.succeeded', [7, 7, 7], { from: 'init' }),
  event(30, 'order.paid', [7, 7, 7], { from: 'pending', to: 'paid' }),
  event(31, 'callback.refund_reported', [7, 7, 8]),
  event(32, 'refund.succeeded', [7, 7, 8], { refundNumber: 'F1n' }),
  event(33, 'payment.refunded', [7, 7, 8], {
    gateway: GATEWAY,
    transactionId: 'T7',
    amount: { amount: '4.00', currency: 'CNY' },
  }),
  event(34, 'callback.refund_reported', [7, 7, 9]),
  event(35, 'refund.failed', [7, 7, 9], { refundNumber: 'F2n' }),
  event(36, 'discrepancy.opened', [7, 7, 9], opened(5, 'refund_failed', 7)),
  event(37, 'callback.dispute_reported', [7, 7, 10]),
  event(38, 'discrepancy.opened', [7, 7, 10], opened(6, 'dispute_lost', 7)),
];

/**
 * What a correct service leaves: an order that is paid at the second attempt and beside a forgery, an order that is paid and then
 * cancelled, money without a payment, an order that is paid twice and whose second money goes back in parts, money without a payment whose
 * case an operator ends, and an order with a refund of a part, a refund that has failed, and a dispute that is lost. Each call makes new objects, which the caller may change.
 */
export function soundHistory(): History {
  const order = { amount: '10.00', currency: 'CNY' };
  const callbacks = [
    planned(1, {}),
    planned(2, { ends: ['in its case'] }),
    planned(3, { expected: ['unmatched'], ends: ['in its case'] }),
    planned(4, {}),
    planned(5, { paymentNumber: 'P4', expected: ['paid_twice'], ends: ['given back'] }),
    planned(6, { expected: ['unmatched'], ends: ['ended by a decision'] }),
    planned(7, {}),
    ...REPORTS,
  ];
  const forged = planned(1, { key: 'C1f', forgery: 'tampered', expected: [] });
  const orders = [
    { ...order, number: 'O1', expected: ['paid'] },
    { ...order, number: 'O2', expected: ['cancelled'] },
    { ...order, number: 'O4', expected: ['paid'] },
    { ...order, number: 'O7', expected: ['paid'] },
  ] as const;
  const events = [
    event(1, 'order.created', [1, null, null]),
    event(2, 'payment.created', [1, 1, null]),
    event(3, 'payment.succeeded', [1, 1, 1], { from: 'init' }),
    event(4, 'order.paid', [1, 1, 1], { from: 'pending', to: 'paid' }),
    event(5, 'order.created', [2, null, null]),
    event(6, 'payment.created', [2, 2, null]),
    event(7, 'payment.succeeded', [2, 2, 2], { from: 'init' }),
    event(8, 'order.paid', [2, 2, 2], { from: 'pending', to: 'paid' }),
    event(9, 'order.cancelled', [2, null, null], { from: 'paid', to: 'cancelled' }),
    event(10, 'discrepancy.opened', [2, 2, null], opened(2, 'refund_due', 2)),
    event(11, 'callback.unmatched', [null, 3, 3]),
    event(12, 'discrepancy.opened', [null, 3, 3], opened(1, 'unmatched', 3)),
    event(13, 'order.created', [4, null, null]),
    event(14, 'payment.created', [4, 4, null]),
    event(15, 'payment.succeeded', [4, 4, 4], { from: 'init' }),
    event(16, 'order.paid', [4, 4, 4], { from: 'pending', to: 'paid' }),
    event(17, 'callback.paid_twice', [4, 4, 5]),
    event(18, 'discrepancy.opened', [4, 4, 5], opened(3, 'paid_twice', 5)),
    event(19, 'discrepancy.resolved', [4, 4, 5], opened(3, 'paid_twice', 5)),
    event(20, 'callback.unmatched', [null, 6, 6]),
    event(21, 'discrepancy.opened', [null, 6, 6], opened(4, 'unmatched', 6)),
    event(22, 'discrepancy.resolved', [null, 6, 6], opened(4, 'unmatched', 6)),
    byOperator('ben', event(23, 'discrepancy.assigned', [null, 6, 6], { id: '4', assignee: 'anna' })),
    byOperator('anna', event(24, 'callback.replayed', [null, 6, 6])),
    ...reportEvents(),
  ];
  const steps = [orders.map(place), [...callbacks, forged].map(send), DEEDS.map(operate)];
  return {
    plan: { seed: 1, scenarios: [{ name: 'by hand', offsetMs: 0, steps }], faults: [], databaseFaults: [] },
    attempts: [
      attempt('C1', 1, 503),
      attempt('C1', 2, 200),
      attempt('C1f', 2, 401),
      attempt('C2', 3, 200),
      attempt('C3', 4, 200),
      attempt('C4', 5, 200),
      attempt('C5', 6, 200),
      attempt('C6', 7, 200),
      ...[7, 8, 9, 10].map((number) => attempt(`C${number}`, number, 200)),
    ],
    requests: [
      { action: 'place', number: 'O1', at: 0, status: 201 },
      { action: 'open', number: 'P1', at: 0, status: 201 },
      { action: 'cancel', number: 'O2', at: 0, status: 200 },
    ],
    deeds: ANSWERS.map((each) => ({ ...each })),
    audit: { status: 200, pieces: 7, unowned: 0, violations: [] },
    delivered: events
      .filter(({ type }) => PUBLISHED.includes(type))
      .map(({ id, type, order_number }) => ({
        id: `evt_${id}`,
        at: 0,
        type,
        orderNumber: order_number,
        verified: true,
      })),
    faults: [{ kind: 'first replica killed', at: at(1).getTime(), detail: 'kill -9 of replica 0' }],
    recoveries: [0, 1].map((replica) => ({
      kind: 'disk full',
      replica,
      at: at(20).getTime(),
      callback: 'C1',
      stored: true,
      afterMs: 300,
    })),
    callbacks: [
      row(1, 'settled'),
      row(2, 'settled'),
      row(3, 'unmatched'),
      row(4, 'settled'),
      row(5, 'paid_twice', 4),
      row(6, 'unmatched'),
      row(7, 'settled'),
      reportRow(8, 'refund'),
      reportRow(9, 'refund'),
      reportRow(10, 'dispute'),
    ],
    payments: [payment(1), payment(2), payment(4), payment(7)],
    orders: [
      { number: 'O1', status: 'paid', total: '10.00', currency: 'CNY' },
      { number: 'O2', status: 'cancelled', total: '10.00', currency: 'CNY' },
      { number: 'O4', status: 'paid', total: '10.00', currency: 'CNY' },
      { number: 'O7', status: 'paid', total: '10.00', currency: 'CNY' },
    ],
    discrepancies: [
      discrepancy(1, 'unmatched', 3),
      discrepancy(2, 'refund_due', 2),
      discrepancy(3, 'paid_twice', 5, { payment_number: 'P4', status: 'resolved', ...BY_BEN }),
      discrepancy(4, 'unmatched', 6, { status: 'resolved', ...BY_ANNA }),
      beside(5, 'refund_failed', 'refund F2n', 'F2n'),
      beside(6, 'dispute_lost', 'dispute Q1', null),
    ],
    notes: [{ discrepancy_id: '3', actor: 'admin:anna', note: 'D1' }],
    refunds: [
      refund(1, '4.00', 'R1'),
      refund(2, '6.00', 'D3'),
      reportedRefund(1, '4.00', 'succeeded'),
      reportedRefund(2, '2.00', 'failed'),
    ],
    disputes: [
      {
        gateway: GATEWAY,
        dispute_id: 'Q1',
        transaction_id: 'T7',
        payment_number: 'P7',
        status: 'lost',
        money_taken: true,
        waiting: false,
      },
    ],
    events,
  };
}
