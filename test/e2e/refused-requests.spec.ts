import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { gzipSync } from 'node:zlib';
import { read, rows, section, sorted } from '../docs/markdown.js';
import { exchange, open, received, request, statusOf } from './raw-http.js';
import { type Service, startService } from './service.js';
import { waitUntil } from './wait-until.js';

interface Row {
  readonly gateway: string | null;
  readonly reason: string;
  readonly path: string | null;
  readonly remoteAddress: string;
}

let service: Service;
beforeAll(async () => {
  service = await startService({ trustProxy: ['127.0.0.1'] }, { limits: { requestTimeoutMs: 1_000 } });
});
afterAll(() => service.close());

const HEAD = 'HTTP/1.1\r\nhost: x\r\n';
const CLOSE = 'connection: close\r\n';

async function countOf(reason: string): Promise<number> {
  const metrics = await (await fetch(`${service.url}/metrics`)).text();
  return Number(
    new RegExp(`^quittance_requests_refused_total\\{reason="${reason}"\\} (\\d+)$`, 'm').exec(metrics)?.[1],
  );
}

const rejections = async (): Promise<readonly Row[]> =>
  (await service.admin<{ items: Row[] }>('GET', '/rejections?limit=200')).body.items;

/** What the tests have sent so far. Rows are written once a second, so the last test waits for all of them at once. */
const toBeListed: Partial<Row>[] = [];
const allListed = () =>
  waitUntil(async () => {
    const rows = await rejections();
    return toBeListed.every((expected) => rows.some((row) => matches(row, expected)));
  });

const signed = () => service.sign('stripe', { paymentNumber: 'P1' });
const callback = (headers: string, body = '') =>
  exchange(service.url, `POST /callbacks/stripe ${HEAD}${CLOSE}${headers}\r\n${body}`);

/** Files are looked for after the request, and Node gives no late answer to a client that has closed its side already. */
const get = (target: string) => {
  const socket = open(service.url);
  socket.write(`GET ${target} ${HEAD}${CLOSE}\r\n`);
  return received(socket);
};

test('the counters of refused requests are there before the first one', async () => {
  for (const reason of ['path', 'method', 'encoding', 'size', 'headers', 'framing', 'timeout', 'connections'])
    expect([reason, await countOf(reason)]).toEqual([reason, 0]);
});

