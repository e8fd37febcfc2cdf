import type { INestApplication } from '@nestjs/common';
import { DocumentBuilder, SwaggerModule, type OpenAPIObject } from '@nestjs/swagger';
import { webhooksSection, withoutNullable } from './webhooks-section.js';

/** Serves the API's description at `/docs-json`, made from the code, and a page to read it at `/docs`. */
export function describeApi(app: INestApplication): OpenAPIObject {
  const settings = new DocumentBuilder()
    .setTitle('Quittance')
    .setDescription(
      'Receives payment gateways’ callbacks, verifies them and settles each exactly once. ' +
        'Errors of the admin API are RFC 9457 problems; lists come newest first.',
    )
    .setVersion('1')
    .setOpenAPIVersion('3.1.0')
    .addSecurity('bearer', { type: 'http', scheme: 'bearer' })
    .build();
  const described = withoutNullable(SwaggerModule.createDocument(app, settings)) as OpenAPIObject;
  const document = { ...described, webhooks: webhooksSection() };
  SwaggerModule.setup('docs', app, document, { jsonDocumentUrl: 'docs-json', raw: ['json'] });
  return document;
}
