import { afterAll, beforeEach, describe, expect, test } from '@jest/globals';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { type AddressInfo, createServer } from 'node:net';
import { Webhook } from 'standardwebhooks';
import { WebhookPublisher } from '../../src/adapters/webhooks/webhook-publisher.js';
import { CheckedTargets } from '../../src/adapters/webhooks/webhook-targets.js';
import type { PublishedEvent } from '../../src/domain/events/published-event.js';
import { HttpReceiver } from '../../tools/chaos/http-receiver.js';
import { stopwatch } from '../stopwatch.js';

const newSecret = () => `whsec_${randomBytes(32).toString('base64')}`;
const EVENT: PublishedEvent = {
  id: 'evt_42',
  type: 'order.paid',
  at: new Date('2026-11-23T08:00:00.000Z'),
  data: { orderNumber: 'A-1', paymentNumber: 'P1', from: 'pending', to: 'paid', move: 'pay', city: '北京' },
};

const TEST = {
  id: 'evt_test_1',
  type: 'endpoint.test',
  at: new Date('2026-11-23T08:00:00.000Z'),
  data: { endpointId: '1' },
} as const;

const opened: HttpReceiver[] = [];
let receiver: HttpReceiver;
beforeEach(async () => {
  receiver = await new HttpReceiver().open();
  opened.push(receiver);
});
afterAll(async () => {
  await Promise.all(opened.map((each) => each.close()));
  publisher.close();
});

const publisher = new WebhookPublisher(new CheckedTargets(true), 300);
const destination = (url: string, secrets = [newSecret()], headers = {}) =>
  ({ subscriberId: '1', kind: 'webhook', url, secrets, headers }) as const;
const publish = (url: string, secrets = [newSecret()], by = publisher) =>
  by.publish(EVENT, destination(url, secrets));

