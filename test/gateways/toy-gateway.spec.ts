import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { GATEWAYS } from '../../src/adapters/gateways/registry.js';
import { type Config, ConfigError, loadConfig } from '../../src/config/load.js';
import { developmentKeys } from '../../src/development/development-keys.js';
import type { CallbackContent, CallbackStatus, Payload, SignedCallback } from '../../src/sandbox/callback.js';
import { configurationPage } from '../../tools/configuration/documents.js';
import { type Service, startService, unique } from '../e2e/service.js';
import { toy } from './toy/settings.js';
import { toySigner } from './toy/signer.js';

/** The registry with a gateway that this service does not have, except where a reader has followed the page literally. */
const gateways = [...GATEWAYS.filter(({ name }) => name !== toy.name), toy];

function load(env: Record<string, string>): Config {
  return loadConfig(env, { gateways });
}

describe('a gateway that is added to the registry', () => {
  let service: Service;
  let keys: { readonly toySecret: string };

  beforeAll(async () => {
    const dataDir = await mkdtemp(path.join(tmpdir(), 'toy-'));
    const made = await developmentKeys(dataDir, { toy: toySigner.keys });
    await rm(dataDir, { recursive: true });
    keys = made['toy'] as typeof keys;
    const config = load(toySigner.environment(keys, String));
    service = await startService({ gateways: config.gateways }, { gateways });
  });
  afterAll(() => service.close());

  function contentFor(paymentNumber: string, at = new Date()): CallbackContent {
    const ids = {
      transactionId: toySigner.transactionId(unique('')),
      eventId: toySigner.eventId(unique('')),
    };
    return { ...ids, paymentNumber, amount: '100.00', currency: 'CNY', status: 'succeeded', at };
  }

  function sign(content: CallbackContent, change: Payload = {}, signedBy = keys): SignedCallback {
    const payload = { ...toySigner.payload(signedBy, content), ...change };
    return { path: '/callbacks/toy', ...toySigner.sign(signedBy, payload, content) };
  }

  async function openPayment(): Promise<{ orderNumber: string; paymentNumber: string }> {
    const orderNumber = unique('O');
    const total = { amount: '100.00', currency: 'CNY' };
    await service.admin('POST', '/orders', { orderNumber, total });
    const opened = await service.admin<{ paymentNumber: string }>('POST', `/orders/${orderNumber}/payments`, {
      gateway: 'toy',
    });
    expect(opened.status).toBe(201);
    return { orderNumber, paymentNumber: opened.body.paymentNumber };
  }

  test('settles an order by a signed callback, once, however often it is sent', async () => {
    const { orderNumber, paymentNumber } = await openPayment();
    const signed = sign(contentFor(paymentNumber));
    for (const copy of [signed, signed, signed]) {
      expect(await service.sendRaw(copy)).toMatchObject({ status: 200, body: '{"received":true}' });
    }
    const { body: order } = await service.admin('GET', `/orders/${orderNumber}`);
    expect(order).toMatchObject({ status: 'paid', payments: [{ status: 'succeeded', gateway: 'toy' }] });
    const { body: callbacks } = await service.admin('GET', `/callbacks?paymentNumber=${paymentNumber}`);
    expect(callbacks).toMatchObject({ items: [{ gateway: 'toy', outcome: 'settled', deliveries: 3 }] });
  });

  test('rejects a changed body, another secret, a missing signature and an old timestamp', async () => {
    const signed = sign(contentFor('P1'));
    const changed = Buffer.from(signed.body.toString().replace('100.00', '900.00'));
    const { 'toy-signature': _, ...unsigned } = signed.headers;
    const rejected = [
      { ...signed, body: changed },
      { ...signed, headers: unsigned },
      sign(contentFor('P1'), {}, { toySecret: 'another-secret-of-a-toy' }),
      sign(contentFor('P1', new Date(Date.now() - 301_000))),
    ];
    for (const callback of rejected) expect(await service.sendRaw(callback)).toMatchObject({ status: 401 });
  });

  test('stores what it cannot read, and money for another shop as foreign', async () => {
    const { paymentNumber } = await openPayment();
    for (const change of [{ shop: 'another-shop' }, { state: 'paused' }]) {
      const signed = sign(contentFor(paymentNumber), change);
      expect(await service.sendRaw(signed)).toMatchObject({ status: 200 });
    }
    const { body } = await service.admin<{ items: { outcome: string }[] }>('GET', '/callbacks?gateway=toy');
    const outcomes = body.items.map(({ outcome }) => outcome);
    expect(outcomes).toEqual(expect.arrayContaining(['foreign', 'unreadable']));
  });

  test('records each refund once, and the order follows when all of the money has gone back', async () => {
    const { orderNumber, paymentNumber } = await openPayment();
    const paid = contentFor(paymentNumber);
    await service.sendRaw(sign(paid));
    const orderStatus = async () =>
      (await service.admin<{ status: string }>('GET', `/orders/${orderNumber}`)).body.status;
    const refund = (number: string, status: CallbackStatus, amount: string): CallbackContent => ({
      ...paid,
      eventId: toySigner.eventId(unique('')),
      status,
      amount,
      refundTerms: { number, before: '0', paid: '100.00' },
    });
    const [part, rest] = [unique('R'), unique('R')];
    for (const content of [
      refund(part, 'refund', '30.00'),
      refund(part, 'refund_failed', '30.00'),
      refund(rest, 'refund', '100.00'),
    ]) {
      expect(await orderStatus()).toBe('paid');
      expect(await service.sendRaw(sign(content))).toMatchObject({ status: 200 });
    }
    expect(await orderStatus()).toBe('refunded');
    const { body } = await service.admin<{ items: { status: string; failure: unknown }[] }>(
      'GET',
      `/refunds?paymentNumber=${paymentNumber}`,
    );
    expect(body.items).toMatchObject([
      { gatewayRefundId: `toy-${rest}`, status: 'succeeded' },
      {
        gatewayRefundId: `toy-${part}`,
        status: 'failed',
        failure: { code: 'refund_failed', message: 'the card is closed' },
      },
    ]);
  });

  test.each([
    ['won', []],
    ['lost', ['dispute_lost open']],
  ] as const)('opens a dispute with its case, and ends both when it was %s', async (end, opened) => {
    const { paymentNumber } = await openPayment();
    const paid = contentFor(paymentNumber);
    await service.sendRaw(sign(paid));
    const statuses: unknown[] = [];
    for (const status of ['dispute', `dispute_${end}`] as const) {
      const eventId = toySigner.eventId(unique(''));
      await service.sendRaw(sign({ ...paid, eventId, status, at: new Date() }));
      const { body } = await service.admin<{ items: { status: string; moneyTaken: boolean }[] }>(
        'GET',
        `/disputes?transactionId=${paid.transactionId}`,
      );
      expect(body.items).toMatchObject([{ moneyTaken: status === 'dispute_lost' }]);
      const cases = await service.admin<{ items: { kind: string; status: string }[] }>(
        'GET',
        `/discrepancies?paymentNumber=${paymentNumber}`,
      );
      statuses.push(
        body.items[0]!.status,
        ...cases.body.items.map(({ kind, status }) => `${kind} ${status}`),
      );
    }
    expect(statuses).toEqual(['needs_response', 'dispute open', end, ...opened, 'dispute resolved']);
  });

  test('cannot read a refund without an id, or a dispute without one', async () => {
    const { paymentNumber } = await openPayment();
    const paid = contentFor(paymentNumber);
    await service.sendRaw(sign(paid));
    for (const [status, change] of [
      ['refund', { refund: null }],
      ['dispute', { dispute: null }],
    ] as const)
      await service.sendRaw(sign({ ...paid, eventId: toySigner.eventId(unique('')), status }, change));
    const { body } = await service.admin<{ items: { outcome: string }[] }>(
      'GET',
      '/callbacks?gateway=toy&limit=2',
    );
    expect(body.items.map(({ outcome }) => outcome)).toEqual(['unreadable', 'unreadable']);
  });

  test('is listed in the OpenAPI document, and the gateways that are off are not', async () => {
    const response = await fetch(`${service.url}/docs-json`);
    const { paths, components } = (await response.json()) as {
      paths: Record<string, { post: { parameters: { name: string; schema: { enum: string[] } }[] } }>;
      components: { schemas: Record<string, { properties: Record<string, { enum?: string[] }> }> };
    };
    const [parameter] = paths['/callbacks/{gateway}']!.post.parameters;
    expect(parameter).toMatchObject({ name: 'gateway', schema: { enum: ['toy'] } });
    expect(components.schemas['PaymentBody']!.properties['gateway']!.enum).toEqual(['toy']);
    const stripe = await fetch(`${service.url}/callbacks/stripe`, { method: 'POST', body: '{}' });
    expect(stripe.status).toBe(404);
  });
});

