import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { execFile, spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { UnexpectedAnswer } from '../../clients/typescript/client.js';
import { startService, unique, type Service } from '../e2e/service.js';
import { freePort } from '../free-port.js';
import { createClient, isPaid, ordersOf, sell, textOf } from './shop.js';

/** What a command of Node has written; the empty text if it was content. */
const run = (args: readonly string[], cwd = '.'): Promise<string> =>
  new Promise((resolve) => {
    execFile(process.execPath, args, { cwd }, (error, output, errors) =>
      resolve(error ? output + errors : ''),
    );
  });

test('the client is that of docs/reference/openapi.json', async () => {
  expect(await run(['tools/client/check.mjs'])).toBe('');
});

/** The example of a document. */
function exampleOf(document: string): string {
  const blocks = [...readFileSync(document, 'utf8').matchAll(/```ts\n(.*?)```/gs)].map(([, code]) => code!);
  expect(blocks.length).toBe(1);
  return blocks[0]!;
}

/** Compiles these modules in a folder of their own, in which the client is installed. Returns what the compiler says. */
async function compile(modules: readonly string[]): Promise<string> {
  const folder = mkdtempSync(path.join(tmpdir(), 'quittance-shop-'));
  try {
    mkdirSync(path.join(folder, 'node_modules'));
    symlinkSync(path.resolve('clients/typescript'), path.join(folder, 'node_modules/quittance-client'));
    writeFileSync(path.join(folder, 'package.json'), '{ "type": "module" }');
    const files = modules.map((_, index) => `module-${index}.ts`);
    for (const [index, file] of files.entries()) writeFileSync(path.join(folder, file), modules[index]!);
    const target = ['--target', 'es2022', '--lib', 'es2022,dom', '--module', 'nodenext', '--noEmit'];
    const strict = ['--strict', '--exactOptionalPropertyTypes', '--noUncheckedIndexedAccess'];
    const compiler = path.resolve('node_modules/typescript/bin/tsc');
    return await run([compiler, ...target, ...strict, ...files], folder);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

test('a shop in another folder and the examples of the documents compile strictly with the client', async () => {
  const shop = readFileSync('test/client/shop.ts', 'utf8').replace(
    '../../clients/typescript/client.js',
    'quittance-client',
  );
  const documents = ['docs/reference/admin-api.md', 'clients/typescript/README.md'].map(exampleOf);
  const wrong = shop.replace("'number_taken'", "'number_take'").replace('data.status', 'data.state');
  const faults = (await compile([wrong, shop, ...documents])).trim().split('\n');
  expect(faults).toEqual([
    expect.stringMatching(/^module-0\.ts.*"number_take"' have no overlap/),
    expect.stringMatching(/^module-0\.ts.*Property 'state' does not exist/),
  ]);
});

/** Registers the receiver of the document, and places an order. */
const SHOP = `
import { createClient } from 'quittance-client';
const { URL: url, ORDER: orderNumber, PORT: port } = process.env;
const quittance = createClient({ url, token: 'dev-token' });
const endpoint = await quittance.addWebhookEndpoint({
  body: { url: 'http://127.0.0.1:' + port + '/hook', events: ['order.paid'] },
});
process.env.WEBHOOK_SECRET = endpoint.data.secret;
await import('./receiver.mjs');
const placed = await quittance.placeOrder({
  body: { orderNumber, total: { amount: '12.50', currency: 'CNY' }, payment: { gateway: 'standard-webhooks' } },
});
console.log(placed.data.payments[0].paymentNumber);
`;

describe('the client against the service', () => {
  let service: Service;
  let client: ReturnType<typeof createClient>;
  beforeAll(async () => {
    service = await startService();
    client = createClient({ url: `${service.url}/`, token: 'dev-token' });
  });
  afterAll(() => service.close());

  test('places an order with its payment, once for a repeated request, and sees that it is paid', async () => {
    const sale = { orderNumber: unique('O'), amount: '12.50' };
    const paymentNumber = await sell(client, sale);
    expect(await sell(client, sale)).toBe(paymentNumber);
    expect(await isPaid(client, sale.orderNumber)).toBe(false);
    await service.deliver('standard-webhooks', { paymentNumber, amount: '12.50' });
    expect(await isPaid(client, sale.orderNumber)).toBe(true);
    const payment = await client.getPayment({ path: { paymentNumber } });
    expect(payment).toMatchObject({ ok: true, status: 200, data: { status: 'succeeded' } });
  });

  test('and the receiver of events.md, in a folder of their own, let a shop hear order.paid with its amount', async () => {
    const folder = mkdtempSync(path.join(tmpdir(), 'quittance-shop-'));
    mkdirSync(path.join(folder, 'node_modules'));
    symlinkSync(path.resolve('clients/typescript'), path.join(folder, 'node_modules/quittance-client'));
    const [, receiver] = /```js\n([\s\S]*?)```/.exec(readFileSync('docs/reference/events.md', 'utf8'))!;
    writeFileSync(path.join(folder, 'receiver.mjs'), receiver!);
    writeFileSync(path.join(folder, 'shop.mjs'), SHOP);
    const orderNumber = unique('O');
    const env = {
      ...process.env,
      NODE_OPTIONS: '',
      URL: service.url,
      ORDER: orderNumber,
      PORT: String(await freePort()),
    };
    const shop = spawn(process.execPath, ['shop.mjs'], {
      cwd: folder,
      env,
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    try {
      const lines = createInterface({ input: shop.stdout })[Symbol.asyncIterator]();
      const line = async () => String((await lines.next()).value);
      expect(await line()).toBe('waiting for events');
      await service.deliver('standard-webhooks', { paymentNumber: await line(), amount: '12.50' });
      expect(await line()).toMatch(
        `${orderNumber} is paid: {"amount":"12.50","currency":"CNY"}, standard-webhooks `,
      );
    } finally {
      shop.kill();
      rmSync(folder, { recursive: true });
    }
  });

  test('gives problems with their codes', async () => {
    const orderNumber = unique('O');
    const order = { orderNumber, total: { amount: '1.00', currency: 'CNY' } };
    expect(await client.placeOrder({ body: order })).toMatchObject({ ok: true, status: 201 });
    expect(await sell(client, { orderNumber, amount: '1.00' })).toBe(
      'choose another number than that in orderNumber',
    );
    expect(await sell(client, { orderNumber: unique('O'), amount: '0.001' })).toBe('correct total');
    const missing = await client.getOrder({ path: { orderNumber: 'no/where?' } });
    expect(missing).toMatchObject({ ok: false, status: 404, problem: { code: 'not_found' } });
    const stranger = createClient({ url: service.url, token: 'unknown' });
    expect(await stranger.listOrders()).toMatchObject({ status: 401, problem: { code: 'unauthenticated' } });
  });

  test('pages through a list', async () => {
    const customerId = unique('C');
    const numbers = ['1', '2', '3', '4', '5'].map(() => unique('O'));
    for (const orderNumber of numbers)
      await client.placeOrder({
        body: { orderNumber, customerId, total: { amount: '1.00', currency: 'CNY' } },
      });
    expect(await ordersOf(client, customerId)).toEqual(numbers.toReversed());
  });

  test('rejects an answer that is not one of the service', async () => {
    const proxied = createClient({
      url: service.url,
      token: 'dev-token',
      fetch: () => Promise.resolve(new Response('<h1>Bad Gateway</h1>', { status: 502 })),
    });
    await expect(proxied.listOrders()).rejects.toThrow(UnexpectedAnswer);
    await expect(proxied.listOrders()).rejects.toMatchObject({ status: 502 });
  });
});

test('an event tells its type', () => {
  const amount = { amount: '12.50', currency: 'CNY' };
  const data = { orderNumber: 'O1', from: 'pending', to: 'paid', move: 'pay', amount } as const;
  expect(textOf({ type: 'order.paid', timestamp: '2026-11-26T08:00:00Z', data } as never)).toBe(
    'order O1 is paid: 12.50 CNY',
  );
});
