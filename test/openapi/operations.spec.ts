import { beforeAll, describe, expect, test } from '@jest/globals';
import type { OpenAPIObject } from '@nestjs/swagger';
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { GATEWAYS } from '../../src/adapters/gateways/registry.js';
import { PROBLEM_CODES } from '../../src/adapters/http/server/problem-codes.js';
import { PUBLISHED_TYPES } from '../../src/domain/events/published-event.js';
import { ORDER_STATUSES } from '../../src/domain/orders/order.js';
import { PAYMENT_STATUSES } from '../../src/domain/payments/payment.js';
import { openApiDocument } from '../../tools/openapi/document.js';

let document: OpenAPIObject;
beforeAll(async () => {
  document = await openApiDocument();
});

type Operation = NonNullable<OpenAPIObject['paths'][string]['get']> & { readonly 'x-role'?: string };

interface Named {
  readonly name: string;
  readonly isAdmin: boolean;
  readonly operation: Operation;
}

const operations = (): Named[] =>
  Object.entries(document.paths).flatMap(([path, item]) =>
    Object.entries(item).map(([method, operation]) => ({
      name: `${method.toUpperCase()} ${path}`,
      isAdmin: path.startsWith('/admin/'),
      operation: operation as Operation,
    })),
  );

/** The names of the operations for which this is not so. */
const without = (isRight: (named: Named) => boolean): string[] =>
  operations()
    .filter((each) => !isRight(each))
    .map(({ name }) => name);

type Response = { readonly $ref?: string; readonly content?: Readonly<Record<string, { schema?: object }>> };

function responsesOf({ responses }: Operation): [string, Response][] {
  const shared = document.components!.responses as Readonly<Record<string, Response>>;
  return Object.entries(responses).map(([status, response]) => {
    const name = (response as Response).$ref?.replace('#/components/responses/', '');
    return [status, name === undefined ? (response as Response) : shared[name]!];
  });
}

