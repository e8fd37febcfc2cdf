import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { once } from 'node:events';
import { type AddressInfo, type Server, type Socket, connect, createServer } from 'node:net';
import { TcpProxy } from '../../tools/chaos/tcp-proxy.js';

let server: Server;
let proxy: TcpProxy;
let port: number;
beforeEach(async () => {
  server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port: target } = server.address() as AddressInfo;
  const { proxy: before, url } = await TcpProxy.before(`postgres://127.0.0.1:${target}/any`);
  proxy = before;
  port = Number(new URL(url).port);
});
afterEach(async () => {
  await proxy.close();
  server.close();
});

async function pair(): Promise<{ client: Socket; accepted: Socket }> {
  const client = connect(port, '127.0.0.1');
  const [accepted] = (await once(server, 'connection')) as [Socket];
  return { client, accepted };
}

test('a cut also ends the half of a silent connection whose other side has ended', async () => {
  const { client, accepted } = await pair();
  expect(proxy.silence()).toBe(1);
  client.destroy();
  await once(client, 'close');
  // The proxy accepts a new connection only after it has seen the end of the old one.
  const { client: next } = await pair();
  expect(accepted.destroyed).toBe(false);
  accepted.resume();
  proxy.cut();
  await once(accepted, 'close');
  next.destroy();
});

test('only connections that spoke until now become silent', async () => {
  const { client, accepted } = await pair();
  expect(proxy.silence()).toBe(1);
  expect(proxy.silence()).toBe(0);
  let carried = '';
  accepted.on('data', (bytes) => (carried += String(bytes)));
  client.write('lost');
  const { client: next, accepted: last } = await pair();
  next.write('carried');
  expect(String((await once(last, 'data'))[0])).toBe('carried');
  expect(carried).toBe('');
  client.destroy();
  next.destroy();
});