describe('a webhook', () => {
  test('is verified by the standardwebhooks library with every live secret and with no other', async () => {
    const secrets = [newSecret(), newSecret()];
    expect(await publish(receiver.url, secrets)).toEqual({ delivered: true, httpStatus: 200 });
    const [{ headers, text } = { headers: {}, text: '' }] = receiver.requests;
    for (const live of secrets)
      expect(new Webhook(live).verify(text, headers as Record<string, string>)).toEqual({
        type: 'order.paid',
        timestamp: '2026-11-23T08:00:00.000Z',
        data: EVENT.data,
      });
    expect(() => new Webhook(newSecret()).verify(text, headers as Record<string, string>)).toThrow(
      /signature/,
    );
    expect(headers).toMatchObject({ 'webhook-id': 'evt_42', 'content-type': 'application/json' });
  });

  test.each([201, 202, 204])('is delivered by a status of %d', async (status) => {
    receiver.answer = (_, response) => void response.writeHead(status).end();
    expect(await publish(receiver.url)).toEqual({ delivered: true, httpStatus: status });
  });

  test.each([400, 401, 404, 429, 500, 503])('is not delivered by a status of %d', async (status) => {
    receiver.answer = (_, response) => void response.writeHead(status).end('secret of the receiver');
    const error = `HTTP ${status}`;
    expect(await publish(receiver.url)).toEqual({
      delivered: false,
      httpStatus: status,
      error,
      gone: false,
    });
  });

  test('is delivered at once, although four endpoints on the same host have all their deliveries in flight and hang', async () => {
    receiver.answer = ({ path }, response) => {
      if (path.endsWith('/healthy')) response.writeHead(204).end();
    };
    const patient = new WebhookPublisher(new CheckedTargets(true), 2_000);
    const publishTo = (subscriberId: string, path: string) =>
      patient.publish(EVENT, { ...destination(receiver.url + path), subscriberId });
    // Twice as many as one endpoint may have in flight.
    const hanging = Array.from({ length: 8 * patient.concurrency }, (_, nth) =>
      publishTo(`${nth % 4}`, '/hanging'),
    );
    const healthy = publishTo('healthy', '/healthy');
    const test = patient.sendTest(TEST, { ...destination(`${receiver.url}/healthy`), subscriberId: '1' });
    const first = await Promise.race([healthy, ...hanging]);
    expect(first).toEqual({ delivered: true, httpStatus: 204 });
    // A test of an endpoint does not wait for its own deliveries either.
    expect(await Promise.race([test, ...hanging])).toEqual({ delivered: true, httpStatus: 204 });
    const perEndpoint = receiver.requests.filter(({ path }) => path.endsWith('/hanging')).length / 4;
    expect(perEndpoint).toBe(patient.concurrency);
    patient.close();
    await Promise.all(hanging);
  });

  test.each([
    [429, { 'retry-after': '120' }, 120],
    [503, { 'retry-after': '7' }, 7],
    [503, { 'retry-after': 'Mon, 23 Nov 2026 08:02:00 GMT', date: 'Mon, 23 Nov 2026 08:00:30 GMT' }, 90],
    [503, { 'retry-after': 'soon' }, undefined],
    [503, {}, undefined],
    [500, { 'retry-after': '120' }, undefined],
  ])(
    'is answered with %i and %j: the receiver asks for a pause of %j seconds',
    async (status, headers, seconds) => {
      receiver.answer = (_, response) => void response.writeHead(status, headers).end();
      const result = await publish(receiver.url);
      expect(result).toEqual({
        delivered: false,
        httpStatus: status,
        error: `HTTP ${status}`,
        gone: false,
        retryAfterSeconds: seconds,
      });
    },
  );

  test('has the headers of its endpoint, which change nothing that is signed', async () => {
    const secret = newSecret();
    const headers = { Authorization: 'Bearer of-the-shop', 'user-agent': 'Shop', 'X-Shop': 'a b' };
    await publisher.publish(EVENT, destination(receiver.url, [secret], headers));
    const [{ headers: received, text } = { headers: {}, text: '' }] = receiver.requests;
    expect(received).toMatchObject({
      authorization: 'Bearer of-the-shop',
      'user-agent': 'Shop',
      'x-shop': 'a b',
      'webhook-id': 'evt_42',
      'content-type': 'application/json',
    });
    expect(new Webhook(secret).verify(text, received as Record<string, string>)).toBeTruthy();
  });

  test('for a test is signed and has the headers of its endpoint, on a connection that is closed afterwards', async () => {
    const secret = newSecret();
    const sent = await publisher.sendTest(TEST, destination(receiver.url, [secret], { 'X-Shop': '1' }));
    expect(sent).toEqual({ delivered: true, httpStatus: 200 });
    const [{ headers, text } = { headers: {} as Record<string, string>, text: '' }] = receiver.requests;
    expect(headers).toMatchObject({ 'x-shop': '1', 'webhook-id': 'evt_test_1', connection: 'close' });
    expect(new Webhook(secret).verify(text, headers as Record<string, string>)).toEqual({
      type: 'endpoint.test',
      timestamp: '2026-11-23T08:00:00.000Z',
      data: { endpointId: '1' },
    });
  });

  test('is not wanted any more by a receiver that answers 410', async () => {
    receiver.answer = (_, response) => void response.writeHead(410).end();
    expect(await publish(receiver.url)).toMatchObject({ delivered: false, httpStatus: 410, gone: true });
  });

  test.each([301, 302, 303, 307, 308])('does not follow a redirect with status %d', async (status) => {
    const other = await new HttpReceiver().open();
    opened.push(other);
    receiver.answer = (_, response) => void response.writeHead(status, { location: other.url }).end();
    expect(await publish(receiver.url)).toMatchObject({
      delivered: false,
      httpStatus: status,
      error: `HTTP ${status}: redirects are not followed`,
    });
    expect(other.requests).toEqual([]);
  });

  test('ends at its time-out if the receiver does not answer, or sends the head of its answer byte by byte', async () => {
    receiver.answer = () => undefined;
    const timedOut = { delivered: false, httpStatus: null, error: 'no answer within 0.3 s' };
    const elapsed = stopwatch();
    expect(await publish(receiver.url)).toEqual(timedOut);
    expect(elapsed()).toBeLessThan(2_000);

    const dripping = createServer((socket) => {
      socket.on('error', () => undefined);
      const drip = setInterval(() => socket.write('HTTP/1.1 200 OK\r\nx'.charAt(0)), 50);
      socket.on('close', () => clearInterval(drip));
    }).listen(0, '127.0.0.1');
    await once(dripping, 'listening');
    const { port } = dripping.address() as AddressInfo;
    const answer = await publish(`http://127.0.0.1:${port}/`);
    expect(answer.delivered).toBe(false);
    dripping.close();
  });

  test('does not read a long answer to its end', async () => {
    let written = 0;
    const closed = new Promise<void>((resolve) => {
      receiver.answer = (_, response) => {
        response.writeHead(200);
        const writeOn = () => {
          while (!response.destroyed && response.write(Buffer.alloc(65_536))) written += 65_536;
        };
        response.on('drain', writeOn).on('close', resolve);
        writeOn();
      };
    });
    expect(await publish(receiver.url)).toEqual({ delivered: true, httpStatus: 200 });
    await closed;
    expect(written).toBeLessThan(16 * 1024 * 1024);
  });

  test('is sent again on a new connection if the receiver has closed the one that was kept alive', async () => {
    receiver.answer = (_, response) => void response.end(() => response.socket?.destroy());
    for (let count = 0; count < 5; count += 1)
      expect(await publish(receiver.url)).toMatchObject({ delivered: true });
  });

  test('that cannot be delivered reports the error code, and nothing that the receiver sent', async () => {
    const { url } = receiver;
    await opened.pop()!.close();
    expect(await publish(url)).toEqual({
      delivered: false,
      httpStatus: null,
      error: 'the connection failed: ECONNREFUSED',
    });
    const nonHttp = createServer((socket) => void socket.resume().end('PASSWORD=hunter2\r\n\r\n')).listen(
      0,
      '127.0.0.1',
    );
    await once(nonHttp, 'listening');
    const answer = await publish(`http://127.0.0.1:${(nonHttp.address() as AddressInfo).port}/`);
    expect(JSON.stringify(answer)).not.toContain('hunter2');
    expect(answer.delivered).toBe(false);
    nonHttp.close();
  });
});

