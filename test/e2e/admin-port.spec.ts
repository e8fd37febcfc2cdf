import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { once } from 'node:events';
import { type AddressInfo, createServer } from 'node:net';
import { freePort } from '../free-port.js';
import { open, received, request, statusOf } from './raw-http.js';
import { type Service, startService } from './service.js';
import { waitUntil } from './wait-until.js';

let service: Service;
beforeAll(async () => {
  service = await startService({ adminPort: 0 });
  // On a busy machine the first probe may be too slow.
  await waitUntil(async () => (await fetch(`${service.adminUrl}/health/ready`)).status === 200);
});
afterAll(() => service.close());

const OF_OPERATORS = [
  '/admin/v1/orders',
  '/metrics',
  '/docs',
  '/docs/swagger-ui.css',
  '/docs-json',
  '/health/live',
  '/health/ready',
];

/** Reads the body as well. While a large one is not read, its connection stays open, and the process of the tests cannot exit. */
async function get(url: string, headers: Record<string, string> = {}): Promise<Response> {
  const response = await fetch(url, { headers });
  await response.arrayBuffer();
  return response;
}

describe('with an ADMIN_PORT', () => {
  test.each(OF_OPERATORS.filter((path) => path !== '/health/live'))(
    'GET %s is served there, and 404 on PORT',
    async (path) => {
      const headers = { authorization: 'Bearer dev-token' };
      expect((await get(`${service.adminUrl}${path}`, headers)).status).toBe(200);
      const onPort = await get(`${service.url}${path}`, headers);
      expect(onPort.status).toBe(404);
      expect(onPort.headers.get('content-type')).toBe('application/problem+json; charset=utf-8');
    },
  );

  test.each([
    '//admin/v1/orders',
    '/admin/v1/orders/',
    '/admin//v1/orders',
    '/ADMIN/v1/orders',
    '/%61dmin/v1/orders',
    '/%2561dmin/v1/orders',
    '/./admin/v1/orders',
    '/x/../admin/v1/orders',
    '/callbacks/../admin/v1/orders',
    '/callbacks/%2e%2e/admin/v1/orders',
    '/callbacks%2f..%2fadmin/v1/orders',
    '/callbacks/..%2fadmin/v1/orders',
    '/callbacks/..;/admin/v1/orders',
    '/callbacks//../admin/v1/orders',
    '/callbacks\\..\\admin/v1/orders',
    '/health/live/../../admin/v1/orders',
    '/health/live%2f..%2f..%2fmetrics',
    '/health/live;/metrics',
    '/admin/v1/orders?x=/callbacks/stripe',
    '/admin/v1/orders#/callbacks/stripe',
    '/admin/v1/orders.',
    '/admin/v1/orders;x',
    '/metrics.',
    '/metrics%00',
    '/%6detrics',
    '/docs-json/',
    'http://x/admin/v1/orders',
    'HTTPS://x/metrics',
    'http://x//metrics',
    'http:///metrics',
    'http://x?/metrics',
    'http://callbacks/metrics',
    'http://u:p@x/metrics',
    'http://x/callbacks/../metrics',
    'metrics',
    '?/metrics',
    '*metrics',
    'x:///metrics',
    'ftp://x/metrics',
  ])('the target "%s" gets nothing of the operators on PORT', async (target) => {
    const answer = await request(service.url, 'GET', target);
    expect([400, 404, 405]).toContain(statusOf(answer));
    expect(answer).not.toContain('items');
    expect(answer).not.toContain('quittance_');
  });

  test.each(['/admin/v1/orders', '/metrics', '/callbacks/stripe/x', '/nothing'])(
    '%s and a path that does not exist get the same answer on PORT',
    async (path) => {
      expect(await request(service.url, 'GET', path)).toContain(
        `There is no path ${path}. Nothing was changed.`,
      );
    },
  );

  test('callbacks are received on PORT and are 404 on ADMIN_PORT', async () => {
    const { paymentNumber } = await service.openPayment('stripe');
    expect((await service.deliver('stripe', { paymentNumber })).status).toBe(200);
    for (const target of ['/callbacks/stripe', '//callbacks/stripe', 'http://x/callbacks/stripe'])
      expect(statusOf(await request(service.adminUrl, 'POST', target))).toBe(404);
    expect(statusOf(await request(service.url, 'POST', 'http://x//callbacks/stripe/'))).toBe(401);
  });

  test('/health/live has the version on ADMIN_PORT alone', async () => {
    const version = expect.stringMatching(/^\d+\.\d+\.\d+/);
    expect(await (await fetch(`${service.adminUrl}/health/live`)).json()).toEqual({ status: 'ok', version });
    for (const target of ['/health/live', '//health//live/', 'http://x/health/live'])
      expect(await request(service.url, 'GET', target)).toMatch(/\r\n\r\n\{"status":"ok"\}$/);
  });

  test('a stop closes both ports, and a request that has begun on either is answered', async () => {
    const stopping = await startService({ adminPort: 0, databaseUrl: service.databaseUrl });
    const urls = [stopping.url, stopping.adminUrl];
    const idle = urls.map((url) => open(url));
    const closed = idle.map((socket) => once(socket.resume(), 'close'));
    const sockets = urls.map((url) => open(url));
    const answers = sockets.map(received);
    sockets.forEach((socket) => socket.write('GET /health/live HTTP/1.1\r\nhost:'));
    // Both servers have read what was sent before.
    for (const url of urls) await request(url, 'GET', '/health/live');
    const stopped = stopping.close();
    for (const url of urls) await waitUntil(async () => !(await accepts(url)), 0);
    await Promise.all(closed);
    sockets.forEach((socket) => socket.write(' x\r\n\r\n'));
    for (const answer of await Promise.all(answers)) {
      expect(statusOf(answer)).toBe(200);
      expect(answer).toMatch(/^connection: close\r$/im);
    }
    await stopped;
  });

  test.each(['PORT', 'ADMIN_PORT'] as const)(
    'if %s is taken, the error names it, and the other port is closed',
    async (variable) => {
      const other = createServer().listen(0, '127.0.0.1');
      await once(other, 'listening');
      const taken = (other.address() as AddressInfo).port;
      const free = await freePort();
      const [port, adminPort] = variable === 'PORT' ? [taken, free] : [free, taken];
      const { databaseUrl } = service;
      await expect(startService({ port, adminPort, databaseUrl })).rejects.toMatchObject({
        name: 'ListenFailed',
        message: expect.stringContaining(
          `nothing listens now: another process uses ${variable} ${taken} of 127.0.0.1: stop it, or set ${variable} to a free port.`,
        ),
      });
      expect(await accepts(`http://127.0.0.1:${free}`)).toBe(false);
      other.close();
    },
  );
});

test('HOST=localhost listens on every address of that name, and each has the same routes', async () => {
  const named = await startService({
    host: 'localhost',
    adminHost: 'localhost',
    adminPort: 0,
    databaseUrl: service.databaseUrl,
  });
  for (const host of ['127.0.0.1', '[::1]']) {
    const [url, adminUrl] = [named.url, named.adminUrl].map((each) => each.replace('localhost', host));
    if (!(await accepts(url!))) continue;
    expect((await get(`${url}/metrics`)).status).toBe(404);
    expect((await fetch(`${url}/health/live`)).status).toBe(200);
    expect((await get(`${adminUrl}/metrics`)).status).toBe(200);
  }
  await named.close();
});

function accepts(url: string): Promise<boolean> {
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