describe('what is refused before a signature is looked at is answered with a problem, counted, logged and listed', () => {
  test.each<[string, () => Promise<string>, number, Partial<Row> & { reason: string }]>([
    [
      'an unknown gateway',
      () => request(service.url, 'POST', '/callbacks/nobody?token=secret'),
      404,
      { reason: 'path', gateway: null, path: '/callbacks/nobody' },
    ],
    [
      'a path that no route has',
      () => request(service.url, 'POST', '/webhooks/stripe'),
      404,
      { reason: 'path', gateway: null, path: '/webhooks/stripe' },
    ],
    [
      'a path that cannot be decoded',
      () => request(service.url, 'POST', '/callbacks/%zz'),
      400,
      { reason: 'path', gateway: null, path: '/callbacks/%zz' },
    ],
    [
      'another method',
      () => request(service.url, 'PUT', '/callbacks/stripe'),
      405,
      { reason: 'method', gateway: 'stripe', path: '/callbacks/stripe' },
    ],
    [
      'a tunnel',
      () => request(service.url, 'CONNECT', 'example.com:443'),
      405,
      { reason: 'method', gateway: null, path: 'example.com:443' },
    ],
    [
      'a body that is announced as too large',
      () => callback('content-length: 300000\r\n'),
      413,
      { reason: 'size', gateway: 'stripe', path: '/callbacks/stripe' },
    ],
    ['headers of 64 KiB', () => callback(`x: ${'x'.repeat(65_536)}\r\n`), 431, { reason: 'headers' }],
    [
      'a hundred and three headers',
      () => callback(Array.from({ length: 101 }, (_, nth) => `h${nth}: x\r\n`).join('')),
      431,
      { reason: 'headers', gateway: 'stripe', path: '/callbacks/stripe' },
    ],
    [
      'a request without Host',
      () => exchange(service.url, 'POST /callbacks/alipay HTTP/1.1\r\ncontent-length: 0\r\n\r\n'),
      400,
      { reason: 'headers', gateway: 'alipay', path: '/callbacks/alipay' },
    ],
    [
      'an unknown expectation',
      () => callback('expect: a miracle\r\n'),
      417,
      { reason: 'headers', gateway: 'stripe', path: '/callbacks/stripe' },
    ],
    [
      'two lengths of one body',
      () => callback('content-length: 3\r\ntransfer-encoding: chunked\r\n'),
      400,
      { reason: 'framing', gateway: 'stripe', path: '/callbacks/stripe' },
    ],
    [
      'two headers Host, of which a proxy may have seen the other one',
      () => exchange(service.url, `POST /callbacks/stripe ${HEAD}Host: y\r\ncontent-length: 0\r\n\r\n`),
      400,
      { reason: 'framing', gateway: 'stripe', path: '/callbacks/stripe' },
    ],
    [
      'two headers Authorization, of which a proxy may have seen the other one',
      () =>
        exchange(
          service.url,
          `POST /callbacks/stripe ${HEAD}Authorization: Bearer a\r\nauthorization: Bearer b\r\ncontent-length: 0\r\n\r\n`,
        ),
      400,
      { reason: 'framing', gateway: 'stripe', path: '/callbacks/stripe' },
    ],
    [
      'a body that is compressed for the transfer',
      () => callback('transfer-encoding: gzip, chunked\r\n', '3\r\nabc\r\n0\r\n\r\n'),
      400,
      { reason: 'encoding', gateway: 'stripe', path: '/callbacks/stripe' },
    ],
    [
      'a body that is compressed for the transfer, and whose chunks are broken',
      () => callback('transfer-encoding: gzip, chunked\r\n', 'no chunk'),
      400,
      { reason: 'encoding', gateway: 'stripe', path: '/callbacks/stripe' },
    ],
    [
      'a body that is compressed for the transfer, and has no chunks',
      () => callback('transfer-encoding: gzip\r\n', 'abc'),
      400,
      { reason: 'encoding', path: '/callbacks/stripe' },
    ],
    [
      'a path that leaves the documents',
      () => get('/docs/../metrics'),
      404,
      { reason: 'path', gateway: null, path: '/docs/../metrics' },
    ],
    [
      'an encoded path that leaves the documents',
      () => get('/docs/..%2fmetrics'),
      404,
      { reason: 'path', gateway: null, path: '/docs/..%2fmetrics' },
    ],
    [
      'a file that the documents do not have',
      () => get('/docs/no-such-file.js'),
      404,
      { reason: 'path', gateway: null, path: '/docs/no-such-file.js' },
    ],
    [
      'what is no HTTP',
      () => exchange(service.url, '\x16\x03\x01\x02\x00\r\n\r\n'),
      400,
      { reason: 'framing' },
    ],
  ])('%s', async (_, send, status, row) => {
    const before = await countOf(row.reason);
    const answer = await send();
    expect(statusOf(answer)).toBe(status);
    expect(answer).toMatch(/^content-type: application\/problem\+json; charset=utf-8\r$/im);
    expect(answer).toMatch(/^connection: close\r$/im);
    expect(answer).toMatch(/^x-content-type-options: nosniff\r$/im);
    expect(JSON.parse(answer.slice(answer.indexOf('\r\n\r\n') + 4))).toMatchObject({ status });
    expect(await countOf(row.reason)).toBe(before + 1);
    toBeListed.push({ ...row, remoteAddress: '127.0.0.1' });
  });

  test('a compressed body, in the format of the gateway', async () => {
    const { headers, body, path } = signed();
    const compressed = { path, headers: { ...headers, 'content-encoding': 'gzip' }, body: gzipSync(body) };
    const before = await countOf('encoding');
    expect((await service.sendRaw(compressed)).status).toBe(400);
    expect(await countOf('encoding')).toBe(before + 1);
    toBeListed.push({ reason: 'encoding', gateway: 'stripe', path: '/callbacks/stripe' });
  });

  test('a client that leaves in the middle of its headers, with its address', async () => {
    const before = await countOf('framing');
    await exchange(service.url, `POST /callbacks/stripe HTTP/1.1\r\nhost: left`);
    expect(await countOf('framing')).toBe(before + 1);
    const socket = open(service.url);
    await new Promise<void>((resolve) =>
      socket.write('POST /callbacks/wechat-pay HTTP/1.1\r\n', () => resolve()),
    );
    socket.destroy();
    await waitUntil(async () => (await countOf('framing')) === before + 2);
  });

  test('a client that leaves while it sends a body is counted for no reason, because any client may abort a request', async () => {
    const counts = () => Promise.all(['framing', 'timeout', 'connections', 'size'].map(countOf));
    const before = await counts();
    for (const body of ['content-length: 1000\r\n\r\nabc', 'transfer-encoding: chunked\r\n\r\n5\r\nabc']) {
      const ended = await exchange(service.url, `POST /callbacks/stripe ${HEAD}${body}`);
      expect(statusOf(ended)).toBe(400);
      expect(ended).toContain('ended before the body was complete');
      const socket = open(service.url);
      await new Promise<void>((resolve) =>
        socket.write(`POST /callbacks/stripe ${HEAD}${body}`, () => resolve()),
      );
      socket.destroy();
    }
    expect(await counts()).toEqual(before);
  });

  test('a client that keeps sending and never reads its answers', async () => {
    const one = `POST /callbacks/stripe ${HEAD}content-length: 0\r\n\r\n`;
    const socket = open(service.url).on('error', () => undefined);
    const closed = new Promise((resolve) => socket.once('close', resolve));
    socket.write(one.repeat(5));
    socket.resume();
    await closed;
    expect(await countOf('connections')).toBeGreaterThan(0);
  });
});

