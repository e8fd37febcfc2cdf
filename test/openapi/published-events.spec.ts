import { expect, test } from '@jest/globals';
import { webhooksSection } from '../../src/adapters/http/admin/events/webhooks-section.js';
import { caseOpened, caseResolved } from '../../src/domain/cases/case.js';
import {
  publishedEvent,
  PUBLISHED_TYPES,
  type PublishedType,
} from '../../src/domain/events/published-event.js';
import { UNKNOWN_PIECE } from '../../src/domain/cases/known-piece.js';
import { paymentRefunded } from '../../src/domain/cases/refund-cases.js';
import { Dispute } from '../../src/domain/disputes/dispute.js';
import { Refund } from '../../src/domain/refunds/refund.js';
import { Money } from '../../src/domain/money.js';
import { Order, ORDER_STATUSES } from '../../src/domain/orders/order.js';
import { PAYMENT_STATUSES } from '../../src/domain/payments/payment.js';
import type { AnyEvent } from '../../src/domain/settlement/settle.js';
import { DUE, IN_TIME, paymentIn } from '../domain/settlement/situations.js';

const CUSTOMER = 'customer-4711';
const NOTE = 'agreed with Ms Wang';
const by = { actor: 'admin:otto', at: IN_TIME };
const MONEY = { transactionId: 'T1', money: DUE, charged: null, paidAt: IN_TIME };

/** The events of every move of an order that has a customer, and of every move that an operator explains in a note. */
function eventsOfOrders(): AnyEvent[] {
  const orders = ORDER_STATUSES.flatMap((status) =>
    new Order('O1', DUE, status).allowedTransitions.map((to) => {
      const order = new Order('O1', DUE, status, CUSTOMER);
      order.moveTo(to, { ...by, note: NOTE });
      return order;
    }),
  );
  const [paid, cancelled] = [
    new Order('O1', DUE, 'pending', CUSTOMER),
    new Order('O1', DUE, 'pending', CUSTOMER),
  ];
  paid.pay({ number: 'P1', gateway: 'stripe', ...MONEY }, { ...by, note: NOTE });
  cancelled.cancelUnpaid({ actor: 'clock', at: IN_TIME, note: 'no payment came in time' });
  const free = Order.place('O1', Money.of('0', 'CNY'), CUSTOMER, by);
  return [...orders, paid, cancelled, free].flatMap(({ events }) => events);
}

function eventsOfPayments(): AnyEvent[] {
  const marked = PAYMENT_STATUSES.flatMap((status) =>
    (['process', 'fail', 'cancel', 'expire'] as const).flatMap((move) =>
      [null, 'a reason'].map((note) => {
        const payment = paymentIn(status);
        payment.mark(move, { ...by, note });
        return payment;
      }),
    ),
  );
  const paid = paymentIn('init');
  paid.succeed(MONEY, by);
  return [...marked, paid].flatMap(({ events }) => events);
}

function eventsOfCases(): AnyEvent[] {
  const details = { paid: '100.00 CNY', reason: null };
  const about = { gateway: 'stripe', paymentNumber: 'P1', orderNumber: 'O1', transactionId: 'T1' };
  const stored = { id: '1', kind: 'paid_late', callbackId: '1', ownsMoney: true, ...about, details } as const;
  const endedBy = { by: 'settlement', paymentNumber: 'P1' } as const;
  const ending = { endedBy, reason: 'settled', resolution: 'accept', reference: 'R1' } as const;
  return [caseOpened(stored, by), caseResolved(stored, by, ending)];
}

const OF_PAYMENT = { gateway: 'stripe', transactionId: 'T1', paymentNumber: 'P1', orderNumber: 'O1' };

function eventsOfRefunds(): AnyEvent[] {
  const terms = { ...OF_PAYMENT, number: 'R1', caseId: '1', money: DUE, reason: NOTE };
  const refunds = [
    Refund.request(terms, by),
    ...(['processing', 'succeeded', 'failed'] as const).map((status) => {
      const failure = status === 'failed' ? { code: 'closed_account', message: null } : null;
      return Refund.report(
        terms,
        { status, at: IN_TIME, failure },
        { gatewayRefundId: 're_1', reference: 'R' },
        by,
      );
    }),
  ];
  const came = { money: DUE, charged: null, paidOrder: true, refundRequest: null };
  const piece = { ...UNKNOWN_PIECE, settledNumber: 'P1', came, refunds: refunds.map(({ stored }) => stored) };
  const told = paymentRefunded(null, piece, OF_PAYMENT, by);
  return [...refunds.flatMap(({ events: ofRefund }) => ofRefund), ...(told ? [told] : [])];
}

function eventsOfDisputes(): AnyEvent[] {
  const report = {
    kind: 'dispute',
    disputeId: 'du_1',
    amount: DUE,
    reason: null,
    dueBy: IN_TIME,
    at: null,
  } as const;
  const reporter = { ...by, callbackId: '1' };
  const terms = { ...OF_PAYMENT, disputeId: 'du_1', waiting: false };
  const dispute = Dispute.open(terms, { ...report, status: 'inquiry', moneyTaken: null }, reporter);
  for (const status of ['needs_response', 'lost'] as const)
    dispute.learn({ ...report, status, moneyTaken: true }, reporter);
  return dispute.events;
}

const isPublished = (type: string): type is PublishedType =>
  (PUBLISHED_TYPES as readonly string[]).includes(type);

const events = [
  ...eventsOfOrders(),
  ...eventsOfPayments(),
  ...eventsOfCases(),
  ...eventsOfRefunds(),
  ...eventsOfDisputes(),
];
const published = events.flatMap(({ type, at, orderNumber, paymentNumber = null, data }) =>
  isPublished(type)
    ? publishedEvent({ id: '1', type, at, orderNumber, paymentNumber, data: data as Record<string, unknown> })
    : [],
);

interface DataSchema {
  readonly required: readonly string[];
  readonly properties: Readonly<Record<string, unknown>>;
}

function dataSchemaOf(type: PublishedType): DataSchema {
  const { post } = webhooksSection()[type] as unknown as {
    post: {
      requestBody: {
        content: { 'application/json': { schema: { properties: { data: DataSchema } } } };
      };
    };
  };
  return post.requestBody.content['application/json'].schema.properties.data;
}

test('each published event has the fields that the OpenAPI document describes, and no others', () => {
  expect(new Set(published.map(({ type }) => type))).toEqual(new Set(PUBLISHED_TYPES));
  const faults = published.flatMap(({ type, data }) => {
    const { properties, required } = dataSchemaOf(type);
    return [
      ...Object.keys(data).flatMap((field) =>
        field in properties ? [] : `${type}: ${field} is not described`,
      ),
      ...required.flatMap((field) => (field in data ? [] : `${type}: ${field} is missing`)),
    ];
  });
  expect([...new Set(faults)]).toEqual([]);
});

test('no event of the log names the customer of an order, and no published event has the note of an operator', () => {
  expect(JSON.stringify(events)).not.toContain(CUSTOMER);
  expect(JSON.stringify(events)).toContain(NOTE);
  expect(JSON.stringify(published)).not.toContain(NOTE);
});
