import { afterEach, describe, expect, test } from '@jest/globals';
import { once } from 'node:events';
import { type Socket, connect } from 'node:net';
import { createServer } from '../../src/adapters/http/server/server.js';
import { startService } from './service.js';
import { waitUntil } from './wait-until.js';

const sockets: Socket[] = [];
const closers: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const socket of sockets.splice(0)) socket.destroy();
  await Promise.all(closers.splice(0).map((close) => close()));
});

async function open(url: string): Promise<Socket> {
  const { hostname, port } = new URL(url);
  const socket = connect(Number(port), hostname);
  sockets.push(socket);
  // A connection that the server closes may end with an error as well.
  socket.on('error', () => undefined);
  await once(socket, 'connect');
  return socket;
}

/** A server with a limit of three connections. Requests for `/slow` are answered by `answerSlow`. */
async function startServer(maxConnections = 3) {
  const server = createServer({ trustProxy: false, maxConnections }).getInstance();
  const slow: (() => void)[] = [];
  const accepted: (() => void)[] = [];
  server.get('/', () => 'here');
  server.get('/health/live', () => 'alive');
  server.post('/', () => 'the body has arrived');
  server.get('/slow', async () => {
    accepted.splice(0).forEach((resolve) => resolve());
    await new Promise<void>((resolve) => slow.push(resolve));
    return 'at last';
  });
  const url = await server.listen({ port: 0, host: '127.0.0.1' });
  closers.push(() => server.close());
  return {
    url,
    /** Sends a request for `/slow` and resolves when the server has it. */
    askSlowly: async (socket: Socket): Promise<void> => {
      const reached = new Promise<void>((resolve) => accepted.push(resolve));
      socket.write(`GET /slow ${HEAD}\r\n`);
      await reached;
    },
    answerSlow: () => slow.splice(0).forEach((answer) => answer()),
  };
}

const HEAD = 'HTTP/1.1\r\nhost: x\r\n';

async function get(socket: Socket, path = '/'): Promise<string> {
  socket.write(`GET ${path} ${HEAD}\r\n`);
  return answerOn(socket);
}

async function answerOn(socket: Socket): Promise<string> {
  const [chunk] = (await once(socket, 'data')) as [Buffer];
  return chunk.toString();
}

const OK = /^HTTP\/1.1 200 /;

/** Which of these connections the server has closed. It closes one before it serves the connection that it makes room for. */
const closedOf = (...all: readonly Socket[]): number[] =>
  all.flatMap((socket, index) => (socket.readable ? [] : [index]));