test('docs/reference/acknowledgements.md has every status with which a request about a callback is refused', async () => {
  const answers = [
    request(service.url, 'POST', '/callbacks/no-such-gateway'),
    request(service.url, 'POST', `/callbacks/${'x'.repeat(200)}`),
    request(service.url, 'GET', '/callbacks/stripe'),
    callback('content-length: 300000\r\n'),
    callback('expect: a miracle\r\n'),
    callback(`x: ${'x'.repeat(65_536)}\r\n`),
    callback('content-length: 3\r\ntransfer-encoding: chunked\r\n'),
  ];
  const refused = (await Promise.all(answers)).map((answer) => String(statusOf(answer)));
  // A request that is too slow is in another test, and large bodies that fill the memory are in server.spec.ts.
  const told = rows(section(read('docs/reference/acknowledgements.md'), 'Answers in another format'));
  expect(sorted(told.map(([status]) => status!))).toEqual(sorted([...refused, '408', '503']));
  // Without a length, a request has an empty body. Any content type is taken. So there is neither 411 nor 415.
  expect(statusOf(await callback(''))).toBe(401);
  expect(statusOf(await callback('content-type: text/plain\r\ncontent-length: 2\r\n', '{}'))).toBe(401);
});

test('a flood of one reason is logged once a second and does not push the other rows out of the table', async () => {
  const lines = () => service.log.lines.filter(({ text }) => text.includes('"path":"/flood"')).length;
  await Promise.all(Array.from({ length: 300 }, () => fetch(`${service.url}/flood`)));
  await waitUntil(async () => lines() > 0);
  expect(lines()).toBeLessThan(5);
  toBeListed.push({ path: '/flood' });
});

test('a request about a callback is logged as a warning, and any other one for information', async () => {
  const levelsOf = (path: string) =>
    service.log.lines.filter(({ text }) => text.includes(`"path":"${path}"`)).map(({ level }) => level);
  expect(levelsOf('/callbacks/nobody')).toEqual(['warn']);
  expect(levelsOf('/webhooks/stripe')).toEqual(['info']);
});

