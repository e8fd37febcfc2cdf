import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { once } from 'node:events';
import { request } from 'node:http';
import { type Socket, connect } from 'node:net';
import { createServer } from '../../src/adapters/http/server/server.js';
import type { SignedCallback } from '../../src/sandbox/callback.js';
import { type Service, startService } from './service.js';
import { waitUntil } from './wait-until.js';

let service: Service;
beforeAll(async () => {
  service = await startService();
});
afterAll(() => service.close());

/** Unlike fetch, this sends every header exactly as it is given. */
function post({ path, headers, body }: SignedCallback): Promise<number | undefined> {
  return new Promise((resolve, reject) => {
    const sent = request(new URL(path, service.url), { method: 'POST', headers }, (response) =>
      resolve(response.resume().statusCode),
    );
    sent.on('error', reject).end(body);
  });
}

describe('headers that have nothing to do with the signature do not keep a callback out', () => {
  test.each(['', ' ', 'garbage', 'application/', 'a/b c', 'application/json, text/plain', 'text/plain;;'])(
    'Content-Type "%s" is stored as it came',
    async (type) => {
      const { paymentNumber } = await service.openPayment('stripe');
      const signed = service.sign('stripe', { paymentNumber });
      expect(await post({ ...signed, headers: { ...signed.headers, 'content-type': type } })).toBe(200);
      const [row] = await service.sql(
        `SELECT outcome, contents.headers->>'content-type' AS type
           FROM callbacks JOIN callback_contents AS contents ON callback_id = id WHERE notice->>'paymentNumber' = $1`,
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
    const { paymentNumber } = await service.openPayment('alipay');
    const signed = service.sign('alipay', { paymentNumber });
    expect(await post({ ...signed, headers: { ...signed.headers, 'content-encoding': encoding } })).toBe(
      status,
    );
  });
});

const open = (url = service.url): Socket => connect(Number(new URL(url).port), new URL(url).hostname);

/** Everything that arrives on the connection until it is closed. */
function received(socket: Socket): Promise<string> {
  return new Promise((resolve, reject) => {
    let text = '';
    socket.on('data', (chunk) => (text += chunk.toString()));
    socket.on('close', () => resolve(text)).on('error', reject);
  });
}

const sendText = (text: string): Promise<string> => received(open().end(text));

const HEAD = 'HTTP/1.1\r\nhost: x\r\n';
const LARGE_BODY = 'x'.repeat(200 * 1024);
const TOO_MANY_LARGE_BODIES = 'Too many large bodies';
const sendLargeCallback = () =>
  sendText(`POST /callbacks/stripe ${HEAD}content-length: ${LARGE_BODY.length}\r\n\r\n${LARGE_BODY}`);

describe('requests that do not end, or are too large', () => {
  test('a request whose body does not arrive in time is answered 408, and its connection is closed', async () => {
    const server = createServer({ trustProxy: false, requestTimeoutMs: 50 }).getInstance();
    server.post('/', () => 'the body has arrived');
    const socket = open(await server.listen({ port: 0, host: '127.0.0.1' }));
    socket.write('POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 1000\r\n\r\nabc');
    expect(await received(socket)).toMatch(/^HTTP\/1.1 408 /);
    await server.close();
  });

  test('headers of more than eight kilobytes, or more than a hundred headers, are answered 431, and the connection is closed', async () => {
    const send = (headers: string): Promise<string> => {
      const socket = open();
      socket.write(`POST /callbacks/stripe ${HEAD}content-length: 9\r\n${headers}\r\n`);
      return received(socket);
    };
    const long = await send(`long: ${'x'.repeat(8_192)}\r\n`);
    expect(long).toMatch(/^HTTP\/1.1 431 /);
    const many = await send(Array.from({ length: 99 }, (_, index) => `h${index}: x\r\n`).join(''));
    expect(many).toMatch(/^HTTP\/1.1 431 /);
    expect(many).toContain('at most 100 headers');
  });

  test('large bodies that were announced and never arrive take nothing from others, not even from bodies without a length', async () => {
    const { paymentNumber } = await service.openPayment('stripe');
    const sockets = Array.from({ length: 700 }, (_, index) => {
      const socket = open().on('error', () => undefined);
      const length = index % 2 ? 'content-length: 262144' : 'transfer-encoding: chunked';
      socket.write(`POST /callbacks/stripe ${HEAD}${length}\r\n\r\n${index % 2 ? 'x' : '1\r\nx\r\n'}`);
      return socket;
    });
    await Promise.all(sockets.map(async (socket) => socket.readyState === 'open' || once(socket, 'connect')));
    expect(await sendLargeCallback()).toMatch(/^HTTP\/1.1 401 /);
    const { body, headers } = service.sign('stripe', { paymentNumber });
    const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`);
    const chunk = `${body.length.toString(16)}\r\n${body.toString()}\r\n0\r\n\r\n`;
    const genuine = open();
    const answer = received(genuine);
    genuine.write(
      `POST /callbacks/stripe ${HEAD}${lines.join('')}connection: close\r\ntransfer-encoding: chunked\r\n\r\n${chunk}`,
    );
    expect(await answer).toMatch(/^HTTP\/1.1 200 /);
    sockets.forEach((socket) => socket.destroy());
  });

  test('large bodies that arrive and never end take at most 128 MiB: beyond that, large bodies are refused and small callbacks are served', async () => {
    const { paymentNumber } = await service.openPayment('stripe');
    const ended: Promise<unknown>[] = [];
    const part = LARGE_BODY.slice(0, 196 * 1024);
    // 180 KiB of each are counted.
    const unfinished = Array.from({ length: 740 }, (_, index) => {
      const socket = open();
      ended.push(received(socket));
      const length = index % 2 ? 'content-length: 262144' : 'transfer-encoding: chunked';
      const sent = index % 2 ? part : `40000\r\n${part}`;
      socket.write(`POST /callbacks/stripe ${HEAD}${length}\r\n\r\n${sent}`);
      return socket;
    });
    await waitUntil(async () => /^HTTP\/1.1 503 /.test(await sendLargeCallback()));
    const refused = await sendLargeCallback();
    expect(refused).toMatch(/^HTTP\/1.1 503 [^]*retry-after: 1\r/i);
    expect(refused).toContain(TOO_MANY_LARGE_BODIES);
    expect(await sendText(`POST /callbacks/stripe ${HEAD}content-length: 300000\r\n\r\n`)).toMatch(
      /^HTTP\/1.1 413 /,
    );
    expect((await service.deliver('stripe', { paymentNumber })).status).toBe(200);

    unfinished.forEach((socket) => socket.destroy());
    await Promise.all(ended);
    await waitUntil(async () => /^HTTP\/1.1 401 /.test(await sendLargeCallback()));
  });

  test.each([
    ['is answered before its body was read', 'GET /callbacks/stripe', `content-length: 262144\r\n\r\n`],
    ['is answered without a body', 'HEAD /health/live', `content-length: 262144\r\n\r\n`],
    ['is chunked and never ends', 'GET /', 'transfer-encoding: chunked\r\n\r\n'],
    [
      'arrives completely for an unknown route',
      'GET /',
      `connection: close\r\ncontent-length: ${LARGE_BODY.length}\r\n\r\n${LARGE_BODY}`,
    ],
  ])('a large request that %s frees its memory when it has ended', async (_, line, rest) => {
    const answers: string[] = [];
    for (let wave = 0; wave < 6; wave += 1) {
      const sent = Array.from({ length: 100 }, () => sendText(`${line} ${HEAD}${rest}`));
      answers.push(...(await Promise.all(sent)));
    }
    expect(answers.filter((answer) => answer.includes(TOO_MANY_LARGE_BODIES))).toEqual([]);
    expect(await sendLargeCallback()).toMatch(/^HTTP\/1.1 401 /);
  });
});

describe('connections', () => {
  test('a client that keeps sending and never reads its answers is disconnected', async () => {
    const socket = open().pause();
    socket.on('error', () => undefined);
    const { paymentNumber } = await service.openPayment('stripe');
    const message = bytesOf(service.sign('stripe', { paymentNumber }));
    const closed = once(socket, 'close');
    socket.write(Buffer.concat([message, message, message]));
    socket.resume();
    await closed;
    expect((await service.deliver('stripe', { paymentNumber })).status).toBe(200);
  });

  test('a request that has begun when the service stops is stored and answered, and then its connection is closed', async () => {
    const stopping = await startService({ databaseUrl: service.databaseUrl });
    const { paymentNumber } = await service.openPayment('stripe');
    const message = bytesOf(service.sign('stripe', { paymentNumber }));
    const cuts = [10, message.length - 5];
    const sockets = cuts.map(() => open(stopping.url));
    const answers = sockets.map(received);
    cuts.forEach((cut, index) => sockets[index]!.write(message.subarray(0, cut)));
    // This request is answered after the others have arrived: one with a part of its headers, one with a part of its body.
    await fetch(`${stopping.url}/health/live`);

    const closed = stopping.close();
    await waitUntil(async () => !(await isListening(stopping.url)), 0);
    cuts.forEach((cut, index) => sockets[index]!.write(message.subarray(cut)));
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
});

/** The callback as an HTTP/1.1 request. */
function bytesOf({ path, headers, body }: SignedCallback): Buffer {
  const lines = Object.entries({ host: 'x', ...headers, 'content-length': body.length });
  const head = lines.map(([name, value]) => `${name}: ${value}\r\n`).join('');
  return Buffer.concat([Buffer.from(`POST ${path} HTTP/1.1\r\n${head}\r\n`), body]);
}

function isListening(url: string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = open(url);
    socket
      .on('error', () => resolve(false))
      .on('connect', () => {
        socket.destroy();
        resolve(true);
      });
  });
}
