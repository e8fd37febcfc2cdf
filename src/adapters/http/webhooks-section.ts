import type { OpenAPIObject } from '@nestjs/swagger';
import { DISCREPANCY_KINDS } from '../../domain/discrepancy.js';
import { ORDER_MOVES, ORDER_STATUSES } from '../../domain/order.js';
import { PAYMENT_STATUSES } from '../../domain/payment.js';
import { PUBLISHED_TYPES, type PublishedType } from '../../domain/published-event.js';

type Schema = Readonly<Record<string, unknown>>;

const TEXT = { type: 'string' };
const MAYBE_TEXT = { type: ['string', 'null'] };
const AMOUNT = { $ref: '#/components/schemas/MoneyDocument' };

const ORDER_DATA = objectOf(
  {
    orderNumber: TEXT,
    paymentNumber: { ...TEXT, description: 'The payment that has moved the order, where one has.' },
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
    transactionId: { ...TEXT, description: "The gateway's, of a payment that succeeded." },
    amount: AMOUNT,
    reason: TEXT,
  },
  ['orderNumber', 'paymentNumber', 'from'],
);

const DISCREPANCY_DATA = objectOf(
  {
    orderNumber: {
      ...MAYBE_TEXT,
      description: 'Null where the money or message belongs to no order of ours.',
    },
    paymentNumber: TEXT,
    kind: { enum: DISCREPANCY_KINDS },
    gateway: TEXT,
    transactionId: MAYBE_TEXT,
    reason: TEXT,
    resolution: TEXT,
    reference: MAYBE_TEXT,
  },
  ['orderNumber', 'kind', 'gateway', 'transactionId'],
);

const DESCRIPTION =
  'At least once, and in order for each order. Signed as Standard Webhooks; webhook-id is the same whenever the event is sent again. ' +
  'JetStream carries the same data as CloudEvents.';

const HEADERS = ['webhook-id', 'webhook-timestamp', 'webhook-signature'].map((name) => ({
  name,
  in: 'header' as const,
  required: true,
  schema: TEXT,
}));

const RESPONSES = {
  '2XX': { description: 'The event has arrived.' },
  '410': { description: 'No more events are wanted: the endpoint is paused at once.' },
  default: { description: 'It is sent again, after 5 seconds first and for three days at most.' },
};

/** What is sent to webhook endpoints, for OpenAPI's section of that name. */
export function webhooksSection(): NonNullable<OpenAPIObject['webhooks']> {
  return Object.fromEntries(
    PUBLISHED_TYPES.map((type) => {
      const requestBody = { required: true, content: { 'application/json': { schema: payloadOf(type) } } };
      const summary = `Sent when ${type} has happened`;
      const post = { tags: ['events'], summary, description: DESCRIPTION, parameters: HEADERS, requestBody };
      return [type, { post: { ...post, responses: RESPONSES } }];
    }),
  );
}

function payloadOf(type: PublishedType): Schema {
  const data = type.startsWith('order.')
    ? ORDER_DATA
    : type.startsWith('payment.')
      ? PAYMENT_DATA
      : DISCREPANCY_DATA;
  const timestamp = { type: 'string', format: 'date-time', description: 'When it happened.' };
  return objectOf({ type: { const: type }, timestamp, data }, ['type', 'timestamp', 'data']);
}

function objectOf(properties: Schema, required: readonly string[]): Schema {
  return { type: 'object', required, properties };
}

/** OpenAPI 3.1, which has webhooks, says by `type` what 3.0 said by `nullable`. */
export function withoutNullable(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutNullable);
  if (typeof value !== 'object' || value === null) return value;
  const { nullable, ...rest } = value as { nullable?: unknown; type?: unknown; enum?: unknown[] };
  const plain = Object.fromEntries(Object.entries(rest).map(([key, inner]) => [key, withoutNullable(inner)]));
  if (nullable !== true) return nullable === undefined || nullable === false ? plain : { ...plain, nullable };
  if (plain.type === undefined) return { anyOf: [plain, { type: 'null' }] };
  return { ...plain, type: [plain.type, 'null'], ...(rest.enum ? { enum: [...rest.enum, null] } : {}) };
}
