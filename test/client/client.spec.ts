import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { execFile, spawn } from 'node:child_process';
import { createHmac, randomBytes } from 'node:crypto';
import {
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { createInterface } from 'node:readline';
import ts from 'typescript';
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

/** The examples of a document. */
function examplesOf(document: string): string[] {
  const blocks = [...readFileSync(document, 'utf8').matchAll(/```ts\n(.*?)```/gs)].map(([, code]) => code!);
  expect(blocks).not.toEqual([]);
  return blocks;
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
  const documents = ['docs/reference/admin-api.md', 'clients/typescript/README.md'].flatMap(examplesOf);
  const wrong = shop.replace("'number_taken'", "'number_take'").replace('data.status', 'data.state');
  const faults = (await compile([wrong, shop, ...documents])).trim().split('\n');
  expect(faults).toEqual([
    expect.stringMatching(/^module-0\.ts.*"number_take"' have no overlap/),
    expect.stringMatching(/^module-0\.ts.*Property 'state' does not exist/),
  ]);
  // The compiler needs some seconds, and many on a busy machine.
}, 120_000);

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

test('the README counts the files of the client', () => {
  const text = readFileSync('clients/typescript/README.md', 'utf8');
  const words = ['five', 'six', 'seven', 'eight', 'nine'];
  expect(text).toContain(`has ${words[readdirSync('clients/typescript').length - 5]} files`);
});

/** The code of the README that verifies events, as JavaScript. */
function verification(): string {
  const example = examplesOf('clients/typescript/README.md').find((code) => code.includes('verifiedEvent'))!;
  return ts.transpileModule(example, { compilerOptions: { target: ts.ScriptTarget.ES2022 } }).outputText;
}

const genuineSecret = `whsec_${randomBytes(32).toString('base64')}`;
const eventBody = Buffer.from(
  '{"type":"order.paid","timestamp":"2026-11-26T08:00:00Z","data":{"orderNumber":"订单"}}',
);

function signed(time: number, bytes = eventBody): Record<string, string> {
  const id = 'evt_1';
  const key = Buffer.from(genuineSecret.slice('whsec_'.length), 'base64');
  const signature = createHmac('sha256', key).update(`${id}.${time}.`).update(bytes).digest('base64');
  return { 'webhook-id': id, 'webhook-timestamp': String(time), 'webhook-signature': `v1,${signature}` };
}

test('the README verifies what Quittance has signed, with either secret of a rotation, and nothing else', async () => {
  const source = `data:text/javascript;base64,${Buffer.from(verification()).toString('base64')}`;
  const now = Math.floor(Date.now() / 1000);
  const genuine = signed(now);
  const other = (signatures: string) => ({ ...genuine, 'webhook-signature': signatures });
  const requests = [
    genuine,
    other(`v1,AAAA v2,AAAA ${genuine['webhook-signature']}`),
    other(''),
    other('v1,not base64!'),
    other(genuine['webhook-signature']!.replace('v1', 'v2')),
    signed(now, Buffer.from('{}')),
    signed(now - 301),
    { ...genuine, 'webhook-timestamp': 'now' },
    {},
  ];
  const wrongSecrets = [
    undefined,
    '',
    'whsec_',
    genuineSecret.slice('whsec_'.length),
    'whsec_AAAAA',
    'whsec_ä',
  ];
  const program = `
    const { verifiedEvent, webhookKey } = await import(${JSON.stringify(source)});
    const body = Buffer.from(${JSON.stringify(eventBody.toString('base64'))}, 'base64');
    const key = await webhookKey(${JSON.stringify(genuineSecret)});
    const found = [];
    for (const headers of ${JSON.stringify(requests)})
      found.push((await verifiedEvent(key, new Headers(headers), body))?.data.orderNumber ?? null);
    for (const wrong of ${JSON.stringify(wrongSecrets)})
      found.push(await webhookKey(wrong ?? undefined).then(() => 'a key', (error) => error.message));
    console.error(JSON.stringify(found));
    process.exit(1);`;
  const printed = await run(['--input-type=module', '--eval', program]);
  expect(JSON.parse(printed)).toEqual([
    '订单',
    '订单',
    ...requests.slice(2).map(() => null),
    ...wrongSecrets.map(() => 'the secret of the webhook endpoint must be whsec_ and base64 text'),
  ]);
});

test('the server of the README answers each request, goes on after a fault, and does not start with a wrong secret', async () => {
  const folder = mkdtempSync(path.join(tmpdir(), 'quittance-shop-'));
  const [, server] = /```js\n([\s\S]*?)```/.exec(readFileSync('clients/typescript/README.md', 'utf8'))!;
  writeFileSync(path.join(folder, 'verified-event.js'), verification());
  writeFileSync(path.join(folder, 'package.json'), '{ "type": "module" }');
  writeFileSync(path.join(folder, 'server.js'), server!);
  const port = String(await freePort());
  const start = (WEBHOOK_SECRET: string) =>
    spawn(process.execPath, ['server.js'], {
      cwd: folder,
      env: { ...process.env, NODE_OPTIONS: '', PORT: port, WEBHOOK_SECRET },
      stdio: ['ignore', 'pipe', 'ignore'],
    });
  const shop = start(genuineSecret);
  try {
    const lines = createInterface({ input: shop.stdout })[Symbol.asyncIterator]();
    expect((await lines.next()).value).toBe('waiting for events');
    const now = Math.floor(Date.now() / 1000);
    const status = async (headers: Record<string, string>, body = eventBody) =>
      (await fetch(`http://127.0.0.1:${port}/`, { method: 'POST', headers, body: new Uint8Array(body) }))
        .status;
    const notJson = Buffer.from('{');
    expect([
      await status({ 'webhook-id': 'evt_1' }),
      await status(signed(now, notJson), notJson),
      await status(signed(now)),
    ]).toEqual([401, 500, 204]);
    expect((await lines.next()).value).toBe('evt_1 order.paid 订单');
    const exit = await new Promise((resolve) => start('base64 alone').once('exit', resolve));
    expect(exit).not.toBe(0);
  } finally {
    shop.kill();
    rmSync(folder, { recursive: true });
  }
});

/** A client that gets this answer, and the addresses that it has asked for. */
function answered(body: string, status: number): { client: ReturnType<typeof createClient>; sent: string[] } {
  const sent: string[] = [];
  const fetch = (url: string | URL | globalThis.Request): Promise<Response> => {
    sent.push(url instanceof globalThis.Request ? url.url : String(url));
    return Promise.resolve(new Response(body, { status }));
  };
  return { client: createClient({ url: 'http://127.0.0.1:1', token: 'dev-token', fetch }), sent };
}

test('a request without a part of its path is a TypeError that names the part, and nothing is sent', async () => {
  const { client, sent } = answered('', 200);
  const careless = client as unknown as Record<
    'getOrder' | 'openPayment',
    (request?: object) => Promise<unknown>
  >;
  const missing = new TypeError('getOrder needs path.orderNumber');
  await expect(careless.getOrder()).rejects.toEqual(missing);
  await expect(careless.getOrder({ path: {} })).rejects.toEqual(missing);
  await expect(careless.getOrder({ path: { orderNumber: '' } })).rejects.toEqual(missing);
  await expect(careless.openPayment({ body: {} })).rejects.toThrow('openPayment needs path.orderNumber');
  expect(sent).toEqual([]);
});

test('each operation that needs a body is a TypeError without one, and nothing is sent', async () => {
  const { client, sent } = answered('', 200);
  const { paths } = JSON.parse(readFileSync('docs/reference/openapi.json', 'utf8')) as {
    paths: Record<string, Record<string, { operationId: string; requestBody?: { required: boolean } }>>;
  };
  const needing = Object.entries(paths)
    .filter(([path]) => path.startsWith('/admin/'))
    .flatMap(([, item]) => Object.values(item))
    .filter(({ requestBody }) => requestBody?.required)
    .map(({ operationId }) => operationId);
  expect(needing).toEqual(expect.arrayContaining(['placeOrder', 'openPayment', 'transitionOrder']));
  const careless = client as unknown as Record<string, (request?: object | null) => Promise<unknown>>;
  for (const id of needing) {
    const missing = new TypeError(`${id} needs body`);
    for (const request of [undefined, null, {}, { body: null }])
      await expect(careless[id]!(request)).rejects.toEqual(missing);
  }
  expect(sent).toEqual([]);
});

test.each(['.', '..'])(
  'a part of the path that is "%s" is a TypeError, and nothing is sent',
  async (dots) => {
    const { client, sent } = answered('', 200);
    const refused = new TypeError(
      `getOrder needs path.orderNumber, and "${dots}" cannot be a part of a path`,
    );
    await expect(client.getOrder({ path: { orderNumber: dots } })).rejects.toEqual(refused);
    expect(sent).toEqual([]);
  },
);

test.each([
  ['Bearer dev-token', 'it begins with "Bearer ", which the client adds'],
  ['bearer dev-token', 'it begins with "Bearer ", which the client adds'],
  ['dev-token\n', 'it was not text of visible ASCII characters without spaces'],
  ['', 'it was not text of visible ASCII characters without spaces'],
  [undefined, 'it was not text of visible ASCII characters without spaces'],
])('the token %j is refused when the client is made, and is not quoted', (token, fault) => {
  const message = `token is a token of ADMIN_TOKENS, without its name and role; ${fault}`;
  const made = () => createClient({ url: 'http://127.0.0.1:3000', token: token as string });
  expect(made).toThrow(new TypeError(message));
});

test.each([
  'http://127.0.0.1:3000/admin/v1',
  'http://127.0.0.1:3000/admin/v1/',
  'https://shop.example/quittance/admin',
  'http://127.0.0.1:3000/docs',
  '127.0.0.1:3000',
  'localhost:3000',
  'http://127.0.0.1:3000?a=b',
])('the address "%s" is refused when the client is made', (url) => {
  expect(() => createClient({ url, token: 'dev-token' })).toThrow(
    /^url is the address of the service, such as http:\/\/127.0.0.1:3000, without \/admin\/v1; it was /,
  );
});

test('a service behind a path of a proxy is asked below that path', async () => {
  const sent: string[] = [];
  const fetch = async (url: unknown) => {
    sent.push(String(url));
    return new Response('', { status: 502 });
  };
  const client = createClient({ url: 'https://shop.example/quittance/', token: 'dev-token', fetch });
  await expect(client.listOrders()).rejects.toThrow(UnexpectedAnswer);
  expect(sent).toEqual(['https://shop.example/quittance/admin/v1/orders']);
});

test('a service that does not answer is named with the method, and without what the query says', async () => {
  const url = `http://127.0.0.1:${await freePort()}`;
  const client = createClient({ url, token: 'dev-token' });
  await expect(client.listOrders({ query: { customerId: 'c-1' } })).rejects.toMatchObject({
    name: 'TypeError',
    message: `GET ${url}/admin/v1/orders got no complete answer: ECONNREFUSED`,
  });
  const signal = AbortSignal.abort(new Error('the customer has left'));
  await expect(client.listOrders({ signal })).rejects.toThrow('the customer has left');
});

test('an answer of another service is quoted, and an empty one is called empty', async () => {
  const subject = 'the answer with the status 502 is not one of Quittance';
  for (const [body, message] of [
    ['', `${subject}, and its body is empty`],
    ['Bad Gateway', `${subject}: Bad Gateway`],
  ] as const)
    await expect(answered(body, 502).client.listOrders()).rejects.toMatchObject({ message, status: 502 });
});

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
    expect(await sell(client, { orderNumber: unique('O'), amount: '0.001' })).toBe('correct total.amount');
    for (const odd of ['no/where?', '...', '../orders', '%2E%2E', '..;']) {
      const missing = await client.getOrder({ path: { orderNumber: odd } });
      expect(missing).toMatchObject({ ok: false, status: 404, problem: { code: 'not_found' } });
    }
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
