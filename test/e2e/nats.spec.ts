import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import {
  DiscardPolicy,
  type JetStreamManager,
  StorageType,
  type StreamConfig,
  jetstream,
  jetstreamManager,
} from '@nats-io/jetstream';
import { type NatsConnection, connect } from '@nats-io/transport-node';
import { CloudEvent, HTTP } from 'cloudevents';
import { NatsPublisher } from '../../src/adapters/nats/nats-publisher.js';
import type { PublishedEvent } from '../../src/domain/events/published-event.js';
import { CapturedLog } from '../captured-log.js';
import { NatsServer, natsServerPath } from './nats-server.js';
import { type Service, startService } from './service.js';
import { waitUntil } from './wait-until.js';

const binary = natsServerPath();
const STREAM = 'SHOP_EVENTS';

/** A message of the stream. */
interface StreamMessage {
  readonly subject: string;
  readonly id: string;
  readonly contentType: string;
  readonly body: Record<string, unknown>;
}

let server: NatsServer;
let replicas: Service[];

const connectToServer = (): Promise<NatsConnection> => {
  const { host } = new URL(server.url);
  return connect({ servers: host, user: 'quittance', pass: 's@cret' });
};

/** All messages of the stream, oldest first. */
async function readStream(): Promise<StreamMessage[]> {
  const connection = await connectToServer();
  const manager = await jetstreamManager(connection);
  const { state } = await manager.streams.info(STREAM);
  const messages: StreamMessage[] = [];
  for (let seq = state.first_seq; seq > 0 && seq <= state.last_seq; seq += 1) {
    const message = (await manager.streams.getMessage(STREAM, { seq }))!;
    messages.push({
      subject: message.subject,
      id: message.header.get('Nats-Msg-Id'),
      contentType: message.header.get('Content-Type'),
      body: message.json(),
    });
  }
  await connection.close();
  return messages;
}