describe('a webhook to a receiver that wants another protocol', () => {
  test.each(['keeps the connection', 'closes it'])(
    'has failed with HTTP 101 if the receiver %s',
    async (what) => {
      const server = createServer((socket) => {
        socket.on('error', () => undefined).resume();
        socket.write('HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\nConnection: Upgrade\r\n\r\n');
        if (what === 'closes it') socket.end();
      }).listen(0, '127.0.0.1');
      await once(server, 'listening');
      const { port } = server.address() as AddressInfo;
      expect(await publish(`http://127.0.0.1:${port}/`)).toMatchObject({ delivered: false, httpStatus: 101 });
      server.close();
      await once(server, 'close');
    },
  );
});

describe('a webhook to a refused address', () => {
  test('is not sent to a private address that was added while those were allowed', async () => {
    const strict = new WebhookPublisher(new CheckedTargets(false), 300);
    const answer = await publish(receiver.url.replace('http:', 'https:'), [newSecret()], strict);
    expect(answer).toMatchObject({ delivered: false, error: expect.stringContaining('private') });
    expect(receiver.requests).toEqual([]);
  });

  test('is not sent to a name that had a public address when it was added and has a private one now', async () => {
    const addresses = ['203.0.114.7', '127.0.0.1'];
    const rebinding = new CheckedTargets(false, (_name, _options, done) =>
      done(null, [{ address: addresses.shift() ?? '127.0.0.1', family: 4 }]),
    );
    const first = new Promise((resolve) => {
      rebinding.lookup('rebind.example', {}, (_, address) => resolve(address));
    });
    expect(await first).toBe('203.0.114.7');
    const strict = new WebhookPublisher(rebinding, 300);
    const { port } = new URL(receiver.url);
    expect(await publish(`https://rebind.example:${port}/hook`, [newSecret()], strict)).toEqual({
      delivered: false,
      httpStatus: null,
      error: expect.stringContaining('not public'),
    });
    expect(receiver.requests).toEqual([]);
  });
});
