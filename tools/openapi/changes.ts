/** As much of an OpenAPI document as a comparison looks at. */
export interface Document {
  readonly paths: Readonly<Record<string, PathItem>>;
  readonly webhooks?: Readonly<Record<string, PathItem>>;
  readonly components?: {
    readonly schemas?: Readonly<Record<string, Schema>>;
    readonly responses?: Readonly<Record<string, unknown>>;
  };
}

const METHODS = ['get', 'put', 'post', 'delete', 'patch'] as const;
type PathItem = Readonly<Partial<Record<(typeof METHODS)[number], unknown>>>;

interface Operation {
  readonly operationId?: string;
  readonly 'x-role'?: string;
  readonly parameters?: readonly Parameter[];
  readonly requestBody?: Body;
  readonly responses?: Readonly<Record<string, Response>>;
}

type Response = Partial<Body> & { readonly $ref?: string };

interface Parameter {
  readonly name: string;
  readonly in: string;
  readonly required?: boolean;
  readonly schema?: Schema;
}

interface Body {
  readonly required?: boolean;
  readonly content: Readonly<Record<string, { readonly schema?: Schema }>>;
}

interface Schema {
  readonly $ref?: string;
  readonly type?: string | readonly string[];
  readonly format?: string;
  readonly const?: unknown;
  readonly enum?: readonly unknown[];
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly required?: readonly string[];
  readonly items?: Schema;
  readonly allOf?: readonly Schema[];
  readonly anyOf?: readonly Schema[];
  readonly oneOf?: readonly Schema[];
}

/** Whether clients send the value, or receive it. What breaks them depends on it. */
type Direction = 'sent' | 'received';

/** A value at a place of the document, before and after. */
interface Pair<T> {
  readonly where: string;
  readonly before: T;
  readonly after: T;
}

/**
 * What breaks a client that was written or generated for the document before: one sentence for each change. Additions that a client may
 * ignore are not among them.
 */
export function breakingChanges(before: Document, after: Document): string[] {
  const compare = new Comparison(before, after);
  const webhooks = { where: 'webhook ', before: before.webhooks ?? {}, after: after.webhooks ?? {} };
  compare.operations({ where: '', before: before.paths, after: after.paths }, 'sent');
  compare.operations(webhooks, 'received');
  return [...new Set(compare.found)];
}

class Comparison {
  readonly found: string[] = [];
  /** Pairs of named schemas that are being compared: a schema may contain itself. */
  private readonly open = new Set<string>();

  constructor(
    private readonly documentBefore: Document,
    private readonly documentAfter: Document,
  ) {}

  /** @param body of a request: clients send that of an operation, and receive that of a webhook. */
  operations({ where, before, after }: Pair<Readonly<Record<string, PathItem>>>, body: Direction): void {
    for (const [path, item] of Object.entries(before))
      for (const method of METHODS) {
        const old = item[method] as Operation | undefined;
        const now = after[path]?.[method] as Operation | undefined;
        const name = `${where}${method.toUpperCase()} ${path}`;
        if (old && !now) this.found.push(`${name} was removed`);
        if (old && now) this.operation({ where: name, before: old, after: now }, body);
      }
  }

  private operation({ where, before, after }: Pair<Operation>, body: Direction): void {
    if (before.operationId !== undefined && before.operationId !== after.operationId)
      this.found.push(`${where}: the operation id ${before.operationId} was changed to ${after.operationId}`);
    if (before['x-role'] === 'viewer' && after['x-role'] !== 'viewer')
      this.found.push(`${where}: a viewer may not use it any more`);
    this.parameters({ where, before: before.parameters ?? [], after: after.parameters ?? [] });
    this.requestBody({ where, before, after }, body);
    this.responses({ where, before: before.responses ?? {}, after: after.responses ?? {} });
  }

  private parameters({ where, before, after }: Pair<readonly Parameter[]>): void {
    const same = (one: Parameter) => (other: Parameter) => one.name === other.name && one.in === other.in;
    for (const old of before) {
      const name = `${where}: the ${old.in} parameter ${old.name}`;
      const now = after.find(same(old));
      if (!now) this.found.push(`${name} was removed`);
      else this.schema({ where: name, before: old.schema ?? {}, after: now.schema ?? {} }, 'sent');
      if (now?.required && !old.required) this.found.push(`${name} is required now`);
    }
    for (const now of after.filter((each) => each.required && !before.some(same(each))))
      this.found.push(`${where}: the ${now.in} parameter ${now.name} is new and required`);
  }

  private requestBody({ where, before, after }: Pair<Operation>, direction: Direction): void {
    const name = `${where}: the body`;
    const [old, now] = [before.requestBody, after.requestBody];
    if (old && !now) this.found.push(`${name} was removed`);
    if (now?.required && !old?.required) this.found.push(`${name} is required now`);
    if (old && now) this.content({ where: name, before: old.content, after: now.content }, direction);
  }

  private responses({ where, before, after }: Pair<NonNullable<Operation['responses']>>): void {
    for (const [status, old] of Object.entries(before)) {
      const name = `${where}: the answer ${status}`;
      const now = after[status];
      if (!now) this.found.push(`${name} was removed`);
      else
        this.content(
          {
            where: name,
            before: contentOf(old, this.documentBefore),
            after: contentOf(now, this.documentAfter),
          },
          'received',
        );
    }
  }

