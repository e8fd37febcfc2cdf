import { once } from 'node:events';
import { request } from 'node:http';
import { connect, type Socket } from 'node:net';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { openDoor } from '../../src/adapters/http/door.js';
import type { SignedCallback } from '../../src/sandbox/callback.js';
import { startService, unique, type Service } from './service.js';

let service: Service;
beforeAll(async () => {
  service = await startService();
});
afterAll(() => service.close());

interface Row {
  id: string;
  event_id: string;
  outcome: string;
  deliveries: number;
}
const rowsOf = (since: string) =>
  service.sql<Row>('SELECT id, event_id, outcome, deliveries FROM callbacks WHERE id > $1 ORDER BY id', [
    since,
  ]);
const newest = async () =>
  (await service.sql<{ id: string }>('SELECT coalesce(max(id), 0) AS id FROM callbacks'))[0]!.id;

/** Unlike fetch, sends whatever headers it is told to. */
function post({ path, headers, body }: SignedCallback): Promise<number | undefined> {
  return new Promise((resolve, reject) => {
    const sent = request(new URL(path, service.url), { method: 'POST', headers }, (response) =>
      resolve(response.resume().statusCode),
    );
    sent.on('error', reject).end(body);
  });
}

type Pairs = readonly (readonly [name: string, value: string])[];

/** The same signed text, written in another order, in other escapes, with and without what is not signed. */
function rewritten(pairs: Pairs, nth: number): Buffer {
  const kept = nth % 2 ? pairs : pairs.filter(([name]) => name !== 'sign_type');
  const turned = [...kept.slice(nth % kept.length), ...kept.slice(0, nth % kept.length)];
  const escaped = (text: string, index: number) =>
    (nth + index) % 3 ? encodeURIComponent(text) : text.replace(/[^ ]/gu, inHex).replaceAll(' ', '+');
  const form = turned.map(([name, value], index) => `${escaped(name, index)}=${escaped(value, index + 1)}`);
  return Buffer.from(form.join('&') + '&'.repeat(nth));
}

const inHex = (character: string): string =>
  [...Buffer.from(character)].map((byte) => `%${byte.toString(16).padStart(2, '0')}`).join('');

/** The same signed text with the parameter cut off behind the one before it, and so hidden in that one's value. */
function hidden(pairs: Pairs, name: string): Pairs {
  const sorted = pairs.toSorted(([one], [other]) => (one < other ? -1 : 1));
  const signed = sorted.filter(([each]) => each !== 'sign' && each !== 'sign_type');
  const index = signed.findIndex(([each]) => each === name);
  const [before, gone] = [signed[index - 1]!, signed[index]!];
  const joined = [before[0], `${before[1]}&${gone.join('=')}`] as const;
  return [
    ...signed.slice(0, index - 1),
    joined,
    ...signed.slice(index + 1),
    ...sorted.filter((each) => !signed.includes(each)),
  ];
}

const pairsOf = ({ body }: SignedCallback): Pairs => [...new URLSearchParams(body.toString())];

