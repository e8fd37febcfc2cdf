import type { OpenAPIObject } from '@nestjs/swagger';
import { CASE_KINDS } from '../../../../domain/cases/kinds.js';
import { PUBLISHED_TYPES, type PublishedType } from '../../../../domain/events/published-event.js';
import { ORDER_MOVES, ORDER_STATUSES } from '../../../../domain/orders/order.js';
import { PAYMENT_STATUSES } from '../../../../domain/payments/payment.js';

/** The requests that are sent to webhook endpoints, for the section `webhooks` of the OpenAPI document. */
export function webhooksSection(): NonNullable<OpenAPIObject['webhooks']> {
  return Object.fromEntries(
    PUBLISHED_TYPES.map((type) => {
      const requestBody = { required: true, content: { 'application/json': { schema: payloadOf(type) } } };
      const summary = `Sent after ${type} has happened`;
      const post = { tags: ['events'], summary, description: DESCRIPTION, parameters: HEADERS, requestBody };
      return [type, { post: { ...post, responses: RESPONSES } }];
    }),
  );
}

const DESCRIPTION =
  'Sent at least once. The events of one order are sent in order. Signed as Standard Webhooks require. ' +
  '`webhook-id` is the same each time the event is sent. JetStream carries the same data as CloudEvents.';

const RESPONSES = {
  '2XX': { description: 'The event was received.' },
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

function payloadOf(type: PublishedType): Schema {
  const timestamp = { type: 'string', format: 'date-time', description: 'When it happened.' };
  return objectOf({ type: { const: type }, timestamp, data: dataOf(type) }, ['type', 'timestamp', 'data']);
}

function dataOf(type: PublishedType): Schema {
  if (type.startsWith('order.')) return ORDER_DATA;
  return type.startsWith('payment.') ? PAYMENT_DATA : DISCREPANCY_DATA;
}

const ORDER_DATA = objectOf(
  {
    orderNumber: TEXT,
    paymentNumber: { ...TEXT, description: 'The payment that changed the status, if a payment did.' },
    from: { enum: ORDER_STATUSES },
    to: { enum: ORDER_STATUSES },
    move: { enum: Object.keys(ORDER_MOVES) },
  },
  ['orderNumber', 'from', 'to', 'move'],
);

const PAYMENT_DATA = objectOf(
  {
    orderNumber: TEXT,
    paymentNumber: TEXT,
    from: { enum: PAYMENT_STATUSES },
    transactionId: { ...TEXT, description: "The gateway's transaction id of a payment that succeeded." },
    amount: AMOUNT,
    reason: TEXT,
  },
  ['orderNumber', 'paymentNumber', 'from'],
);

const DISCREPANCY_DATA = objectOf(
  {
    orderNumber: {
      ...NULLABLE_TEXT,
      description: 'Null if the money or notification belongs to no order of this service.',
    },
    paymentNumber: TEXT,
    kind: { enum: CASE_KINDS },
    gateway: TEXT,
    transactionId: NULLABLE_TEXT,
    reason: TEXT,
    resolution: TEXT,
    reference: NULLABLE_TEXT,
  },
  ['orderNumber', 'kind', 'gateway', 'transactionId'],
);

function objectOf(properties: Schema, required: readonly string[]): Schema {
  return { type: 'object', required, properties };
}
