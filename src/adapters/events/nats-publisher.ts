import { jetstream, jetstreamManager, StorageType, type JetStreamClient } from '@nats-io/jetstream';
import { connect, headers, nanos, type NatsConnection } from '@nats-io/transport-node';
import { Publisher } from '../../application/outbox.js';
import type { PublishedEvent } from '../../domain/published-event.js';
import type { Attempted } from '../../domain/subscriber.js';

const TIMEOUT_MS = 5_000;
const RECONNECT_MS = 1_000;
/** Within it the stream itself drops a copy, as after a crash between the stream's answer and our note of it. */
const DUPLICATE_WINDOW_MS = 10 * 60 * 1_000;
const SUBJECTS = 'quittance';
/** JetStream's code for a stream that is there with another configuration. */
const STREAM_NAME_IN_USE = 10_058;

export interface NatsSettings {
  /** `nats://` or `tls://`, with user and password or a token where the server wants them; several of one cluster. */
  readonly urls: readonly string[];
  readonly stream: string;
}

/**
 * Publishes events to JetStream as CloudEvents, each acknowledged by the stream before it counts. While there is no connection nothing
 * is tried, so that an outage costs no attempts, and all that has gathered goes out when the server is back.
 */
export class NatsPublisher extends Publisher {
  readonly kind = 'nats';
  readonly concurrency = 256;
  private connection: NatsConnection | null = null;
  private client: JetStreamClient | null = null;
  private mending: Promise<void> | null = null;
  private lastSaid = '';
  private isConnected = false;
  private isClosed = false;

  constructor(
    private readonly settings: NatsSettings,
    private readonly tell: (text: string) => void = () => undefined,
  ) {
    super();
  }

  isReady(): boolean {
    return this.isConnected;
  }

  /** Connects in the background, now and whenever the connection is lost, until `close`. Never throws. */
  async open(): Promise<void> {
    while (!this.isClosed) {
      try {
        const connection = await connect(this.options());
        this.connection = connection;
        if (this.isClosed) return await connection.close();
        await this.ensureStream(connection);
        this.isConnected = true;
        this.say(`NATS is connected; events go to the stream ${this.settings.stream}`);
        await this.follow(connection);
      } catch (error) {
        this.say(`NATS cannot be used just now: ${(error as Error).message}`);
        await this.connection?.close().catch(() => undefined);
      }
      this.isConnected = false;
      if (!this.isClosed) await new Promise((resolve) => setTimeout(resolve, RECONNECT_MS).unref());
    }
  }

  async close(): Promise<void> {
    this.isClosed = true;
    this.isConnected = false;
    await this.connection?.close().catch(() => undefined);
  }

  async publish(event: PublishedEvent): Promise<Attempted> {
    const meta = headers();
    meta.set('Content-Type', 'application/cloudevents+json');
    try {
      await this.client!.publish(`${SUBJECTS}.${event.type}`, JSON.stringify(cloudEvent(event)), {
        msgID: event.id,
        headers: meta,
        timeout: TIMEOUT_MS,
        expect: { streamName: this.settings.stream },
      });
      return { delivered: true, httpStatus: null };
    } catch (error) {
      this.mend();
      return { delivered: false, httpStatus: null, error: `JetStream: ${(error as Error).message}` };
    }
  }

  /** Until the connection is closed for good; the library reconnects by itself before that. */
  private async follow(connection: NatsConnection): Promise<void> {
    for await (const { type } of connection.status()) {
      if (type === 'disconnect') {
        this.isConnected = false;
        this.say('NATS has gone away; events wait for it');
      } else if (type === 'reconnect') {
        // The stream may be gone with the server that it was on.
        await this.ensureStream(connection);
        this.isConnected = true;
        this.say(`NATS is connected again; events go to the stream ${this.settings.stream}`);
      } else if (type === 'close') break;
    }
  }

  /** Makes the stream again where it is gone, so that the next attempt finds it. */
  private mend(): void {
    if (!this.isConnected || !this.connection) return;
    this.mending ??= this.ensureStream(this.connection)
      .catch((error: Error) => this.say(`the stream cannot be used just now: ${error.message}`))
      .finally(() => {
        this.mending = null;
      });
  }

  /** What is still so is not said again. */
  private say(text: string): void {
    if (text !== this.lastSaid) this.tell(text);
    this.lastSaid = text;
  }

  private options() {
    const urls = this.settings.urls.map((url) => new URL(url));
    const { username, password } = urls[0]!;
    const [user, pass] = [decodeURIComponent(username), decodeURIComponent(password)];
    return {
      name: 'quittance',
      servers: urls.map(({ host }) => host),
      timeout: TIMEOUT_MS,
      maxReconnectAttempts: -1,
      reconnectTimeWait: RECONNECT_MS,
      ...(urls.some(({ protocol }) => protocol === 'tls:') ? { tls: {} } : {}),
      ...(pass ? { user, pass } : user ? { token: user } : {}),
    };
  }

  /** Makes the stream where there is none. One that is there stays as its owner has made it. */
  private async ensureStream(connection: NatsConnection): Promise<void> {
    const { stream } = this.settings;
    const manager = await jetstreamManager(connection, { timeout: TIMEOUT_MS });
    const made = {
      name: stream,
      subjects: [`${SUBJECTS}.>`],
      storage: StorageType.File,
      duplicate_window: nanos(DUPLICATE_WINDOW_MS),
    };
    await manager.streams.info(stream).catch(() =>
      manager.streams.add(made).catch((error: Error & { code?: number }) => {
        // Another process has made it meanwhile.
        if (error.code !== STREAM_NAME_IN_USE) throw error;
      }),
    );
    this.client = jetstream(connection, { timeout: TIMEOUT_MS });
  }
}

/** CloudEvents 1.0 in its JSON format. */
function cloudEvent({ id, type, at, data }: PublishedEvent): Record<string, unknown> {
  return {
    specversion: '1.0',
    id,
    source: '/quittance',
    type,
    time: at.toISOString(),
    ...(data.orderNumber === null ? {} : { subject: data.orderNumber }),
    datacontenttype: 'application/json',
    data,
  };
}
