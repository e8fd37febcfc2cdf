import openapiTS, { astToString } from 'openapi-typescript';
import { readFileSync } from 'node:fs';

const DOCUMENT_FILE = 'docs/reference/openapi.json';
const FOLDER = 'clients/typescript';
const IMPORT = "import type { components } from './schema.js';\n\n";
const HEADER = '// Made by npm run client from docs/reference/openapi.json. Do not edit.\n\n';

/** The files of the TypeScript client that are made from the OpenAPI document, by their paths. */
export async function clientFiles() {
  const document = JSON.parse(readFileSync(DOCUMENT_FILE, 'utf8'));
  const operations = operationsOf(document);
  return new Map([
    [`${FOLDER}/schema.d.ts`, HEADER + astToString(await openapiTS(document))],
    [`${FOLDER}/operations.js`, HEADER + operationsSource(operations)],
    [`${FOLDER}/operations.d.ts`, HEADER + IMPORT + operationsTypes(operations) + eventTypes(document)],
  ]);
}

/** What a shop and its operators call. Gateways send callbacks, and Prometheus reads the metrics. */
function operationsOf({ paths }) {
  const all = Object.entries(paths).flatMap(([path, item]) =>
    Object.entries(item).map(([method, { operationId, summary, requestBody }]) => {
      const needsBody = requestBody?.required === true;
      return { id: operationId, method: method.toUpperCase(), path, summary, needsBody };
    }),
  );
  return all
    .filter(({ path }) => path.startsWith('/admin/') || path.startsWith('/health/'))
    .toSorted((left, right) => (left.id < right.id ? -1 : 1));
}

function operationsSource(operations) {
  const lines = operations.map(
    ({ id, method, path, needsBody }) =>
      `  ${id}: { method: '${method}', path: '${path}'${needsBody ? ', needsBody: true' : ''} },`,
  );
  return `export const OPERATIONS = {\n${lines.join('\n')}\n};\n`;
}

function operationsTypes(operations) {
  const lines = operations.map(({ id, summary }) => `  /** ${summary} */\n  readonly ${id}: Operation;`);
  return `interface Operation {
  readonly method: string;
  readonly path: string;
  /** A request without a body is refused. */
  readonly needsBody?: true;
}

export declare const OPERATIONS: {
${lines.join('\n')}
};
`;
}

function eventTypes({ webhooks }) {
  const names = Object.values(webhooks).map(({ post }) =>
    post.requestBody.content['application/json'].schema.$ref.split('/').at(-1),
  );
  const lines = names.map((name) => `  | components['schemas']['${name}']`);
  return `
/** The body of a request to a webhook endpoint. */
export type WebhookEvent =
${lines.join('\n')};
`;
}