  private content({ where, before, after }: Pair<Body['content']>, direction: Direction): void {
    for (const [media, old] of Object.entries(before)) {
      const now = after[media];
      if (!now) this.found.push(`${where} as ${media} was removed`);
      else this.schema({ where, before: old.schema ?? {}, after: now.schema ?? {} }, direction);
    }
  }

  private schema({ where, before, after }: Pair<Schema>, direction: Direction): void {
    const refs = `${direction} ${before.$ref} ${after.$ref}`;
    const isNamed = before.$ref !== undefined && after.$ref !== undefined;
    if (isNamed && this.open.has(refs)) return;
    if (isNamed) this.open.add(refs);
    const old = merged(before, this.documentBefore);
    const now = merged(after, this.documentAfter);
    this.types({ where, before: old, after: now }, direction);
    this.values({ where, before: old, after: now }, direction);
    this.properties({ where, before: old, after: now }, direction);
    if (old.items && now.items)
      this.schema({ where: `${where}[]`, before: old.items, after: now.items }, direction);
    this.variants({ where, before: old, after: now }, direction);
    if (isNamed) this.open.delete(refs);
  }

  /** Of what clients send, no type may go; of what they receive, none may be added. */
  private types({ where, before, after }: Pair<Schema>, direction: Direction): void {
    const [old, now] = [typesOf(before), typesOf(after)];
    const text = (types: readonly string[]) => types.join(' or ') || 'any value';
    const isBroken =
      direction === 'sent'
        ? now.length > 0 && (old.length === 0 || old.some((each) => !now.includes(each)))
        : old.length > 0 && (now.length === 0 || now.some((each) => !old.includes(each)));
    if (isBroken) this.found.push(`${where} was ${text(old)} and is ${text(now)}`);
    if (before.format !== after.format && (direction === 'received' ? before.format : after.format))
      this.found.push(`${where} had the format ${before.format} and has ${after.format}`);
  }

  /** A list that names what clients receive tells them more than before. One that limits what they send refuses some. */
  private values({ where, before, after }: Pair<Schema>, direction: Direction): void {
    const [old, now] = [valuesOf(before), valuesOf(after)];
    if (direction === 'sent' && !old && now) this.found.push(`${where} has a list of values now`);
    if (direction === 'received' && old && !now) this.found.push(`${where} has no list of values any more`);
    for (const value of old ?? [])
      if (now && !now.includes(value))
        this.found.push(`${where}: the value ${JSON.stringify(value)} was removed`);
  }

  private properties({ where, before, after }: Pair<Schema>, direction: Direction): void {
    const [old, now] = [before.properties ?? {}, after.properties ?? {}];
    const wasRequired = new Set(before.required);
    const isRequired = new Set(after.required);
    for (const [name, schema] of Object.entries(old)) {
      const field = `${where}: the field ${name}`;
      if (!now[name]) this.found.push(`${field} was removed`);
      else this.schema({ where: field, before: schema, after: now[name] }, direction);
      if (now[name] && direction === 'received' && wasRequired.has(name) && !isRequired.has(name))
        this.found.push(`${field} may be absent now`);
    }
    if (direction === 'received') return;
    for (const name of isRequired)
      if (!wasRequired.has(name)) this.found.push(`${where}: the field ${name} is required now`);
  }

  /** Alternatives are compared by their place: they are rare, and each has a name. */
  private variants({ where, before, after }: Pair<Schema>, direction: Direction): void {
    const [old, now] = [variantsOf(before), variantsOf(after)];
    if (old.length === 0 && now.length === 0) return;
    if (now.length < old.length) this.found.push(`${where}: an alternative was removed`);
    if (direction === 'received' && now.length > old.length && old.length > 0)
      this.found.push(`${where}: an alternative was added`);
    for (const [index, schema] of old.entries())
      if (now[index]) this.schema({ where, before: schema, after: now[index] }, direction);
  }
}

function contentOf({ $ref, content = {} }: Response, { components }: Document): Body['content'] {
  if ($ref === undefined) return content;
  const target = components?.responses?.[$ref.replace('#/components/responses/', '')];
  return (target as Response | undefined)?.content ?? {};
}

/** The schema behind a reference, with all parts of an `allOf` in one. */
function merged(schema: Schema, document: Document): Schema {
  if (schema.$ref !== undefined) {
    const target = document.components?.schemas?.[schema.$ref.replace('#/components/schemas/', '')];
    return target ? merged(target, document) : {};
  }
  const parts = (schema.allOf ?? []).map((part) => merged(part, document));
  return parts.reduce<Schema>(
    (whole, part) => ({
      ...part,
      ...whole,
      properties: { ...whole.properties, ...part.properties },
      required: [...(whole.required ?? []), ...(part.required ?? [])],
    }),
    schema,
  );
}

const typesOf = ({ type }: Schema): readonly string[] =>
  type === undefined ? [] : typeof type === 'string' ? [type] : type;

const valuesOf = (schema: Schema): readonly unknown[] | undefined =>
  'const' in schema ? [schema.const] : schema.enum;

const variantsOf = ({ anyOf, oneOf }: Schema): readonly Schema[] => anyOf ?? oneOf ?? [];