describe('one signature of Alipay, however its callback is written anew', () => {
  test('is one row where it cannot be read, such as the return that a buyer’s browser holds', async () => {
    const since = await newest();
    const signed = service.sign('alipay', {
      paymentNumber: unique('P'),
      alter: ({ notify_id: _id, notify_type: _type, trade_status: _status, ...rest }) => rest,
    });
    const pairs = pairsOf(signed);
    const bodies = Array.from({ length: 60 }, (_, nth) => rewritten(pairs, nth));
    expect(new Set(bodies.map(String)).size).toBe(60);
    const cut = ['out_trade_no', 'seller_id', 'total_amount'].map((name) => hidden(pairs, name));
    bodies.splice(0, cut.length, ...cut.map((each) => rewritten(each, 0)));
    const answers = await Promise.all(bodies.map((body) => service.sendRaw({ ...signed, body })));
    expect(new Set(answers.map(({ body }) => body))).toEqual(new Set(['success']));

    const [row, ...others] = await rowsOf(since);
    expect(others).toEqual([]);
    expect(row).toMatchObject({ outcome: 'unreadable', deliveries: 60 });
    expect(row!.event_id).toMatch(/^sha256:[0-9a-f]{64}$/);
    const cases = await service.sql('SELECT kind FROM discrepancies WHERE callback_id = $1', [row!.id]);
    expect(cases).toEqual([{ kind: 'unreadable' }]);
  });

  test('is one row beside the genuine one where its parameters are cut elsewhere, and takes nobody’s place', async () => {
    const { paymentNumber, orderNumber } = await service.given('alipay');
    const since = await newest();
    const eventId = unique('E');
    const signed = service.sign('alipay', { paymentNumber, eventId });
    const pairs = pairsOf(signed);
    const cut = ['trade_status', 'notify_id', 'notify_type', 'trade_no', 'gmt_payment', 'total_amount'];
    for (const name of cut) {
      await service.sendRaw({ ...signed, body: rewritten(hidden(pairs, name), 1) });
    }
    await service.sendRaw(signed);
    // The id's own value grows, but by nothing that is read.
    await service.sendRaw({ ...signed, body: rewritten(hidden(pairs, 'notify_time'), 1) });

    expect(await rowsOf(since)).toMatchObject([
      { event_id: expect.stringMatching(/^sha256:/), outcome: 'unreadable', deliveries: cut.length + 1 },
      { event_id: eventId, outcome: 'settled', deliveries: 1 },
    ]);
    expect((await service.admin('GET', `/orders/${orderNumber}`)).body).toMatchObject({ status: 'paid' });
  });
});

describe('headers that say nothing of the signature do not keep a callback out', () => {
  test.each(['', ' ', 'garbage', 'application/', 'a/b c', 'application/json, text/plain', 'text/plain;;'])(
    'Content-Type "%s" is stored as it came',
    async (type) => {
      const { paymentNumber } = await service.given('stripe');
      const signed = service.sign('stripe', { paymentNumber });
      expect(await post({ ...signed, headers: { ...signed.headers, 'content-type': type } })).toBe(200);
      const [row] = await service.sql(
        `SELECT outcome, headers->>'content-type' AS type FROM callbacks WHERE notice->>'paymentNumber' = $1`,
        [paymentNumber],
      );
      expect(row).toEqual({ outcome: 'settled', type: type.trim() });
    },
  );

  test.each([
    ['Identity', 200],
    ['IDENTITY', 200],
    ['', 200],
    ['br', 400],
    ['identity, gzip', 400],
  ])('Content-Encoding "%s" is answered %i', async (encoding, status) => {
    const { paymentNumber } = await service.given('alipay');
    const signed = service.sign('alipay', { paymentNumber });
    expect(await post({ ...signed, headers: { ...signed.headers, 'content-encoding': encoding } })).toBe(
      status,
    );
  });
});

test('an Idempotency-Key holds for a resource however its path is escaped', async () => {
  const body = { orderNumber: unique('O'), total: { amount: '5.00', currency: 'CNY' } };
  const key = { 'idempotency-key': unique('K') };
  const first = await service.admin('POST', '/orders', body, key);
  const again = await service.admin('POST', '/%6frders?x=1', body, key);
  expect(first.status).toBe(201);
  expect(again).toEqual(first);
  const cancel = (number: string) =>
    service.admin('POST', `/orders/${number}/transitions`, { to: 'cancelled' }, key);
  const cancelled = await cancel(body.orderNumber);
  expect(cancelled.status).toBe(200);
  expect(await cancel(inHex(body.orderNumber[0]!) + body.orderNumber.slice(1))).toEqual(cancelled);
});

