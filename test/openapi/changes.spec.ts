import { describe, expect, test } from '@jest/globals';
import { readFileSync } from 'node:fs';
import { breakingChanges, type Document } from '../../tools/openapi/changes.js';
import { DOCUMENT_FILE, openApiDocument, textOf } from '../../tools/openapi/document.js';
import { REFERENCE_FILE, referencePage } from '../../tools/openapi/reference.js';

const released = (): Document => JSON.parse(readFileSync(DOCUMENT_FILE, 'utf8')) as Document;

test('nothing that clients rely on was removed or changed since docs/reference/openapi.json, and it is up to date', async () => {
  const running = await openApiDocument();
  const breaking = breakingChanges(released(), running);
  const advice =
    'If that is meant, run npm run openapi and npm run client, and name each change in CHANGELOG.md.';
  expect({ breaking, advice }).toEqual({ breaking: [], advice });
  const page = readFileSync(REFERENCE_FILE, 'utf8');
  const isCurrent =
    readFileSync(DOCUMENT_FILE, 'utf8') === textOf(running) && referencePage(page, running) === page;
  expect(isCurrent ? '' : 'The API has additions: run npm run openapi and npm run client.').toBe('');
});

describe('a change that breaks clients is named', () => {
  type Change = (document: AnyObject) => void;
  // The test changes JSON of any shape.
  type AnyObject = ReturnType<typeof JSON.parse>;

  const CHANGES: [string, string, Change][] = [
    [
      'a removed path',
      'GET /admin/v1/rejections was removed',
      (each) => delete each.paths['/admin/v1/rejections'],
    ],
    [
      'a removed operation',
      'GET /admin/v1/orders was removed',
      (each) => delete each.paths['/admin/v1/orders'].get,
    ],
    [
      'another operation id',
      'POST /admin/v1/orders: the operation id placeOrder was changed to createOrder',
      (each) => (each.paths['/admin/v1/orders'].post.operationId = 'createOrder'),
    ],
    [
      'a route that viewers may not use any more',
      'GET /admin/v1/orders: a viewer may not use it any more',
      (each) => (each.paths['/admin/v1/orders'].get['x-role'] = 'operator'),
    ],
    [
      'a removed filter',
      'GET /admin/v1/orders: the query parameter customerId was removed',
      (each) => {
        const { get } = each.paths['/admin/v1/orders'];
        get.parameters = get.parameters.filter(({ name }: { name: string }) => name !== 'customerId');
      },
    ],
    [
      'a new required parameter',
      'GET /admin/v1/orders: the query parameter shop is new and required',
      (each) =>
        each.paths['/admin/v1/orders'].get.parameters.push({
          name: 'shop',
          in: 'query',
          required: true,
          schema: { type: 'string' },
        }),
    ],
    [
      'a field that requests need now',
      'POST /admin/v1/orders: the body: the field customerId is required now',
      (each) => each.components.schemas.OrderBody.required.push('customerId'),
    ],
    [
      'a field that requests must not have any more',
      'POST /admin/v1/orders: the body: the field customerId was removed',
      (each) => delete each.components.schemas.OrderBody.properties.customerId,
    ],
    [
      'a field that is missing in answers',
      'GET /admin/v1/payments/{paymentNumber}: the answer 200: the field expiresAt was removed',
      (each) => delete each.components.schemas.PaymentDocument.properties.expiresAt,
    ],
    [
      'a field of answers with another type',
      'GET /admin/v1/payments/{paymentNumber}: the answer 200: the field expiresAt was string and is integer',
      (each) => (each.components.schemas.PaymentDocument.properties.expiresAt.type = 'integer'),
    ],
    [
      'a field of answers that may be null now',
      'GET /admin/v1/payments/{paymentNumber}: the answer 200: the field expiresAt was string and is string or null',
      (each) => (each.components.schemas.PaymentDocument.properties.expiresAt.type = ['string', 'null']),
    ],
    [
      'a field that may be absent in answers',
      'GET /admin/v1/payments/{paymentNumber}: the answer 200: the field expiresAt may be absent now',
      (each) => {
        const { PaymentDocument: payment } = each.components.schemas;
        payment.required = payment.required.filter((name: string) => name !== 'expiresAt');
      },
    ],
    [
      'a value that answers have no more',
      'GET /admin/v1/payments/{paymentNumber}: the answer 200: the field status: the value "expired" was removed',
      (each) => {
        const { status } = each.components.schemas.PaymentDocument.properties;
        status.enum = status.enum.filter((value: string) => value !== 'expired');
      },
    ],
    [
      'a filter that takes only some values now',
      'GET /admin/v1/orders: the query parameter customerId has a list of values now',
      (each) => {
        const { parameters } = each.paths['/admin/v1/orders'].get;
        parameters.find(({ name }: { name: string }) => name === 'customerId').schema.enum = ['c-1'];
      },
    ],
    [
      'a code that problems have no more',
      'POST /admin/v1/orders: the answer 409: the field code: the value "number_taken" was removed',
      (each) => {
        const text = JSON.stringify(each.components.responses).replaceAll('"number_taken"', '"taken"');
        each.components.responses = JSON.parse(text);
      },
    ],
    [
      'a status that an operation has no more',
      'POST /admin/v1/orders: the answer 409 was removed',
      (each) => delete each.paths['/admin/v1/orders'].post.responses['409'],
    ],
    [
      'an event that is not sent any more',
      'webhook POST order.paid was removed',
      (each) => delete each.webhooks['order.paid'],
    ],
    [
      'a field that an event has no more',
      'webhook POST order.paid: the body: the field data: the field orderNumber was removed',
      (each) => delete each.components.schemas.OrderPaidEvent.properties.data.properties.orderNumber,
    ],
  ];

  test.each(CHANGES)('%s: %s', (_, sentence, change) => {
    const changed = released();
    change(changed);
    expect(breakingChanges(released(), changed)).toContain(sentence);
  });

  test('additions break nothing', () => {
    const changed = released() as AnyObject;
    changed.paths['/admin/v1/new'] = changed.paths['/admin/v1/rejections'];
    changed.paths['/admin/v1/orders'].get.parameters.push({ name: 'shop', in: 'query', schema: {} });
    changed.components.schemas.OrderBody.properties.shop = { type: 'string' };
    changed.components.schemas.PaymentDocument.properties.shop = { type: 'string' };
    changed.components.schemas.PaymentDocument.properties.status.enum.push('refunded');
    changed.components.schemas.PaymentDocument.properties.gateway.enum = ['stripe'];
    changed.paths['/admin/v1/orders'].post.responses['418'] = { description: 'new' };
    expect(breakingChanges(released(), changed)).toEqual([]);
  });
});
