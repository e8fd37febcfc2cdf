import { type JetStreamClient, StorageType, jetstream, jetstreamManager } from '@nats-io/jetstream';
import { type NatsConnection, connect, headers, nanos } from '@nats-io/transport-node';
import { Publisher } from '../../application/events/publisher.js';
import type { PublishedEvent } from '../../domain/events/published-event.js';
import type { AttemptResult } from '../../domain/events/subscriber.js';

const TIMEOUT_MS = 5_000;
const RECONNECT_MS = 1_000;
/** Within this time the stream drops a copy, for example after a crash between the stream's answer and storing the result. */
const DUPLICATE_WINDOW_MS = 10 * 60 * 1_000;
const SUBJECTS = 'quittance';
/** JetStream's error code for a stream that exists with another configuration. */
const STREAM_NAME_IN_USE = 10_058;

export interface NatsSettings {
  /** `nats://` or `tls://`, with user and password or a token if the server requires them. Several URLs are servers of one cluster. */
  readonly urls: readonly string[];
  readonly stream: string;
}

/**
 * Publishes events to JetStream as CloudEvents. An event is delivered when the stream has acknowledged it. Without a connection nothing is
 * tried, so an outage uses up no attempts, and the events that wait are sent when the server is back.
 */
export class NatsPublisher extends Publisher {
  readonly kind = 'nats';
  readonly concurrency = 256;
  private connection: NatsConnection | null = null;
  private client: JetStreamClient | null = null;
  private restoring: Promise<void> | null = null;
  private lastText = '';
  private isConnected = false;
  private isClosed = false;

  constructor(
    private readonly settings: NatsSettings,
    private readonly log: (text: string) => void = () => undefined,
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
        this.logChange(`NATS is connected: events go to the stream ${this.settings.stream}`);
        await this.follow(connection);
      } catch (error) {
        this.logChange(`NATS is temporarily unavailable: ${(error as Error).message}`);
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

  async publish(event: PublishedEvent): Promise<AttemptResult> {
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
      this.restoreStream();
      return { delivered: false, httpStatus: null, error: `JetStream: ${(error as Error).message}` };
    }
  }

  /** Follows the connection until it is closed for good. Before that the library reconnects by itself. */
  private async follow(connection: NatsConnection): Promise<void> {
    for await (const { type } of connection.status()) {
      if (type === 'disconnect') {
        this.isConnected = false;
        this.logChange('NATS is disconnected: events wait until it is back');
      } else if (type === 'reconnect') {
        // The stream may have been lost with its server.
        await this.ensureStream(connection);
        this.isConnected = true;
        this.logChange(`NATS is connected again: events go to the stream ${this.settings.stream}`);
      } else if (type === 'close') break;
    }
  }

  /** Creates the stream again if it is lost, so that the next attempt finds it. */
  private restoreStream(): void {
    if (!this.isConnected || !this.connection) return;
    this.restoring ??= this.ensureStream(this.connection)
      .catch((error: Error) => this.logChange(`the NATS stream is temporarily unavailable: ${error.message}`))
      .finally(() => {
        this.restoring = null;
      });
  }

  /** Does not repeat the previous line, so that an outage is logged once. */
  private logChange(text: string): void {
    if (text !== this.lastText) this.log(text);
    this.lastText = text;
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

  /** Creates the stream if it does not exist. An existing stream keeps the configuration that its owner gave it. */
  private async ensureStream(connection: NatsConnection): Promise<void> {
    const { stream } = this.settings;
    const manager = await jetstreamManager(connection, { timeout: TIMEOUT_MS });
    const config = {
      name: stream,
      subjects: [`${SUBJECTS}.>`],
      storage: StorageType.File,
      duplicate_window: nanos(DUPLICATE_WINDOW_MS),
    };
    await manager.streams.info(stream).catch(() =>
      manager.streams.add(config).catch((error: Error & { code?: number }) => {
        // Another process has created it in the meantime.
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
