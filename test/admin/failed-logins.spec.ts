import { afterAll, beforeAll, expect, jest, test } from '@jest/globals';
import { Logger } from '@nestjs/common';
import { once } from 'node:events';
import { connect } from 'node:net';
import { Metrics } from '../../src/adapters/observability/metrics.js';
import { FailedLogins } from '../../src/adapters/http/server/failed-logins.js';
import { DELAY_MS, type Service, VIEWER, startService } from './service.js';

let service: Service;
beforeAll(async () => {
  service = await startService();
});
afterAll(() => service.close());

const from = (client: string, token: string | null, path = '/admin/v1/orders') =>
  service.call('GET', path, { token, headers: { 'x-forwarded-for': client } });

/** Fails until the address has no attempts left. */
async function exhaust(client: string): Promise<void> {
  while ((await from(client, 'wrong-token')).status !== 429);
}

const counts = async (): Promise<string[]> =>
  (await from('192.0.2.99', null, '/metrics')).text
    .split('\n')
    .filter((line) => line.startsWith('quittance_admin_logins_refused_total{'));

test('the counters of refused log-ins are there before the first one', async () => {
  expect(await counts()).toEqual(
    ['missing', 'unknown', 'limited'].map(
      (reason) => `quittance_admin_logins_refused_total{reason="${reason}"} 0`,
    ),
  );
});

test('an address may fail 30 times, and is then answered 429 with Retry-After, also without a token', async () => {
  const client = '192.0.2.1';
  for (let failed = 0; failed < 30; failed += 1)
    expect((await from(client, failed % 2 ? 'wrong-token' : null)).status).toBe(401);
  for (const token of ['wrong-token', null]) {
    const { status, headers, body } = await from(client, token);
    expect(status).toBe(429);
    expect(headers.get('content-type')).toBe('application/problem+json; charset=utf-8');
    expect(headers.get('cache-control')).toBe('no-store');
    expect(['1', '2']).toContain(headers.get('retry-after'));
    expect(body).toMatchObject({ status: 429, title: 'Too Many Requests' });
  }
  expect(await counts()).toEqual([
    expect.stringMatching(/"missing"\} 15$/),
    expect.stringMatching(/"unknown"\} 15$/),
    expect.stringMatching(/"limited"\} 2$/),
  ]);
});

test('a known token is served at any time from a limited address, and so is what needs no token', async () => {
  const client = '192.0.2.2';
  await exhaust(client);
  expect((await from(client, VIEWER)).status).toBe(200);
  for (const path of ['/health/live', '/metrics', '/docs', '/docs-json'])
    expect((await from(client, null, path)).status).toBe(200);
  const callback = { token: null, headers: { 'x-forwarded-for': client }, body: {} };
  for (const path of ['/callbacks/standard-webhooks', '//callbacks/standard-webhooks/'])
    expect((await service.call('POST', path, callback)).text).toContain('signature');
  expect((await from(client, 'wrong-token')).status).toBe(429);
});

test.each(['/%61dmin/v1/orders', '//admin//v1/orders/', '/admin/v1/orders/A?x', '/admin/v1/nothing'])(
  'a limited address is refused for %s as well',
  async (path) => {
    await exhaust('192.0.2.3');
    expect((await from('192.0.2.3', 'wrong-token', path)).status).toBe(429);
  },
);

test('the answer to a limited address is delayed, and a client that does not wait for it loses its connection', async () => {
  const client = '192.0.2.5';
  await exhaust(client);
  const since = performance.now();
  expect((await from(client, 'wrong-token')).status).toBe(429);
  expect(performance.now() - since).toBeGreaterThan(0.9 * DELAY_MS);
  const guess = `GET /admin/v1/orders HTTP/1.1\r\nhost: localhost\r\nx-forwarded-for: ${client}\r\nauthorization: Bearer x\r\n\r\n`;
  const socket = connect(Number(new URL(service.url).port), '127.0.0.1', () => socket.write(guess + guess));
  const received: Buffer[] = [];
  socket.on('data', (data: Buffer) => received.push(data));
  socket.on('error', () => undefined);
  await once(socket, 'close');
  expect(Buffer.concat(received).toString()).toBe('');
  expect((await from(client, VIEWER)).status).toBe(200);
});

test('other addresses are not limited; of IPv6, one network of 64 bits is one address', async () => {
  await exhaust('2001:db8:0:1::1');
  expect((await from('2001:db8:0:1:ffff::2', null)).status).toBe(429);
  expect((await from('2001:db8:0:2::1', null)).status).toBe(401);
  expect((await from('192.0.2.4', null)).status).toBe(401);
});

test('one attempt comes back every two seconds', () => {
  jest.useFakeTimers({ now: 0 });
  try {
    const logins = new FailedLogins(new Metrics());
    const fail = () => logins.refuse('192.0.2.1', 'unknown').problem.status;
    for (let failed = 0; failed < 30; failed += 1) expect(fail()).toBe(401);
    expect(logins.refuse('192.0.2.1', 'unknown').headers).toEqual({ 'retry-after': '2' });
    jest.advanceTimersByTime(1_900);
    expect(logins.isLimited('192.0.2.1')).toBe(true);
    jest.advanceTimersByTime(100);
    expect(logins.isLimited('192.0.2.1')).toBe(false);
    expect(fail()).toBe(401);
    expect(fail()).toBe(429);
    jest.advanceTimersByTime(3_600_000);
    for (let failed = 0; failed < 30; failed += 1) expect(fail()).toBe(401);
    expect(fail()).toBe(429);
  } finally {
    jest.useRealTimers();
  }
});

test('a client with very many addresses shares one bucket once 10 000 of them have failed, and needs no more memory', () => {
  jest.useFakeTimers({ now: 0 });
  try {
    const logins = new FailedLogins(new Metrics());
    const address = (nth: number) => `10.${nth >> 16}.${(nth >> 8) & 255}.${nth & 255}`;
    const statuses = Array.from(
      { length: 10_100 },
      (_, nth) => logins.refuse(address(nth), 'unknown').problem.status,
    );
    expect(statuses.slice(0, 10_030).every((status) => status === 401)).toBe(true);
    expect(statuses.slice(10_030).every((status) => status === 429)).toBe(true);
    // The buckets of the first ones are full again, so there is place.
    jest.advanceTimersByTime(2_000);
    expect(logins.refuse(address(20_000), 'unknown').problem.status).toBe(401);
    expect(logins.isLimited(address(20_001))).toBe(false);
  } finally {
    jest.useRealTimers();
  }
});

test('refused log-ins are logged once a second, with the address and their number, and never with the token', () => {
  const warn = jest.spyOn(Logger.prototype, 'warn').mockImplementation(() => undefined);
  jest.useFakeTimers({ now: 0 });
  try {
    const logins = new FailedLogins(new Metrics());
    for (let failed = 0; failed < 100; failed += 1) logins.refuse('192.0.2.1', 'unknown');
    jest.advanceTimersByTime(10_000);
    expect(warn.mock.calls).toEqual([
      ['log-in refused', { reason: 'unknown', remoteAddress: '192.0.2.1' }],
      ['log-in refused', { reason: 'limited', remoteAddress: '192.0.2.1', count: 99 }],
    ]);
  } finally {
    jest.useRealTimers();
    warn.mockRestore();
  }
});
