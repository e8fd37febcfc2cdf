import type { INestApplication } from '@nestjs/common';
import { DocumentBuilder, type OpenAPIObject, SwaggerModule } from '@nestjs/swagger';
import { Gateways } from '../../gateways/registry.js';
import { webhooksSection } from '../admin/events/webhooks-section.js';
import { describeCallbacks } from './openapi-callbacks.js';
import { nameEvents } from './openapi-events.js';
import { completeOperations } from './openapi-operations.js';
import { ProblemDocument } from './problem-document.js';

/** Serves the OpenAPI document, which is made from the code, at `/docs-json`, and a page that shows it at `/docs`. */
export function describeApi(app: INestApplication): OpenAPIObject {
  const document = apiDocument(app, app.get(Gateways).names);
  SwaggerModule.setup('docs', app, document, { jsonDocumentUrl: 'docs-json', raw: ['json'] });
  return document;
}

/** The OpenAPI document of an application. Of the application only the routes are looked at, so nothing of it needs to run. */
export function apiDocument(app: INestApplication, gateways: readonly string[]): OpenAPIObject {
  const made = SwaggerModule.createDocument(app, settings(), { extraModels: [ProblemDocument] });
  const document = withoutNullable(made) as OpenAPIObject;
  completeOperations(document);
  describeCallbacks(document, gateways);
  listGateways(document, gateways);
  return { ...document, webhooks: nameEvents(document, webhooksSection()) };
}

function settings(): Omit<OpenAPIObject, 'paths'> {
  const builder = new DocumentBuilder()
    .setTitle('Quittance')
    .setDescription(
      'Receives the callbacks of payment gateways, verifies them and settles each exactly once. ' +
        'Errors of the admin API are RFC 9457 problems with a `code`. Lists are sorted newest first. ' +
        'The length of text is counted in Unicode code points, as `maxLength` is. ' +
        'Clients must accept unknown fields, and unknown values of fields with a list of values: later releases may add both.',
    )
    .setVersion('1')
    .setLicense('Apache-2.0', 'https://www.apache.org/licenses/LICENSE-2.0')
    .setOpenAPIVersion('3.1.0')
    .addServer('/', 'The service that has served this document.')
    .addSecurity('bearer', {
      type: 'http',
      scheme: 'bearer',
      description: 'A token of `ADMIN_TOKENS`. Its role is `viewer` or `operator`.',
    });
  for (const [name, description] of Object.entries(TAGS)) builder.addTag(name, description);
  return builder.build();
}

/** The groups of operations. */
const TAGS = {
  orders: 'Places orders, opens their payments and changes their status.',
  payments:
    'Shows payments and their logs. A gateway changes their status, and the shop may report two moves.',
  inbox: 'Shows, explains and replays stored callbacks, and lists refused requests.',
  refunds: 'Money that goes back to the customer.',
  discrepancies: 'Money and messages that an operator has to look after.',
  disputes: 'Money that customers demand back through their banks.',
  events: 'Endpoints that receive events, and the deliveries to them.',
  callbacks: 'Where payment gateways send their callbacks.',
  operations: 'Health and metrics. They need no token, and must not be reachable from the internet.',
};

/** Adds the gateways that are on. Decorators cannot name them: they run on import, before the gateways are known. */
function listGateways({ components }: OpenAPIObject, names: readonly string[]): void {
  for (const body of ['PaymentBody', 'OrderPaymentBody']) {
    const schema = components?.schemas?.[body];
    if (!schema || !('properties' in schema) || !schema.properties?.['gateway'])
      throw new Error(`the OpenAPI document has no gateway in ${body}`);
    Object.assign(schema.properties['gateway'], { enum: names });
  }
}

/** Nest writes `nullable`, which is OpenAPI 3.0. OpenAPI 3.1, which has webhooks, expresses it by `type`. */
function withoutNullable(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutNullable);
  if (typeof value !== 'object' || value === null) return value;
  const { nullable, ...rest } = value as { nullable?: unknown; type?: unknown; enum?: unknown[] };
  const plain = Object.fromEntries(Object.entries(rest).map(([key, inner]) => [key, withoutNullable(inner)]));
  if (nullable !== true) return nullable === undefined || nullable === false ? plain : { ...plain, nullable };
  if (plain.type === undefined) return { anyOf: [plain, { type: 'null' }] };
  return { ...plain, type: [plain.type, 'null'], ...(rest.enum ? { enum: [...rest.enum, null] } : {}) };
}
