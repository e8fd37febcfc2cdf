import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { jetstream, jetstreamManager } from '@nats-io/jetstream';
import { connect, type NatsConnection } from '@nats-io/transport-node';
import { CloudEvent, HTTP } from 'cloudevents';
import { NatsPublisher } from '../../src/adapters/events/nats-publisher.js';
import { natsServerPath, NatsServer } from '../events/nats-server.js';
import { startService, type Service } from './service.js';

const binary = natsServerPath();
const STREAM = 'SHOP_EVENTS';

/** A message of the stream as it was sent. */
interface Sent {
  readonly subject: string;
  readonly id: string;
  readonly contentType: string;
  readonly body: Record<string, unknown>;
}

let server: NatsServer;
let replicas: Service[];

const connected = (): Promise<NatsConnection> => {
  const { host } = new URL(server.url);
  return connect({ servers: host, user: 'quittance', pass: 's@cret' });
};

/** All that the stream has, oldest first. */
async function inStream(): Promise<Sent[]> {
  const connection = await connected();
  const manager = await jetstreamManager(connection);
  const { state } = await manager.streams.info(STREAM);
  const sent: Sent[] = [];
  for (let seq = state.first_seq; seq > 0 && seq <= state.last_seq; seq += 1) {
    const message = (await manager.streams.getMessage(STREAM, { seq }))!;
    sent.push({
      subject: message.subject,
      id: message.header.get('Nats-Msg-Id'),
      contentType: message.header.get('Content-Type'),
      body: message.json(),
    });
  }
  await connection.close();
  return sent;
}

async function streamed(orderNumber: string, count: number, withinMs = 20_000): Promise<Sent[]> {
  const end = performance.now() + withinMs;
  for (;;) {
    const mine = (await inStream().catch(() => [])).filter(({ body }) => body.subject === orderNumber);
    if (mine.length >= count || performance.now() > end) return mine;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}

async function paidOrder(at = 0): Promise<string> {
  const { orderNumber, paymentNumber } = await replicas[at]!.given('standard-webhooks');
  const { status } = await replicas[at]!.deliver('standard-webhooks', { paymentNumber });
  expect(status).toBe(200);
  return orderNumber;
}

// Where there is no server to ask, nothing here can be known, and the titles say that it was not tried.
const because = binary
  ? 'two replicas and a real server'
  : 'SKIPPED, no nats-server on PATH (Debian: nats-server)';
(binary ? describe : describe.skip)(`events to NATS JetStream: ${because}`, () => {
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

  test('the stream is made where there is none, and each event is in it once, under its own subject and id', async () => {
    const orderNumber = await paidOrder();
    const sent = await streamed(orderNumber, 2);
    expect(sent.map(({ subject }) => subject)).toEqual([
      'quittance.payment.succeeded',
      'quittance.order.paid',
    ]);
    for (const { id, body, contentType } of sent) {
      expect(id).toMatch(/^evt_\d+$/);
      expect(body.id).toBe(id);
      expect(contentType).toBe('application/cloudevents+json');
    }
  });

  test('an event is a CloudEvent that the SDK takes and finds valid', async () => {
    const [, paid] = await streamed(await paidOrder(1), 2);
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

  test('an event that is published twice is in the stream once: its id is the one that the stream dedupes by', async () => {
    const orderNumber = await paidOrder();
    const [first] = await streamed(orderNumber, 2);
    const connection = await connected();
    const { subject, id, body } = first!;
    const ack = await jetstream(connection).publish(subject, JSON.stringify(body), { msgID: id });
    expect(ack.duplicate).toBe(true);
    await connection.close();
    expect(await streamed(orderNumber, 2)).toHaveLength(2);
  });

  test('while the server is away callbacks settle as ever; when it is back the stream gets everything, in order', async () => {
    await server.stop();
    const numbers = await Promise.all(Array.from({ length: 10 }, (_, index) => paidOrder(index % 2)));
    for (const orderNumber of numbers)
      await replicas[0]!.admin('POST', `/orders/${orderNumber}/transitions`, { to: 'shipped' });
    const metrics = await (await fetch(`${replicas[0]!.url}/metrics`)).text();
    expect(metrics).toMatch(/quittance_relay_lag_seconds\{subscriber="nats"\} \d/);
    await server.start();
    for (const orderNumber of numbers)
      expect((await streamed(orderNumber, 3)).map(({ body }) => body.type)).toEqual([
        'payment.succeeded',
        'order.paid',
        'order.shipped',
      ]);
  }, 60_000);

  test('a publisher without a server is not ready, does not throw, and lets go when it is closed', async () => {
    const said: string[] = [];
    const publisher = new NatsPublisher({ urls: ['nats://127.0.0.1:1'], stream: STREAM }, (text) =>
      said.push(text),
    );
    const open = publisher.open();
    while (said.length === 0) await new Promise((resolve) => setTimeout(resolve, 20));
    expect(publisher.isReady()).toBe(false);
    await publisher.close();
    await open;
    expect(said).toEqual([expect.stringMatching(/^NATS cannot be used just now/)]);
  });
});
