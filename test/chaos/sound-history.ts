import type {
  Attempt,
  CallbackRow,
  DiscrepancyRow,
  EventRow,
  History,
  PaymentRow,
} from '../../tools/chaos/history.js';
import type { Action, PlannedCallback, PlannedOrder } from '../../tools/chaos/plan.js';

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

function row(number: number, outcome: string): CallbackRow {
  return {
    id: `${number}`,
    gateway: GATEWAY,
    event_id: `E${number}`,
    kind: 'succeeded',
    payment_number: `P${number}`,
    transaction_id: `T${number}`,
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

const opened = (kind: string, number: number) => ({ kind, gateway: GATEWAY, transactionId: `T${number}` });
const discrepancy = (id: number, kind: string, number: number): DiscrepancyRow => ({
  id: `${id}`,
  kind,
  status: 'open',
  gateway: GATEWAY,
  payment_number: `P${number}`,
  transaction_id: `T${number}`,
  callback_id: null,
  opened_at: at(20),
  money: true,
  ended_by: null,
});

const send = (callback: PlannedCallback): Action => ({ type: 'send', callback, to: 0, repeatAfterMs: null });
const place = (order: PlannedOrder): Action => ({ type: 'place', order });

/**
 * What a correct service leaves after three callbacks: an order that is paid at the second attempt and beside a forgery, an order
 * that is paid and then cancelled, and money without a payment. Each call makes new objects, which the caller may change.
 */
export function soundHistory(): History {
  const order = { amount: '10.00', currency: 'CNY' };
  const callbacks = [planned(1, {}), planned(2, {}), planned(3, { expected: ['unmatched'] })];
  const forged = planned(1, { key: 'C1f', forgery: 'tampered', expected: [] });
  const orders = [
    { ...order, number: 'O1', expected: ['paid'] },
    { ...order, number: 'O2', expected: ['cancelled'] },
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
    event(10, 'discrepancy.opened', [2, 2, null], opened('refund_due', 2)),
    event(11, 'callback.unmatched', [null, 3, 3]),
    event(12, 'discrepancy.opened', [null, 3, 3], opened('unmatched', 3)),
  ];
  const steps = [orders.map(place), [...callbacks, forged].map(send)];
  return {
    plan: { seed: 1, scenarios: [{ name: 'by hand', offsetMs: 0, steps }], faults: [], databaseFaults: [] },
    attempts: [
      attempt('C1', 1, 503),
      attempt('C1', 2, 200),
      attempt('C1f', 2, 401),
      attempt('C2', 3, 200),
      attempt('C3', 4, 200),
    ],
    requests: [
      { action: 'place', number: 'O1', at: 0, status: 201 },
      { action: 'open', number: 'P1', at: 0, status: 201 },
      { action: 'cancel', number: 'O2', at: 0, status: 200 },
    ],
    delivered: events
      .filter(({ id }) => ['3', '4', '7', '8', '9', '10', '12'].includes(id))
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
    callbacks: [row(1, 'settled'), row(2, 'settled'), row(3, 'unmatched')],
    payments: [payment(1), payment(2)],
    orders: [
      { number: 'O1', status: 'paid', total: '10.00', currency: 'CNY' },
      { number: 'O2', status: 'cancelled', total: '10.00', currency: 'CNY' },
    ],
    discrepancies: [discrepancy(1, 'unmatched', 3), discrepancy(2, 'refund_due', 2)],
    events,
  };
}