describe('with the limit of connections reached', () => {
  test('a new connection takes the place of the one that has been idle for the longest', async () => {
    const { url } = await startServer();
    const [first, second, third] = [await open(url), await open(url), await open(url)];
    const closed = once(first, 'close');
    expect(await get(await open(url))).toMatch(OK);
    await closed;
    expect(closedOf(first, second, third)).toEqual([0]);
  });

  test('a connection is idle since its last answer, not since it was opened', async () => {
    const { url } = await startServer();
    const [first, second, third] = [await open(url), await open(url), await open(url)];
    expect(await get(first)).toMatch(OK);
    for (const longestIdle of [second, third, first]) {
      const closed = once(longestIdle, 'close');
      expect(await get(await open(url))).toMatch(OK);
      await closed;
    }
  });

  test('a request that has not arrived completely does not keep its connection, whatever it still sends', async () => {
    const { url } = await startServer();
    const [headers, body, third] = [await open(url), await open(url), await open(url)];
    headers.write('GET / HTTP/1.1\r\nhost:');
    body.write(`POST / ${HEAD}content-length: 3\r\n\r\na`);
    expect(await get(third)).toMatch(OK);
    body.write('b');
    const closed = [once(headers, 'close'), once(body, 'close')];
    expect(await get(await open(url))).toMatch(OK);
    expect(await get(await open(url))).toMatch(OK);
    await Promise.all(closed);
    expect(closedOf(headers, body, third)).toEqual([0, 1]);
  });

  test('a complete request that waits for its answer keeps its connection; if all do, the new one is closed', async () => {
    const { url, askSlowly, answerSlow } = await startServer();
    const busy = [await open(url), await open(url), await open(url)];
    for (const socket of busy) await askSlowly(socket);
    const refused = await open(url);
    refused.write(`GET / ${HEAD}\r\n`);
    await once(refused, 'close');
    expect(closedOf(...busy)).toEqual([]);
    const answers = busy.map(answerOn);
    answerSlow();
    for (const answer of await Promise.all(answers)) expect(answer).toMatch(OK);

    // After their answers they are idle again, in the order of the answers.
    const closed = once(busy[0]!, 'close');
    expect(await get(await open(url))).toMatch(OK);
    await closed;
    expect(closedOf(...busy)).toEqual([0]);
  });

  test('a probe is answered while all connections wait for their answers, also if other clients hold the places that are reserved for it', async () => {
    const { url, askSlowly, answerSlow } = await startServer();
    const busy = [await open(url), await open(url), await open(url)];
    for (const socket of busy) await askSlowly(socket);
    const held: Socket[] = [];
    for (let nth = 0; nth < 20; nth += 1) held.push(await open(url));
    const probe = await open(url);
    expect(await get(probe, '/health/live')).toMatch(OK);
    expect(await get(probe, '/health/live')).toMatch(OK);
    expect(closedOf(...busy)).toEqual([]);
    const answers = busy.map(answerOn);
    answerSlow();
    for (const answer of await Promise.all(answers)) expect(answer).toMatch(OK);
  });

  test('of two requests on one connection, an answer to the first does not end the wait for the second', async () => {
    const { url, askSlowly, answerSlow } = await startServer(1);
    const socket = await open(url);
    const first = answerOn(socket);
    socket.write(`GET / ${HEAD}\r\n`);
    await askSlowly(socket);
    await first;
    const refused = await open(url);
    refused.write(`GET / ${HEAD}\r\n`);
    await once(refused, 'close');
    const second = answerOn(socket);
    answerSlow();
    expect(await second).toMatch(/at last$/);
  });

  test('a client that does not read its answer does not keep its connection', async () => {
    const server = createServer({ trustProxy: false, maxConnections: 1 }).getInstance();
    server.get('/', () => 'here');
    let answered!: () => void;
    const large = new Promise<void>((resolve) => (answered = resolve));
    server.get('/large', (_request, reply) => {
      reply.raw.once('prefinish', answered);
      return 'x'.repeat(32 * 1024 * 1024);
    });
    const url = await server.listen({ port: 0, host: '127.0.0.1' });
    closers.push(() => server.close());
    const deaf = (await open(url)).pause();
    deaf.write(`GET /large ${HEAD}\r\n`);
    await large;
    expect(await get(await open(url))).toMatch(OK);
  });

  test('connections that clients have closed count no longer', async () => {
    const { url } = await startServer();
    const kept = await open(url);
    for (let nth = 0; nth < 10; nth += 1) {
      const socket = await open(url);
      expect(await get(socket)).toMatch(OK);
      socket.destroy();
    }
    expect(await get(kept)).toMatch(OK);
  });
});

test('while all connections of both ports are idle, probes, callbacks and operators are answered on each', async () => {
  const service = await startService({ adminPort: 0 }, { limits: { maxConnections: 256 } });
  closers.push(() => service.close());
  const { paymentNumber } = await service.openPayment('stripe');
  for (const url of [service.url, service.adminUrl]) {
    await Promise.all(Array.from({ length: 256 }, () => open(url)));
    expect(await get(await open(url), '/health/live')).toMatch(OK);
  }
  expect(await get(await open(service.adminUrl), '/health/ready')).toMatch(OK);
  expect((await service.deliver('stripe', { paymentNumber })).status).toBe(200);
  const metrics = await (await fetch(`${service.adminUrl}/metrics`)).text();
  expect(metrics).toMatch(/quittance_requests_refused_total\{reason="connections"\} [1-9]/);
});

test('clients that guess tokens on all connections shut out neither callbacks nor operators', async () => {
  const service = await startService({}, { limits: { maxConnections: 64, delayMs: 60_000 } });
  closers.push(() => service.close());
  const { paymentNumber } = await service.openPayment('stripe');
  const guess = async () => {
    const socket = await open(service.url);
    socket.write(`GET /admin/v1/orders ${HEAD}authorization: Bearer guess\r\n\r\n`);
    return socket;
  };
  // The first thirty are answered at once, and the answers to all others are delayed.
  for (let failed = 0; failed < 30; failed += 1) expect(await answerOn(await guess())).toMatch('401');
  await Promise.all(Array.from({ length: 64 }, guess));
  const metrics = async () => (await fetch(`${service.url}/metrics`)).text();
  await waitUntil(async () => (await metrics()).includes('{reason="limited"} 64'));
  expect((await service.deliver('stripe', { paymentNumber })).status).toBe(200);
  expect(await get(await open(service.url), '/health/ready')).toMatch(OK);
});
