import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { once } from 'node:events';
import { type AddressInfo, type Server, createServer } from 'node:net';
import { listenRefused, tryToListen } from '../../src/config/listen-refused.js';

let server: Server;
let port: number;
beforeAll(async () => {
  server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  ({ port } = server.address() as AddressInfo);
});
afterAll(() => void server.close());

const address = (host: string, at: number) => ({ host, port: at, variables: { host: 'HOST', port: 'PORT' } });

test('a port that is free is free afterwards as well', async () => {
  await tryToListen(address('localhost', 0));
  const own = createServer().listen(0, '127.0.0.1');
  await once(own, 'listening');
  const free = (own.address() as AddressInfo).port;
  await new Promise((closed) => own.close(closed));
  await tryToListen(address('127.0.0.1', free));
  await expect(tryToListen(address('127.0.0.1', free))).resolves.toBeUndefined();
});

test('a port that is taken is named, with what to do', async () => {
  const refused = tryToListen(address('127.0.0.1', port));
  await expect(refused).rejects.toMatchObject({
    name: 'StartRefused',
    message: `Quittance cannot listen, and nothing was started: another process uses PORT ${port} of 127.0.0.1: stop it, or set PORT to a free port.`,
  });
});

test.each([
  ['300.1.2.3', 'HOST 300.1.2.3 is neither an IP address nor a name that resolves to one: correct HOST.'],
  ['no-such-host.invalid', 'HOST no-such-host.invalid '],
  ['192.0.2.1', 'HOST 192.0.2.1 is not an address of this machine: set HOST to one of them'],
])('HOST=%s: %s', async (host, message) => {
  await expect(tryToListen(address(host, 0))).rejects.toThrow(message);
});

test('a port that needs a right is explained by the code of the operating system; another error stays as it is', () => {
  const denied = Object.assign(new Error('listen EACCES'), { code: 'EACCES' });
  expect(listenRefused(denied, address('127.0.0.1', 80)).message).toContain(
    'the user of this process may not listen on PORT 80: set PORT to 1024 or higher',
  );
  const bug = new TypeError('a bug');
  expect(listenRefused(bug, address('127.0.0.1', 80))).toBe(bug);
});