describe('its variables', () => {
  test('turn it on by its public name, in development as in production', () => {
    const env = { TOY_SECRETS: 'abcdefgh12345678,abcdefgh87654321', TOY_SHOP: 'my-shop' };
    const settings = { secrets: ['abcdefgh12345678', 'abcdefgh87654321'], shop: 'my-shop' };
    expect(load(env).gateways).toEqual({ toy: settings });
    const production = load({
      NODE_ENV: 'production',
      DATABASE_URL: 'postgres://db.example/quittance',
      ADMIN_TOKENS: 'ann:operator:f7Kq2mZr9TxW4bLc8VnD',
      ...env,
    });
    expect(production.gateways).toEqual({ toy: settings });
  });

  test('are faults where they are wrong, or only half set', () => {
    const faults = (env: Record<string, string>): readonly string[] => {
      try {
        load(env);
        return [];
      } catch (error) {
        if (error instanceof ConfigError) return error.faults;
        throw error;
      }
    };
    expect(faults({ TOY_SHOP: 'my-shop' })).toEqual([
      'TOY_SECRETS is missing, while other variables of its gateway are set',
    ]);
    expect(faults({ TOY_SECRETS: 'short', TOY_SHOP: 'my shop' })).toEqual([
      'TOY_SECRETS is a comma list whose entry 1 must be at least 16 letters and digits',
      'TOY_SHOP must be 1 to 64 letters, digits or hyphens',
    ]);
  });

  test('leave it off without a fault where none is set', () => {
    expect(load({}).gateways).toEqual({});
    expect(load({}).developmentGateways).toContain('toy');
  });

  test('are in the documents', () => {
    const page = configurationPage({ service: {}, gateways });
    expect(page).toContain('### `toy`');
    expect(page).toContain('`TOY_SECRETS` or `TOY_SECRETS_FILE`');
  });
});

