import type { OpenAPIObject } from '@nestjs/swagger';
import { Ajv2020 } from 'ajv/dist/2020.js';
import type { Reply } from './service.js';

/** Finds what an answer has and the OpenAPI document does not say. */
export type Check = (method: string, path: string, reply: Reply) => string[];

type Response = { readonly $ref?: string; readonly content?: Readonly<Record<string, object>> };
type Validate = ((value: unknown) => boolean) & {
  errors?: { instancePath: string; message?: string }[] | null;
};

/** A check for the answers of documented operations: the status, the code of a problem, and every field. */
export function documentedBy(document: OpenAPIObject): Check {
  const ajv = new Ajv2020({ strict: false, validateFormats: false });
  ajv.addSchema(withoutOtherFields({ ...document, $id: 'api' }));
  const validators = new Map<string, Validate>();
  const routes = Object.entries(document.paths).map(([path, item]) => {
    return { path, item, pattern: new RegExp(`^${path.replace(/\{\w+\}/g, '[^/]+')}$`) };
  });

  return (method, path, { status, headers, text, body = text }) => {
    const route = routes.find(({ pattern }) => pattern.test(path.split('?')[0]!));
    const verb = method.toLowerCase() as 'get';
    const operation = route?.item[verb];
    if (!route || !operation) return [];
    const name = `${method} ${route.path} ${status}`;
    if (!operation.responses[status]) return [`${name} is not documented`];
    const response = operation.responses[status] as Response;
    const media = headers.get('content-type')?.split(';')[0] ?? '';
    const pointer = response.$ref ?? `#/paths/${escaped(route.path)}/${verb}/responses/${status}`;
    const key = `api${pointer}/content/${escaped(media)}/schema`;
    if (!validators.has(key)) validators.set(key, ajv.getSchema(key) as Validate);
    const validate = validators.get(key);
    if (!validate) return [`${name} is documented without ${media}`];
    if (validate(body)) return [];
    return validate.errors!.map(({ instancePath, message }) => `${name}: ${instancePath} ${message}`);
  };
}

/** A part of a JSON pointer in a URI. */
const escaped = (part: string): string =>
  encodeURIComponent(part.replaceAll('~', '~0').replaceAll('/', '~1'));

/** Clients must accept unknown fields. These tests must not, so that each field is documented. */
function withoutOtherFields(value: unknown): object {
  if (Array.isArray(value)) return value.map((each) => (isObject(each) ? withoutOtherFields(each) : each));
  const fields = Object.entries(value as object).map(([name, inner]) => [
    name,
    isObject(inner) ? withoutOtherFields(inner) : (inner as unknown),
  ]);
  const made = Object.fromEntries(fields) as Record<string, unknown>;
  // The parts of an `allOf`, of which problems are made, cannot know each other's fields.
  if (Array.isArray(made.allOf)) return { ...made, unevaluatedProperties: false };
  const isWhole = isObject(made.properties) && made.type === 'object' && !('code' in made.properties);
  return isWhole && !('additionalProperties' in made) ? { ...made, additionalProperties: false } : made;
}

const isObject = (value: unknown): value is object => typeof value === 'object' && value !== null;
