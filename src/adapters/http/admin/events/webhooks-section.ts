import type { OpenAPIObject } from '@nestjs/swagger';
import { DISPUTE_STATUSES } from '../../../../domain/callbacks/notification.js';
import { ENDED_BY } from '../../../../domain/cases/ended-by.js';
import { CASE_KINDS } from '../../../../domain/cases/kinds.js';
import { PUBLISHED_TYPES, type PublishedType } from '../../../../domain/events/published-event.js';
import { ORDER_MOVES, ORDER_STATUSES } from '../../../../domain/orders/order.js';
import { PAYMENT_STATUSES } from '../../../../domain/payments/payment.js';
import { REFUND_ORIGINS } from '../../../../domain/refunds/refund.js';

/** The requests that are sent to webhook endpoints, for the section `webhooks` of the OpenAPI document. */
export function webhooksSection(): NonNullable<OpenAPIObject['webhooks']> {
  return Object.fromEntries(
    [...PUBLISHED_TYPES, TEST].map((type) => {
      const requestBody = { required: true, content: { 'application/json': { schema: payloadOf(type) } } };
      const summary =
        type === TEST ? 'Sent when an operator tests the endpoint' : `Sent after ${type} has happened`;
      const post = { tags: ['events'], summary, description: DESCRIPTION, parameters: HEADERS, requestBody };
      return [type, { post: { ...post, responses: RESPONSES } }];
    }),
  );
}

/** What `POST …/test` sends. It is no event of the log. */
const TEST = 'endpoint.test' as const;

const DESCRIPTION =
  'Sent at least once. Events of releases before 0.6.0 have fewer fields than described here. The events of one order are sent in order. Signed as Standard Webhooks require. ' +
  '`webhook-id` is the same each time the event is sent. JetStream carries the same data as CloudEvents.';

const RESPONSES = {
  '2XX': { description: 'The event was received.' },
  '429': { description: 'As 503.' },
  '503': {
    description:
      'With Retry-After, seconds or an HTTP date, nothing is sent to the endpoint before that time, for 24 hours at most. ' +
      'The event is never sent again earlier than without it.',
  },
  '410': { description: 'The receiver wants no more events: the endpoint is paused at once.' },
  default: {
    description:
      'The event is sent again: after 5 seconds first, then at growing intervals, for three days at most.',
  },
};

type Schema = Readonly<Record<string, unknown>>;

const TEXT = { type: 'string' };
const NULLABLE_TEXT = { type: ['string', 'null'] };
const AMOUNT = { $ref: '#/components/schemas/MoneyDocument' };

const HEADERS = ['webhook-id', 'webhook-timestamp', 'webhook-signature'].map((name) => ({
  name,
  in: 'header' as const,
  required: true,
  schema: TEXT,
}));

function payloadOf(type: PublishedType | typeof TEST): Schema {
  const timestamp = { type: 'string', format: 'date-time', description: 'When it happened.' };
  return objectOf({ type: { const: type }, timestamp, data: dataOf(type) }, ['type', 'timestamp', 'data']);
}

function dataOf(type: PublishedType | typeof TEST): Schema {
  if (type === TEST) return objectOf({ endpointId: TEXT }, ['endpointId']);
  if (type === 'order.paid') return ORDER_PAID_DATA;
  if (type.startsWith('order.')) return ORDER_DATA;
  if (type === 'payment.refunded') return PAYMENT_REFUNDED_DATA;
  if (type.startsWith('refund.')) return REFUND_DATA;
  if (type.startsWith('dispute.')) return DISPUTE_DATA;
  if (type === 'payment.expired') return PAYMENT_EXPIRED_DATA;
  return type.startsWith('payment.') ? PAYMENT_DATA : DISCREPANCY_DATA;
}

const MOVE = {
  orderNumber: TEXT,
  paymentNumber: { ...TEXT, description: 'The payment that changed the status, if a payment did.' },
  from: { enum: ORDER_STATUSES },
  to: { enum: ORDER_STATUSES },
  move: { enum: Object.keys(ORDER_MOVES) },
};

const ORDER_PAID_DATA = objectOf(
  {
    ...MOVE,
    amount: { ...AMOUNT, description: 'The money that came; zero for an order of zero.' },
    transactionId: {
      ...TEXT,
      description: "The gateway's transaction id. Absent for an order of zero, which no money has paid.",
    },
    gateway: { ...TEXT, description: 'Absent as `transactionId` is.' },
    reason: { ...TEXT, description: 'Of an order of zero: `nothing was due`.' },
  },
  ['orderNumber', 'from', 'to', 'move', 'amount'],
);

const ORDER_DATA = objectOf(
  {
    ...MOVE,
    total: { ...AMOUNT, description: 'The total of the order.' },
    reason: { ...TEXT, description: 'Of an order that the schedule has cancelled.' },
  },
  ['orderNumber', 'from', 'to', 'move'],
);