describe('docs/development/adding-a-gateway.md', () => {
  /** The example's files, and what their imports begin with in the tree of the service. */
  const FILES = [
    ['callback.ts', 'src/adapters/gateways/toy/callback.ts'],
    ['settings.ts', 'src/adapters/gateways/toy/settings.ts'],
    ['signer.ts', 'src/sandbox/gateways/toy/signer.ts'],
  ] as const;

  /** Line breaks depend on the length of the import paths. */
  const normalized = (code: string): string => code.replace(/\s+/g, ' ').replace(/,? \}/g, ' }').trim();

  let page: string;
  beforeAll(async () => {
    page = await readFile('docs/development/adding-a-gateway.md', 'utf8');
  });

  test.each(FILES)('shows the complete %s of the example', async (name, place) => {
    const example = await readFile(`test/gateways/toy/${name}`, 'utf8');
    const [, section = ''] = page.split(`**\`${place}\`**`);
    const [, shown = ''] = /```ts\n([\s\S]*?)```/.exec(section) ?? [];
    const moved = example.replace(/'\.\.\/\.\.\/\.\.\/(src\/[^']+)'/g, (_, target: string) => {
      const relative = path.posix.relative(path.posix.dirname(place), target);
      return `'${relative}'`;
    });
    expect(normalized(shown)).toBe(normalized(moved));
  });

  test.each([
    ['src/adapters/gateways/registry.ts', 'export const GATEWAYS: readonly GatewayDefinition[] = [stripe, '],
    ['src/sandbox/gateways/registry.ts', 'export const SIGNERS = {\n  stripe: stripeSigner,\n'],
  ])('shows the list in %s as it begins there', async (place, list) => {
    expect(page).toContain(list);
    expect(await readFile(place, 'utf8')).toContain(list);
  });
});