describe('every operation of the OpenAPI document', () => {
  test('has an operation id that begins with a verb in small letters, and that no other operation has', () => {
    expect(without(({ operation }) => /^[a-z]+[A-Z]\w+$/.test(operation.operationId ?? ''))).toEqual([]);
    const ids = operations().map(({ operation }) => operation.operationId);
    expect(new Set(ids).size).toBe(ids.length);
  });

  test('has a summary, and one tag that is described', () => {
    const tags = new Map(document.tags!.map(({ name, description }) => [name, description]));
    expect(without(({ operation }) => Boolean(operation.summary))).toEqual([]);
    expect(
      without(({ operation }) => operation.tags?.length === 1 && Boolean(tags.get(operation.tags[0]!))),
    ).toEqual([]);
  });

  test('of the admin API declares the role that it needs, and says so; no other operation needs a token', () => {
    expect(
      without(
        ({ isAdmin, operation }) => !isAdmin || ['viewer', 'operator'].includes(operation['x-role'] ?? ''),
      ),
    ).toEqual([]);
    expect(
      without(({ isAdmin, operation }) => !isAdmin || /Needs the role `/.test(operation.description ?? '')),
    ).toEqual([]);
    expect(
      without(
        ({ isAdmin, operation }) =>
          JSON.stringify(operation.security) === (isAdmin ? '[{"bearer":[]}]' : '[]'),
      ),
    ).toEqual([]);
  });

  test('that only reads is for viewers; every other one is for operators', () => {
    const forViewers = operations().filter(({ operation }) => operation['x-role'] === 'viewer');
    expect(forViewers.filter(({ name }) => !name.startsWith('GET '))).toEqual([]);
    const forOperators = operations().filter(({ operation }) => operation['x-role'] === 'operator');
    expect(forOperators.filter(({ name }) => name.startsWith('GET '))).toEqual([]);
  });

  test('has a 2xx, and a schema for each 2xx with a body', () => {
    expect(
      without(({ operation }) => {
        const good = responsesOf(operation).filter(([status]) => status.startsWith('2'));
        const bodies = good.filter(([status]) => status !== '204').map(([, { content }]) => content);
        return (
          good.length > 0 &&
          bodies.every((content) => content && Object.values(content).every(({ schema }) => schema))
        );
      }),
    ).toEqual([]);
  });

  test('of the admin API has problems with the list of their codes, and 401, 422, 500 and 503 among them', () => {
    for (const { name, operation } of operations().filter(({ isAdmin }) => isAdmin)) {
      const problems = responsesOf(operation).filter(([status]) => /^[45]/.test(status));
      expect([name, ...problems.map(([status]) => status)]).toEqual(
        expect.arrayContaining(['401', '422', '500', '503']),
      );
      for (const [status, { content }] of problems) {
        const text = JSON.stringify(content!['application/problem+json']!.schema);
        const codes = /"code":\{"type":"string","enum":(\[[^\]]+\])/.exec(text)![1]!;
        for (const code of JSON.parse(codes) as (keyof typeof PROBLEM_CODES)[])
          expect([name, code, String(PROBLEM_CODES[code].status)]).toEqual([name, code, status]);
      }
    }
  });

  test('that moves an order or a payment has a problem whose statuses are those of orders and of payments', () => {
    const { properties } = document.components!.schemas!['ProblemDocument'] as {
      properties: Record<string, { enum?: string[]; items?: { enum: string[] } }>;
    };
    const statuses = [...new Set([...ORDER_STATUSES, ...PAYMENT_STATUSES])];
    expect(properties['current']!.enum).toEqual(statuses);
    expect(properties['allowedTransitions']!.items!.enum).toEqual(statuses);
  });

  test('that writes takes an Idempotency-Key, and its problems are those of a key', () => {
    const writes = operations().filter(({ isAdmin, name }) => isAdmin && !name.startsWith('GET '));
    expect(writes.length).toBeGreaterThan(10);
    for (const { name, operation } of writes) {
      const header = { in: 'header', name: 'Idempotency-Key', required: false };
      expect({ name, parameters: operation.parameters }).toMatchObject({
        parameters: expect.arrayContaining([expect.objectContaining(header)]),
      });
      const texts = JSON.stringify(responsesOf(operation));
      for (const code of ['key_reused', 'key_in_flight', 'not_json', 'malformed', 'too_large', 'forbidden'])
        expect([name, texts.includes(`"${code}"`)]).toEqual([name, true]);
    }
  });
});

test('callbacks have a body as JSON and as a form, and the gateways as values of their path', () => {
  const { requestBody, parameters } = document.paths['/callbacks/{gateway}']!.post!;
  expect(Object.keys((requestBody as { content: object }).content)).toEqual([
    'application/json',
    'application/x-www-form-urlencoded',
  ]);
  expect(parameters).toMatchObject([{ schema: { enum: GATEWAYS.map(({ name }) => name) } }]);
});

test('the document names the server, its licence and the payload of each event', () => {
  expect(document.servers).toMatchObject([{ url: '/' }]);
  expect(document.info.license).toMatchObject({ name: 'Apache-2.0' });
  for (const type of PUBLISHED_TYPES) {
    const name = `${type.replace(/(?:^|[._])(.)/g, (_, first: string) => first.toUpperCase())}Event`;
    expect(document.webhooks![type]).toMatchObject({
      post: {
        operationId: `on${name.replace(/Event$/, '')}`,
        requestBody: {
          content: { 'application/json': { schema: { $ref: `#/components/schemas/${name}` } } },
        },
      },
    });
    expect(document.components!.schemas![name]).toMatchObject({ properties: { type: { const: type } } });
  }
  expect(document.components!.schemas).toHaveProperty('OrderPaidEvent');
  const reason = { properties: { reason: { description: expect.stringContaining('`paid_late`') } } };
  expect(document.components!.schemas!['PaymentExpiredEvent']).toMatchObject({
    properties: { data: reason },
  });
});

test('no two classes describe different JSON under one name, because the document would have one of them', () => {
  const folder = path.join(process.cwd(), 'src/adapters/http');
  const files = readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter((file) =>
    file.endsWith('.ts'),
  );
  const names = files.flatMap((file) => {
    const text = readFileSync(path.join(folder, file), 'utf8');
    return [...text.matchAll(/class (\w+(?:Document|Body))\b/g)].map(([, name]) => name!);
  });
  expect(names.length).toBeGreaterThan(10);
  expect(names.filter((name, index) => names.indexOf(name) !== index)).toEqual([]);
});
