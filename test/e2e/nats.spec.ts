import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { jetstream, jetstreamManager } from '@nats-io/jetstream';
import { type NatsConnection, connect } from '@nats-io/transport-node';
import { CloudEvent, HTTP } from 'cloudevents';
import { NatsPublisher } from '../../src/adapters/nats/nats-publisher.js';
import { NatsServer, natsServerPath } from './nats-server.js';
import { type Service, startService } from './service.js';

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
    await server.start();
    for (const orderNumber of numbers)
      expect((await messagesOf(orderNumber, 3)).map(({ body }) => body.type)).toEqual([
        'payment.succeeded',
        'order.paid',
        'order.shipped',
      ]);
  }, 60_000);

  test('a publisher without a server is not ready, does not throw, and stops when it is closed', async () => {
    const logged: string[] = [];
    const publisher = new NatsPublisher({ urls: ['nats://127.0.0.1:1'], stream: STREAM }, (text) =>
      logged.push(text),
    );
    const open = publisher.open();
    while (logged.length === 0) await new Promise((resolve) => setTimeout(resolve, 20));
    expect(publisher.isReady()).toBe(false);
    await publisher.close();
    await open;
    expect(logged).toEqual([expect.stringMatching(/^NATS is temporarily unavailable/)]);
  });
});