/** Waits until the stream has this many messages about the order. */
async function messagesOf(orderNumber: string, count: number, withinMs = 20_000): Promise<StreamMessage[]> {
  const end = performance.now() + withinMs;
  for (;;) {
    const messages = (await readStream().catch(() => [])).filter(({ body }) => body.subject === orderNumber);
    if (messages.length >= count || performance.now() > end) return messages;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}

async function streamsOf(replica: Service): Promise<{ lagSeconds: number | null }[]> {
  return (await replica.admin<{ items: { lagSeconds: number | null }[] }>('GET', '/event-streams')).body
    .items;
}

async function paidOrder(at = 0): Promise<string> {
  const { orderNumber, paymentNumber } = await replicas[at]!.openPayment('standard-webhooks');
  const { status } = await replicas[at]!.deliver('standard-webhooks', { paymentNumber });
  expect(status).toBe(200);
  return orderNumber;
}

// Without a server there is nothing to test. The title says so.
const conditions = binary
  ? 'two replicas and a real server'
  : 'SKIPPED, no nats-server on PATH (Debian: nats-server)';
(binary ? describe : describe.skip)(`events to NATS JetStream: ${conditions}`, () => {
  beforeAll(async () => {
    server = await NatsServer.start(binary!);
    const eventsNats = { urls: [server.url], stream: STREAM };
    const first = await startService({ eventsNats });
    replicas = [first, await startService({ databaseUrl: first.databaseUrl, eventsNats })];
  });
  afterAll(async () => {
    await replicas?.[1]?.close();
    await replicas?.[0]?.close();
    await server?.remove();
  });

  test('a missing stream is created, and each event is in it once, under its own subject and id', async () => {
    const orderNumber = await paidOrder();
    const messages = await messagesOf(orderNumber, 2);
    expect(messages.map(({ subject }) => subject)).toEqual([
      'quittance.payment.succeeded',
      'quittance.order.paid',
    ]);
    for (const { id, body, contentType } of messages) {
      expect(id).toMatch(/^evt_\d+$/);
      expect(body.id).toBe(id);
      expect(contentType).toBe('application/cloudevents+json');
    }
  });

  test('an event is a valid CloudEvent, according to the CloudEvents SDK', async () => {
    const [, paid] = await messagesOf(await paidOrder(1), 2);
    const headers = { 'content-type': paid!.contentType };
    const event = HTTP.toEvent<Record<string, unknown>>({ headers, body: JSON.stringify(paid!.body) });
    expect(event).toBeInstanceOf(CloudEvent);
    expect((event as CloudEvent).validate()).toBe(true);
    expect(event).toMatchObject({
      specversion: '1.0',
      source: '/quittance',
      type: 'order.paid',
      datacontenttype: 'application/json',
      data: { from: 'pending', to: 'paid', move: 'pay' },
    });
  });

  test('an event that is published twice is in the stream once: the stream deduplicates by its id', async () => {
    const orderNumber = await paidOrder();
    const [first] = await messagesOf(orderNumber, 2);
    const connection = await connectToServer();
    const { subject, id, body } = first!;
    const ack = await jetstream(connection).publish(subject, JSON.stringify(body), { msgID: id });
    expect(ack.duplicate).toBe(true);
    await connection.close();
    expect(await messagesOf(orderNumber, 2)).toHaveLength(2);
  });

  test('while the server is down, callbacks settle as usual; when it is up again, the stream gets every event in order', async () => {
    await server.stop();
    const numbers = await Promise.all(Array.from({ length: 10 }, (_, index) => paidOrder(index % 2)));
    for (const orderNumber of numbers)
      await replicas[0]!.admin('POST', `/orders/${orderNumber}/transitions`, { to: 'shipped' });
    const metrics = await (await fetch(`${replicas[0]!.url}/metrics`)).text();
    expect(metrics).toMatch(/quittance_relay_lag_seconds\{subscriber="nats"\} \d/);
    for (const replica of replicas)
      expect(await streamsOf(replica)).toEqual([
        { stream: STREAM, connected: false, lastError: expect.any(String), lagSeconds: expect.any(Number) },
      ]);
    expect((await streamsOf(replicas[0]!))[0]!.lagSeconds).toBeGreaterThan(0);
    await server.start();
    for (const orderNumber of numbers)
      expect((await messagesOf(orderNumber, 3)).map(({ body }) => body.type)).toEqual([
        'payment.succeeded',
        'order.paid',
        'order.shipped',
      ]);
    await waitUntil(async () => (await streamsOf(replicas[1]!))[0]!.lagSeconds === 0);
    expect(await streamsOf(replicas[1]!)).toMatchObject([{ connected: true, lastError: null }]);
  }, 60_000);

  test('a publisher without a server is not ready, does not throw, and stops when it is closed', async () => {
    const log = new CapturedLog();
    const publisher = new NatsPublisher({ urls: ['nats://127.0.0.1:1'], stream: STREAM }, log);
    const open = publisher.open();
    await waitUntil(async () => log.lines.length > 0);
    expect(publisher.isReady()).toBe(false);
    await publisher.close();
    await open;
    expect(log.lines).toEqual([
      { level: 'warn', text: expect.stringMatching(/JetStream is not connected.*"stream":"SHOP_EVENTS"/) },
    ]);
  });
});

/** A subject of events that the tests publish. */
const PAID = 'quittance.order.paid';

interface Refusal {
  readonly user?: string;
  readonly config?: Partial<StreamConfig>;
  readonly bytes?: number;
  /** Sent and accepted before. */
  readonly accepted?: number;
}

(binary ? describe : describe.skip)(
  `what JetStream refuses: ${binary ? 'a real server' : conditions}`,
  () => {
    let owner: NatsConnection;
    let manager: JetStreamManager;
    let log: CapturedLog;
    let publisher: NatsPublisher;
    let running: Promise<void>;
    let events = 0;
    /** Each test has its own: the server removes the files of a deleted stream later, and with them those of a new one of its name. */
    let stream: string;
    let streams = 0;

    beforeAll(async () => {
      server = await NatsServer.start(binary!, { restrictedUser: 'guest', maxPayload: 4_096 });
      owner = await connectToServer();
      manager = await jetstreamManager(owner);
    });
    afterAll(async () => {
      await owner?.close();
      await server?.remove();
    });
    beforeEach(() => {
      stream = `REFUSING_${(streams += 1)}`;
    });
    afterEach(async () => {
      await publisher.close();
      await running;
      await manager.streams.delete(stream).catch(() => undefined);
    });

    function open(url: string): void {
      log = new CapturedLog();
      publisher = new NatsPublisher({ urls: [url], stream }, log);
      running = publisher.open();
    }

    const newEvent = (bytes = 0): PublishedEvent => ({
      id: `evt_${(events += 1)}`,
      type: 'order.paid',
      at: new Date(),
      data: { orderNumber: 'O1', filling: 'x'.repeat(bytes) },
    });
    const linesAt = (level: string) =>
      log.lines.filter((line) => line.level === level).map(({ text }) => text);

    test.each<[string, Refusal, RegExp]>([
      [
        'a full stream',
        { config: { max_msgs: 1, discard: DiscardPolicy.New }, accepted: 1 },
        /maximum messages/,
      ],
      ['a stream with other subjects', { config: { subjects: ['other.>'] } }, /no stream takes this subject/],
      ['an event that is too large for the stream', { config: { max_msg_size: 512 }, bytes: 1_024 }, /size/],
      ['an event that is too large for the server', { bytes: 8_192 }, /max_payload/],
      ['a user without the right to publish', { user: 'guest' }, /Permissions Violation/],
    ])(
      '%s is one warning with stream, subject and error, and a line when it is over',
      async (_what, { user = 'quittance', config = {}, bytes = 0, accepted = 0 }, error) => {
        await manager.streams.add({ name: stream, subjects: ['quittance.>'], ...config });
        open(server.urlOf(user));
        await waitUntil(async () => publisher.isReady());
        for (let nth = 0; nth < accepted; nth += 1)
          expect(await publisher.publish(newEvent())).toMatchObject({ delivered: true });
        const refused = Array.from({ length: 20 }, () => newEvent(bytes));
        for (const event of refused) {
          const result = await publisher.publish(event);
          expect(result).toMatchObject({ delivered: false, error: expect.stringMatching(error) });
        }
        expect(linesAt('warn')).toEqual([expect.stringMatching(error)]);
        expect(linesAt('warn')[0]).toContain(`"stream":"${stream}","subject":"${PAID}"`);
        const state = publisher.state();
        expect(state).toEqual({ stream, connected: true, lastError: expect.stringMatching(error) });

        if (user !== 'quittance') return;
        await manager.streams.update(stream, { subjects: ['quittance.>'], max_msgs: -1, max_msg_size: -1 });
        // The events are sent again; here without what made them too large.
        const again = refused.map((event) => ({ ...event, data: { orderNumber: 'O1' } }));
        await waitUntil(async () => (await publisher.publish(again[0]!)).delivered);
        expect(publisher.state().lastError).not.toBeNull();
        for (const event of again.slice(1)) await publisher.publish(event);
        expect(publisher.state().lastError).toBeNull();
        expect(linesAt('info').at(-1)).toContain('JetStream accepts events again');
      },
    );

    test('a stream that is deleted is created again, and the refusals in between are one warning', async () => {
      await manager.streams.add({ name: stream, subjects: ['quittance.>'], storage: StorageType.Memory });
      open(server.url);
      await waitUntil(async () => publisher.isReady());
      await manager.streams.delete(stream);
      const event = newEvent();
      await waitUntil(async () => (await publisher.publish(event)).delivered);
      expect(linesAt('warn')).toHaveLength(1);
      expect(linesAt('info').at(-1)).toContain('JetStream accepts events again');
    });

    test.each([
      ['a wrong password', () => server.url.replace('cret', 'wrong'), /Authorization/],
      ['a stream that overlaps with another one', () => server.url, /overlap/],
    ])('%s is one warning, and nothing is published', async (_what, urlOf, error) => {
      await manager.streams.add({ name: 'OTHER', subjects: ['quittance.>'] });
      open(urlOf());
      await waitUntil(async () => publisher.state().lastError !== null);
      await manager.streams.delete('OTHER');
      expect(linesAt('warn')).toEqual([expect.stringMatching(error)]);
      expect(publisher.state()).toMatchObject({ connected: false, lastError: expect.stringMatching(error) });
    });

    test('a server without JetStream is one warning', async () => {
      const plain = await NatsServer.start(binary!, { hasJetStream: false });
      open(plain.url);
      await waitUntil(async () => publisher.state().lastError !== null);
      expect(publisher.state()).toMatchObject({ connected: false, lastError: 'jetstream is not enabled' });
      expect(linesAt('warn')).toHaveLength(1);
      await publisher.close();
      await plain.remove();
    });
  },
);
