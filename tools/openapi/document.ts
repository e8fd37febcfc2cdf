import { NestFactory } from '@nestjs/core';
import type { OpenAPIObject } from '@nestjs/swagger';
import { GATEWAYS } from '../../src/adapters/gateways/registry.js';
import { apiDocument } from '../../src/adapters/http/server/openapi.js';
import { createServer } from '../../src/adapters/http/server/server.js';
import { AppModule } from '../../src/composition/app.module.js';
import { loadConfig } from '../../src/config/load.js';

/** Where the document of the last release is, for users and for the comparison with the running one. */
export const DOCUMENT_FILE = 'docs/reference/openapi.json';

/** The OpenAPI document of this source, with every gateway. Nothing is started: the preview of Nest makes no instances. */
export async function openApiDocument(): Promise<OpenAPIObject> {
  const config = { ...loadConfig({}), databaseUrl: 'postgres://127.0.0.1/none' };
  const module = AppModule.with(config, GATEWAYS, { now: () => new Date() });
  const server = createServer({ trustProxy: false });
  const app = await NestFactory.create(module, server, { preview: true, logger: false, abortOnError: false });
  const document = apiDocument(
    app,
    GATEWAYS.map(({ name }) => name),
  );
  return JSON.parse(JSON.stringify(document)) as OpenAPIObject;
}

export const textOf = (document: OpenAPIObject): string => `${JSON.stringify(document, null, 2)}\n`;
