import type { INestApplication } from '@nestjs/common';
import { DocumentBuilder, SwaggerModule, type OpenAPIObject } from '@nestjs/swagger';

/** Serves the API's description at `/docs-json`, made from the code, and a page to read it at `/docs`. */
export function describeApi(app: INestApplication): OpenAPIObject {
  const settings = new DocumentBuilder()
    .setTitle('Quittance')
    .setDescription(
      'Receives payment gateways’ callbacks, verifies them and settles each exactly once. ' +
        'Errors of the admin API are RFC 9457 problems; lists come newest first.',
    )
    .setVersion('1')
    .addSecurity('bearer', { type: 'http', scheme: 'bearer' })
    .build();
  const document = SwaggerModule.createDocument(app, settings);
  SwaggerModule.setup('docs', app, document, { jsonDocumentUrl: 'docs-json', raw: ['json'] });
  return document;
}
