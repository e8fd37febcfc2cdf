import { randomBytes } from 'node:crypto';
import { createServer, type AddressInfo } from 'node:net';
import { once } from 'node:events';
import { afterAll, beforeEach, describe, expect, test } from '@jest/globals';
import { Webhook } from 'standardwebhooks';
import { WebhookPublisher } from '../../src/adapters/events/webhook-publisher.js';
import { CheckedTargets } from '../../src/adapters/events/webhook-targets.js';
import type { PublishedEvent } from '../../src/domain/published-event.js';
import { HttpReceiver } from '../../chaos/http-receiver.js';
import { stopwatch } from '../stopwatch.js';

const secret = () => `whsec_${randomBytes(32).toString('base64')}`;
const EVENT: PublishedEvent = {
  id: 'evt_42',
  type: 'order.paid',
  at: new Date('2026-11-23T08:00:00.000Z'),
  data: { orderNumber: 'A-1', paymentNumber: 'P1', from: 'pending', to: 'paid', move: 'pay', city: '北京' },
};

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
const publish = (url: string, secrets = [secret()], by = publisher) =>
  by.publish(EVENT, { subscriberId: '1', kind: 'webhook', url, secrets });

describe('a webhook', () => {
  test('is what the standardwebhooks library verifies, with every secret that is live and with no other', async () => {
    const secrets = [secret(), secret()];
    expect(await publish(receiver.url, secrets)).toEqual({ delivered: true, httpStatus: 200 });
    const [{ headers, text } = { headers: {}, text: '' }] = receiver.had;
    for (const live of secrets)
      expect(new Webhook(live).verify(text, headers as Record<string, string>)).toEqual({
        type: 'order.paid',
        timestamp: '2026-11-23T08:00:00.000Z',
        data: EVENT.data,
      });
    expect(() => new Webhook(secret()).verify(text, headers as Record<string, string>)).toThrow(/signature/);
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

  test('410 says that no more are wanted', async () => {
    receiver.answer = (_, response) => void response.writeHead(410).end();
    expect(await publish(receiver.url)).toMatchObject({ delivered: false, httpStatus: 410, gone: true });
  });

  test.each([301, 302, 303, 307, 308])('follows no redirect with %d', async (status) => {
    const other = await new HttpReceiver().open();
    opened.push(other);
    receiver.answer = (_, response) => void response.writeHead(status, { location: other.url }).end();
    expect(await publish(receiver.url)).toMatchObject({
      delivered: false,
      httpStatus: status,
      error: `HTTP ${status}: redirects are not followed`,
    });
    expect(other.had).toEqual([]);
  });

  test('ends when its time is up: for a receiver that says nothing, or drips the head of its answer', async () => {
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

  test('does not read an answer to its end, however long it is', async () => {
    let written = 0;
    const closed = new Promise<void>((resolve) => {
      receiver.answer = (_, response) => {
        response.writeHead(200);
        const pour = () => {
          while (!response.destroyed && response.write(Buffer.alloc(65_536))) written += 65_536;
        };
        response.on('drain', pour).on('close', resolve);
        pour();
      };
    });
    expect(await publish(receiver.url)).toEqual({ delivered: true, httpStatus: 200 });
    await closed;
    expect(written).toBeLessThan(16 * 1024 * 1024);
  });

  test('goes on when the receiver has closed the connection that was kept', async () => {
    receiver.answer = (_, response) => void response.end(() => response.socket?.destroy());
    for (let count = 0; count < 5; count += 1)
      expect(await publish(receiver.url)).toMatchObject({ delivered: true });
  });

  test('that finds nobody tells the code, and nothing that the other side wrote', async () => {
    const { url } = receiver;
    await opened.pop()!.close();
    expect(await publish(url)).toEqual({
      delivered: false,
      httpStatus: null,
      error: 'the connection failed: ECONNREFUSED',
    });
    const babbling = createServer((socket) => void socket.end('PASSWORD=hunter2\r\n\r\n')).listen(
      0,
      '127.0.0.1',
    );
    await once(babbling, 'listening');
    const answer = await publish(`http://127.0.0.1:${(babbling.address() as AddressInfo).port}/`);
    expect(JSON.stringify(answer)).not.toContain('hunter2');
    expect(answer.delivered).toBe(false);
    babbling.close();
  });
});

describe('a webhook to where none may go', () => {
  test('is not sent to an address that was entered when that was allowed', async () => {
    const strict = new WebhookPublisher(new CheckedTargets(false), 300);
    const answer = await publish(receiver.url.replace('http:', 'https:'), [secret()], strict);
    expect(answer).toMatchObject({ delivered: false, error: expect.stringContaining('private') });
    expect(receiver.had).toEqual([]);
  });

  test('a name that was public when it was entered and leads inside when it is used reaches nobody', async () => {
    const answers = ['203.0.114.7', '127.0.0.1'];
    const rebinding = new CheckedTargets(false, (_name, _options, done) =>
      done(null, [{ address: answers.shift() ?? '127.0.0.1', family: 4 }]),
    );
    const first = new Promise((resolve) => {
      rebinding.lookup('rebind.example', {}, (_, address) => resolve(address));
    });
    expect(await first).toBe('203.0.114.7');
    const strict = new WebhookPublisher(rebinding, 300);
    const { port } = new URL(receiver.url);
    expect(await publish(`https://rebind.example:${port}/hook`, [secret()], strict)).toEqual({
      delivered: false,
      httpStatus: null,
      error: 'the name leads to an address that is not public',
    });
    expect(receiver.had).toEqual([]);
  });
});