test('a callback that is only stored because of a bug of ours is told at level error', async () => {
  const { paymentNumber } = await service.given('standard-webhooks');
  await service.sql(
    `ALTER TABLE events ADD CONSTRAINT broken CHECK (payment_number <> '${paymentNumber}') NOT VALID`,
  );
  const { status } = await service.deliver('standard-webhooks', { paymentNumber });
  await service.sql('ALTER TABLE events DROP CONSTRAINT broken');
  expect(status).toBe(200);
  const [line] = service.log.lines.filter(({ text }) => text.includes(paymentNumber));
  expect(line).toMatchObject({ level: 'error', text: expect.stringContaining('"outcome":"pending"') });
});

/** All that comes over the connection until it ends. */
function heard(socket: Socket): Promise<string> {
  return new Promise((resolve, reject) => {
    let text = '';
    socket.on('data', (chunk) => (text += chunk.toString()));
    socket.on('close', () => resolve(text)).on('error', reject);
  });
}

test('a body that never comes does not hold its connection', async () => {
  const door = openDoor({ trustProxy: false, requestWithinMs: 50 }).getInstance();
  door.post('/', () => 'the body has come');
  const { port } = new URL(await door.listen({ port: 0, host: '127.0.0.1' }));
  const socket = connect(Number(port), '127.0.0.1');
  socket.write('POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 1000\r\n\r\nabc');
  expect(await heard(socket)).toMatch(/^HTTP\/1.1 408 /);
  await door.close();
});

test('a head of more than eight kilobytes, or of more than a hundred headers, is refused and its connection ended', async () => {
  const { hostname, port } = new URL(service.url);
  const ask = async (headers: string): Promise<string> => {
    const socket = connect(Number(port), hostname);
    socket.write(`POST /callbacks/stripe HTTP/1.1\r\nhost: x\r\ncontent-length: 9\r\n${headers}\r\n`);
    return heard(socket);
  };
  const long = await ask(`long: ${'x'.repeat(8_192)}\r\n`);
  expect(long).toMatch(/^HTTP\/1.1 431 /);
  const many = await ask(Array.from({ length: 99 }, (_, nth) => `h${nth}: x\r\n`).join(''));
  expect(many).toMatch(/^HTTP\/1.1 431 /);
  expect(many).toContain('A request has at most 100 headers.');
});

const HEAD = 'HTTP/1.1\r\nhost: x\r\n';
const LARGE = 'x'.repeat(200 * 1024);
const refusal = 'Too many large bodies are under way.';
const open = (): Socket => connect(Number(new URL(service.url).port), new URL(service.url).hostname);
const ask = (request: string): Promise<string> => heard(open().end(request));
const largeOne = () => ask(`POST /callbacks/stripe ${HEAD}content-length: ${LARGE.length}\r\n\r\n${LARGE}`);

test('large bodies that never come take no memory from those that do: beyond 128 MiB of them only small ones are taken', async () => {
  const { paymentNumber } = await service.given('stripe');
  const ended: Promise<unknown>[] = [];
  const unfinished = Array.from({ length: 512 }, (_, nth) => {
    const socket = open();
    ended.push(heard(socket));
    const length = nth % 2 ? 'content-length: 262144' : 'transfer-encoding: chunked';
    socket.write(`POST /callbacks/stripe ${HEAD}${length}\r\n\r\n`);
    return socket;
  });
  while (!/^HTTP\/1.1 503 /.test(await largeOne()));
  const refused = await ask(`POST /callbacks/stripe ${HEAD}transfer-encoding: chunked\r\n\r\n`);
  expect(refused).toMatch(/^HTTP\/1.1 503 [^]*retry-after: 1\r/i);
  expect(refused).toContain(refusal);
  expect(await ask(`POST /callbacks/stripe ${HEAD}content-length: 300000\r\n\r\n`)).toMatch(
    /^HTTP\/1.1 413 /,
  );
  expect((await service.deliver('stripe', { paymentNumber })).status).toBe(200);

  unfinished.forEach((socket) => socket.destroy());
  await Promise.all(ended);
  while (!/^HTTP\/1.1 401 /.test(await largeOne()));
});

