import { expect, test } from '@jest/globals';
import { once } from 'node:events';
import type { Socket } from 'node:net';
import { createServer } from '../../src/adapters/http/server/server.js';
import { stopwatch } from '../stopwatch.js';
import { open } from './raw-http.js';

const HEAD = 'HTTP/1.1\r\nhost: x\r\n';
const FINISH_WITHIN_MS = 300;

/** A server that has received something on each connection. */
async function startServer(): Promise<{ url: string; close: () => Promise<unknown> }> {
  const server = createServer({ trustProxy: false, finishWithinMs: FINISH_WITHIN_MS }).getInstance();
  server.get('/', () => 'here');
  server.post('/', () => 'the body has arrived');
  server.get('/never', () => new Promise(() => undefined));
  const url = await server.listen({ port: 0, host: '127.0.0.1' });
  return { url, close: () => server.close() };
}

const write = (socket: Socket, text: string): Promise<void> =>
  new Promise((resolve) => socket.on('error', () => undefined).write(text, () => resolve()));

test.each([
  ['on which the headers of a request do not end', 'GET / HTTP/1.1\r\nhost:'],
  ['on which the body of a request does not end', `POST / ${HEAD}content-length: 9\r\n\r\nabc`],
  ['whose request is never answered', `GET /never ${HEAD}\r\n`],
])('a stop does not wait longer than its time for a connection %s', async (_, text) => {
  const { url, close } = await startServer();
  const socket = open(url).pause();
  await write(socket, text);
  await (await fetch(url)).text();
  const elapsed = stopwatch();
  await close();
  expect(elapsed()).toBeGreaterThanOrEqual(FINISH_WITHIN_MS - 50);
  expect(elapsed()).toBeLessThan(FINISH_WITHIN_MS + 2_000);
  socket.destroy();
});

test('a stop does not wait for connections on which nothing was sent, or that are idle between two requests', async () => {
  const { url, close } = await startServer();
  const silent = open(url).resume();
  const used = open(url);
  await Promise.all([once(silent, 'connect'), once(used, 'connect')]);
  await write(used, `GET / ${HEAD}\r\n`);
  await once(used, 'data');
  const closed = [silent, used].map((socket) => once(socket.resume(), 'close'));
  const elapsed = stopwatch();
  await close();
  expect(elapsed()).toBeLessThan(FINISH_WITHIN_MS);
  await Promise.all(closed);
});