test('a slash at the end, or two slashes, are the same route', async () => {
  const { paymentNumber } = await service.openPayment('stripe');
  for (const path of ['/callbacks/stripe/', '//callbacks/stripe', '/callbacks//stripe?a=b']) {
    const { headers, body } = service.sign('stripe', { paymentNumber });
    const answer = await fetch(`${service.url}${path}`, {
      method: 'POST',
      headers,
      body: new Uint8Array(body),
    });
    expect([path, answer.status]).toEqual([path, 200]);
  }
  expect((await service.admin('GET', '/orders/')).status).toBe(200);
});

test('the address in X-Forwarded-For is stored only if it is one', async () => {
  const cases = [
    ['203.0.113.7:443', '203.0.113.7'],
    [`<script>${'x'.repeat(6_000)}</script>`, '127.0.0.1'],
  ] as const;
  for (const [forwarded, expected] of cases) {
    const { path, headers, body } = service.sign('alipay', { paymentNumber: 'P1', tamper: true });
    const sent = { path, body, headers: { ...headers, 'x-forwarded-for': forwarded } };
    expect((await service.sendRaw(sent)).status).toBe(401);
    toBeListed.push({ reason: 'signature_mismatch', gateway: 'alipay', remoteAddress: expected });
  }
});

test("of a callback's headers, those of the signature, the content type and the user agent are stored, in printable characters, and no credentials of a proxy", async () => {
  const { paymentNumber } = await service.openPayment('stripe');
  const { path, headers, body } = service.sign('stripe', { paymentNumber });
  const credentials = {
    authorization: 'Bearer proxy-secret',
    'proxy-authorization': 'Basic proxy-secret',
    cookie: 'session=proxy-secret',
    'x-forwarded-for': '203.0.113.7',
    'x-forwarded-user': 'proxy-secret',
    'x-amzn-oidc-data': 'proxy-secret',
    'cf-access-jwt-assertion': 'proxy-secret',
    'x-ms-token-aad-id-token': 'proxy-secret',
    'x-api-key': 'proxy-secret',
  };
  const sent = {
    path,
    body,
    headers: { ...headers, ...credentials, 'user-agent': `A\té${'x'.repeat(2_000)}` },
  };
  expect((await service.sendRaw(sent)).status).toBe(200);
  const [row] = await service.sql<{ headers: Record<string, string> }>(
    `SELECT contents.headers FROM callbacks JOIN callback_contents AS contents ON callback_id = id
      WHERE notice->>'paymentNumber' = $1`,
    [paymentNumber],
  );
  expect(Object.keys(row!.headers).toSorted()).toEqual(['content-type', 'stripe-signature', 'user-agent']);
  expect(JSON.stringify(row)).not.toContain('proxy-secret');
  expect(row!.headers['user-agent']).toBe(`A${'x'.repeat(511)}`);
});

test('a request that does not arrive in time is answered 408, counted and listed, and a connection on which nothing was sent is not', async () => {
  const silent = received(open(service.url));
  const socket = open(service.url);
  const answer = received(socket);
  socket.write(`POST /callbacks/stripe ${HEAD}content-length: 1000\r\n\r\nabc`);
  expect(await answer).toMatch(/^HTTP\/1.1 408 [^]*application\/problem\+json/);
  await silent;
  expect(await countOf('timeout')).toBe(1);
  toBeListed.push({ reason: 'timeout', gateway: 'stripe', path: '/callbacks/stripe' });
  await allListed();
  const rows = await service.sql<Row & { remote_address: string }>('SELECT * FROM rejections');
  expect(JSON.stringify(rows)).not.toContain('secret');
  expect(rows.filter(({ path }) => path === '/flood').length).toBeLessThan(60);
  const addresses = rows.map((row) => row.remote_address);
  expect(new Set(addresses)).toEqual(new Set(['127.0.0.1', '203.0.113.7']));
});

const matches = (row: Row, expected: Partial<Row>): boolean =>
  Object.entries(expected).every(([name, value]) => row[name as keyof Row] === value);
