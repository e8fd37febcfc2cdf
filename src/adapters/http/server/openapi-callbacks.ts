import type { OpenAPIObject } from '@nestjs/swagger';

type Operation = NonNullable<OpenAPIObject['paths'][string]['post']>;

/**
 * Describes `POST /callbacks/{gateway}`. Its body is whatever a gateway sends and its answers are what each gateway expects, so no class
 * describes them.
 */
export function describeCallbacks({ paths, components }: OpenAPIObject, gateways: readonly string[]): void {
  const operation = paths['/callbacks/{gateway}']?.post;
  if (!operation || !components?.schemas) throw new Error('the OpenAPI document has no callbacks');
  components.schemas['StandardWebhooksCallback'] = STANDARD_WEBHOOKS;
  operation.parameters = [
    {
      name: 'gateway',
      in: 'path',
      required: true,
      description: 'A gateway that this service is configured for.',
      schema: { type: 'string', enum: [...gateways] },
    },
  ];
  operation.requestBody = BODY;
  operation.responses = RESPONSES;
}

const ref = (name: string) => ({ $ref: `#/components/schemas/${name}` });
const TEXT = { type: 'string' };

const STANDARD_WEBHOOKS = {
  type: 'object',
  description:
    'What a sender of Standard Webhooks sends to `/callbacks/standard-webhooks`, signed by the headers `webhook-id`, ' +
    '`webhook-timestamp` and `webhook-signature`. A success needs the number, the transaction and the money; the others need the number.',
  required: ['type', 'data'],
  properties: {
    type: { type: 'string', example: 'payment.succeeded' },
    timestamp: { type: 'string', format: 'date-time' },
    data: {
      type: 'object',
      properties: {
        paymentNumber: TEXT,
        transactionId: TEXT,
        amount: { type: 'string', example: '100.00' },
        currency: { type: 'string', example: 'CNY' },
        paidAt: { type: 'string', format: 'date-time' },
        reason: TEXT,
      },
    },
  },
};

const BODY = {
  required: true,
  description:
    'The bytes as the gateway has signed them. The schema of a gateway other than Standard Webhooks is in its own documentation.',
  content: {
    'application/json': {
      schema: {
        anyOf: [
          ref('StandardWebhooksCallback'),
          { type: 'object', description: "Stripe's event, or WeChat Pay's notification." },
        ],
      },
    },
    'application/x-www-form-urlencoded': {
      schema: { type: 'object', additionalProperties: TEXT, description: "Alipay's notification." },
    },
  },
};

const gatewayReply = (description: string) => ({
  description,
  content: {
    'application/json': { schema: { type: 'object' } },
    'text/plain': { schema: TEXT },
  },
});

const RESPONSES: Operation['responses'] = {
  200: {
    description: 'Stored, whatever the outcome is. Alipay gets exactly `success`, the others JSON.',
    content: {
      'application/json': {
        schema: {
          type: 'object',
          required: ['received'],
          properties: { received: { type: 'boolean', enum: [true] } },
        },
      },
      'text/plain': { schema: { type: 'string', enum: ['success'] } },
    },
  },
  204: { description: 'Stored (WeChat Pay).' },
  400: gatewayReply(
    'The request cannot be read, for example because its body is compressed. Nothing is stored.',
  ),
  401: gatewayReply('The signature is not valid. Nothing is stored.'),
  404: {
    description: 'There is no such gateway, or it is not configured.',
    content: { 'application/problem+json': { schema: ref('ProblemDocument') } },
  },
  413: {
    description: 'The body is larger than 256 KiB. Nothing is stored.',
    content: { 'application/problem+json': { schema: ref('ProblemDocument') } },
  },
  503: {
    ...gatewayReply('Temporarily unavailable; the callback is not stored. Send it again.'),
    headers: { 'Retry-After': { description: 'Seconds.', schema: { type: 'integer' } } },
  },
};
