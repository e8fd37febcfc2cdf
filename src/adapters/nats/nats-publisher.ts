import { type JetStreamClient, StorageType, jetstream, jetstreamManager } from '@nats-io/jetstream';
import { type NatsConnection, RequestError, connect, headers, nanos } from '@nats-io/transport-node';
import { setTimeout as rest } from 'node:timers/promises';
import type { EventStream } from '../../application/events/event-streams.js';
import { Publisher } from '../../application/events/publisher.js';
import type { PublishedEvent } from '../../domain/events/published-event.js';
import type { AttemptResult } from '../../domain/events/subscriber.js';
import { StreamCondition, type StreamLog } from './stream-condition.js';

const TIMEOUT_MS = 5_000;
const RECONNECT_MS = 1_000;
/** Within this time the stream drops a copy, for example after a crash between the stream's answer and storing the result. */
const DUPLICATE_WINDOW_MS = 10 * 60 * 1_000;
const SUBJECTS = 'quittance';
/** JetStream's error code for a stream that exists with another configuration. */
const STREAM_NAME_IN_USE = 10_058;

/** What the client reports as "jetstream is not enabled" when nobody answers a message. */
const NO_STREAM_FOR_SUBJECT =
  'no stream takes this subject: the stream does not exist or has other subjects, or JetStream is not enabled';

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
  private readonly condition: StreamCondition;
  private readonly closing = new AbortController();

  constructor(
    private readonly settings: NatsSettings,
    log: StreamLog,
  ) {
    super();
    this.condition = new StreamCondition(settings.stream, log);
  }

  isReady(): boolean {
    return this.condition.connected;
  }

  state(): EventStream {
    return this.condition.state();
  }

  /** Connects in the background, now and whenever the connection is lost, until `close`. Never throws. */
  async open(): Promise<void> {
    const { signal } = this.closing;
    while (!signal.aborted) {
      try {
        const connection = await connect(this.options());
        this.connection = connection;
        if (signal.aborted) return await connection.close();
        await this.ensureStream(connection);
        this.condition.established();
        await this.follow(connection);
      } catch (error) {
        this.condition.lost((error as Error).message);
        await this.connection?.close().catch(() => undefined);
      }
      await rest(RECONNECT_MS, undefined, { ref: false, signal }).catch(() => undefined);
    }
  }

  async close(): Promise<void> {
    this.closing.abort();
    this.condition.ended();
    await this.connection?.close().catch(() => undefined);
  }

  async publish(event: PublishedEvent): Promise<AttemptResult> {
    const meta = headers();
    meta.set('Content-Type', 'application/cloudevents+json');
    const subject = `${SUBJECTS}.${event.type}`;
    try {
      await this.client!.publish(subject, JSON.stringify(cloudEvent(event)), {
        msgID: event.id,
        headers: meta,
        timeout: TIMEOUT_MS,
        expect: { streamName: this.settings.stream },
      });
      this.condition.accepted(event.id);
      return { delivered: true, httpStatus: null };
    } catch (error) {
      const { message, cause } = error as Error;
      const isUnanswered = cause instanceof RequestError && cause.isNoResponders();
      const why = isUnanswered ? NO_STREAM_FOR_SUBJECT : message;
      // Without a connection the stream has refused nothing.
      if (this.condition.connected) this.condition.rejected(event.id, subject, why);
      this.restoreStream();
      return { delivered: false, httpStatus: null, error: `JetStream: ${why}` };
    }
  }

  /** Follows the connection until it is closed for good. Before that the library reconnects by itself. */
  private async follow(connection: NatsConnection): Promise<void> {
    for await (const { type } of connection.status()) {
      if (type === 'disconnect') this.condition.lost('the connection is lost');
      else if (type === 'reconnect') {
        // The stream may have been lost with its server.
        await this.ensureStream(connection);
        this.condition.established();
      } else if (type === 'close') break;
    }
    this.condition.lost('the connection is closed');
  }

  /** Creates the stream again if it is lost, so that the next attempt finds it. */
  private restoreStream(): void {
    if (!this.condition.connected || !this.connection) return;
    this.restoring ??= this.ensureStream(this.connection)
      .catch((error: Error) => this.condition.notRestored(error.message))
      .finally(() => {
        this.restoring = null;
      });
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