const PAYMENT = {
  orderNumber: TEXT,
  paymentNumber: TEXT,
  from: { enum: PAYMENT_STATUSES },
  gateway: TEXT,
  transactionId: { ...TEXT, description: "The gateway's transaction id of a payment that succeeded." },
  amount: { ...AMOUNT, description: 'Of `payment.succeeded`: what came. Of all others: what was due.' },
};
const CHARGED = {
  ...AMOUNT,
  description:
    'Of `payment.succeeded`: what the customer was charged. Absent unless the gateway has converted the currency.',
};
const PAYMENT_REQUIRED = ['orderNumber', 'paymentNumber', 'from'];

const PAYMENT_DATA = objectOf(
  { ...PAYMENT, charged: CHARGED, reason: { ...TEXT, description: 'Why it failed, as the gateway says.' } },
  PAYMENT_REQUIRED,
);

const PAYMENT_EXPIRED_DATA = objectOf(
  {
    ...PAYMENT,
    reason: {
      ...TEXT,
      description:
        '`paid_late` if money has come for the payment after its deadline: `discrepancy.opened` follows. Absent if no money came.',
    },
  },
  PAYMENT_REQUIRED,
);

const PAYMENT_REFUNDED_DATA = objectOf(
  {
    orderNumber: TEXT,
    paymentNumber: TEXT,
    gateway: TEXT,
    transactionId: TEXT,
    amount: {
      ...AMOUNT,
      description:
        'What refunds that succeeded come to now. It may be less than before, if a refund has failed since.',
    },
    refundable: { ...AMOUNT, description: 'What can still be refunded.' },
  },
  ['orderNumber', 'paymentNumber', 'gateway', 'transactionId', 'amount', 'refundable'],
);

const REFUND_DATA = objectOf(
  {
    orderNumber: {
      ...NULLABLE_TEXT,
      description: 'Null if the money of the refund belongs to no order of this service.',
    },
    paymentNumber: TEXT,
    refundNumber: { ...TEXT, description: 'As in `/admin/v1/refunds/{refundNumber}`.' },
    gateway: TEXT,
    transactionId: TEXT,
    amount: { ...AMOUNT, description: 'The money of this refund alone.' },
    origin: { enum: REFUND_ORIGINS },
    discrepancyId: { ...TEXT, description: 'The discrepancy that it was made for.' },
    reference: { ...TEXT, description: 'Where a refund that an operator has recorded can be found.' },
    failure: {
      type: 'object',
      required: ['code', 'message'],
      properties: { code: TEXT, message: NULLABLE_TEXT },
      description: "Why it failed, in the gateway's words.",
    },
  },
  ['orderNumber', 'refundNumber', 'gateway', 'transactionId', 'amount', 'origin'],
);

const DISPUTE_DATA = objectOf(
  {
    orderNumber: {
      ...NULLABLE_TEXT,
      description: 'Null if the disputed money belongs to no order of this service.',
    },
    paymentNumber: TEXT,
    disputeId: { ...TEXT, description: "The gateway's id of the dispute." },
    gateway: TEXT,
    transactionId: TEXT,
    amount: {
      anyOf: [AMOUNT, { type: 'null' }],
      description: 'What is disputed; null if the gateway has not named it.',
    },
    status: { enum: DISPUTE_STATUSES },
    dueBy: {
      type: ['string', 'null'],
      format: 'date-time',
      description: 'Until when the shop can answer.',
    },
    moneyTaken: { type: 'boolean', description: 'The gateway holds the money now.' },
  },
  ['orderNumber', 'disputeId', 'gateway', 'transactionId', 'amount', 'status', 'dueBy', 'moneyTaken'],
);

const DISCREPANCY_DATA = objectOf(
  {
    orderNumber: {
      ...NULLABLE_TEXT,
      description: 'Null if the money or notification belongs to no order of this service.',
    },
    paymentNumber: TEXT,
    id: { ...TEXT, description: 'The id of the discrepancy, as in `/admin/v1/discrepancies/{id}`.' },
    kind: { enum: CASE_KINDS },
    gateway: TEXT,
    transactionId: NULLABLE_TEXT,
    amount: {
      anyOf: [AMOUNT, { type: 'null' }],
      description: 'The money that came; null if the notification named none.',
    },
    reason: {
      ...NULLABLE_TEXT,
      description:
        'Of an opening: why the notification was refused. Of a resolution: the outcome of an acceptance or an attachment, or why the ' +
        'discrepancy closed by itself.',
    },
    resolution: TEXT,
    reference: NULLABLE_TEXT,
    endedBy: {
      type: 'object',
      required: ['by'],
      properties: { by: { enum: ENDED_BY } },
      additionalProperties: true,
      description:
        'Of a resolution: what has ended the discrepancy, as in `/admin/v1/discrepancies/{id}`. Releases before 0.8.0 do not send it.',
    },
  },
  ['orderNumber', 'kind', 'gateway', 'transactionId'],
);

function objectOf(properties: Schema, required: readonly string[]): Schema {
  return { type: 'object', required, properties };
}
