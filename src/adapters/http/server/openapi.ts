import type { INestApplication } from '@nestjs/common';
import { DocumentBuilder, type OpenAPIObject, SwaggerModule } from '@nestjs/swagger';
import { Gateways } from '../../gateways/registry.js';
import { webhooksSection } from '../admin/events/webhooks-section.js';

/** Serves the OpenAPI document, which is made from the code, at `/docs-json`, and a page that shows it at `/docs`. */
export function describeApi(app: INestApplication): OpenAPIObject {
  const settings = new DocumentBuilder()
    .setTitle('Quittance')
    .setDescription(
      'Receives the callbacks of payment gateways, verifies them and settles each exactly once. ' +
        'Errors of the admin API are RFC 9457 problems. Lists are sorted newest first.',
    )
    .setVersion('1')
    .setOpenAPIVersion('3.1.0')
    .addSecurity('bearer', { type: 'http', scheme: 'bearer' })
    .build();
  const described = withoutNullable(SwaggerModule.createDocument(app, settings)) as OpenAPIObject;
  listGateways(described, app.get(Gateways).names);
  const document = { ...described, webhooks: webhooksSection() };
  SwaggerModule.setup('docs', app, document, { jsonDocumentUrl: 'docs-json', raw: ['json'] });
  return document;
}

/** Adds the gateways that are on. Decorators cannot name them: they run on import, before the gateways are known. */
function listGateways({ paths, components }: OpenAPIObject, names: readonly string[]): void {
  const ofPath = paths['/callbacks/{gateway}']?.post?.parameters?.find(
    (parameter) => 'name' in parameter && parameter.name === 'gateway',
  );
  const ofPayment = components?.schemas?.['PaymentBody'];
  if (!ofPath || !('schema' in ofPath) || !ofPayment || !('properties' in ofPayment))
    throw new Error('the OpenAPI document has no gateway in the path of callbacks, or none in PaymentBody');
  Object.assign(ofPath.schema!, { enum: names });
  Object.assign(ofPayment.properties!['gateway']!, { enum: names });
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