test.each([
  ['is answered before its body was read', 'GET /callbacks/stripe', `content-length: 262144\r\n\r\n`],
  ['is answered without a body', 'HEAD /health/live', `content-length: 262144\r\n\r\n`],
  ['is chunked and never ends', 'GET /', 'transfer-encoding: chunked\r\n\r\n'],
  ['comes whole for nobody', 'GET /', `connection: close\r\ncontent-length: ${LARGE.length}\r\n\r\n${LARGE}`],
])('a large request that %s holds nothing once it is gone', async (_, line, rest) => {
  const answers: string[] = [];
  for (let wave = 0; wave < 6; wave += 1)
    answers.push(...(await Promise.all(Array.from({ length: 100 }, () => ask(`${line} ${HEAD}${rest}`)))));
  expect(answers.filter((answer) => answer.includes(refusal))).toEqual([]);
  expect(await largeOne()).toMatch(/^HTTP\/1.1 401 /);
});

test('a client that sends on and never reads its answers is cut off, before what it sends fills the memory', async () => {
  const { hostname, port } = new URL(service.url);
  const socket = connect(Number(port), hostname).pause();
  socket.on('error', () => undefined);
  const { paymentNumber } = await service.given('stripe');
  const request = wire(service.sign('stripe', { paymentNumber }));
  const closed = once(socket, 'close');
  socket.write(Buffer.concat([request, request, request]));
  socket.resume();
  await closed;
  expect((await service.deliver('stripe', { paymentNumber })).status).toBe(200);
});

test('more connections than there is memory for are ended as they come, and the others serve on', async () => {
  const door = openDoor({ trustProxy: false, mostConnections: 2 }).getInstance();
  door.get('/', () => 'here');
  const { hostname, port } = new URL(await door.listen({ port: 0, host: '127.0.0.1' }));
  const [first, second, third] = await Promise.all(
    [1, 2, 3].map(async () => {
      const socket = connect(Number(port), hostname);
      await once(socket, 'connect');
      return socket;
    }),
  );
  expect(await heard(third!)).toBe('');
  second!.end();
  first!.write('GET / HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n');
  expect(await heard(first!)).toMatch(/^HTTP\/1.1 200 [^]*here$/);
  await door.close();
});

test('what is under way when the service stops is stored and answered, and then its connection ends', async () => {
  const stopping = await startService({ databaseUrl: service.databaseUrl });
  const { hostname, port } = new URL(stopping.url);
  const { paymentNumber } = await service.given('stripe');
  const request = wire(service.sign('stripe', { paymentNumber }));
  const cuts = [10, request.length - 5];
  const sockets = cuts.map(() => connect(Number(port), hostname));
  const answers = sockets.map(heard);
  cuts.forEach((cut, index) => sockets[index]!.write(request.subarray(0, cut)));
  // Answered after them, so that half a head and half a body have come by then.
  await fetch(`${stopping.url}/health/live`);

  const closed = stopping.close();
  while (await listens(Number(port), hostname));
  cuts.forEach((cut, index) => sockets[index]!.write(request.subarray(cut)));
  for (const answer of await Promise.all(answers)) {
    expect(answer).toMatch(/^HTTP\/1.1 200 /);
    expect(answer).toMatch(/^connection: close\r$/im);
  }
  await closed;
  const rows = await service.sql(
    `SELECT outcome, deliveries FROM callbacks WHERE notice->>'paymentNumber' = $1`,
    [paymentNumber],
  );
  expect(rows).toEqual([{ outcome: 'settled', deliveries: 2 }]);
});

function wire({ path, headers, body }: SignedCallback): Buffer {
  const lines = Object.entries({ host: 'x', ...headers, 'content-length': body.length });
  const head = lines.map(([name, value]) => `${name}: ${value}\r\n`).join('');
  return Buffer.concat([Buffer.from(`POST ${path} HTTP/1.1\r\n${head}\r\n`), body]);
}

function listens(port: number, host: string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, host, () => resolve(true));
    socket.on('error', () => resolve(false)).on('connect', () => socket.destroy());
  });
}
