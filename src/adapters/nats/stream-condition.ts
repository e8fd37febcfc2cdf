import type { Logger } from '@nestjs/common';
import type { EventStream } from '../../application/events/event-streams.js';

export type StreamLog = Pick<Logger, 'log' | 'warn'>;

/** A cause that lasts is logged this often. */
const REPEAT_MS = 60_000;
/** Beyond this number of causes a further one is not told from the others. */
const MOST_CAUSES = 16;
/** The events whose refusal is remembered. */
const MOST_REFUSED = 1_000;
/** Longer than the longest pause between two attempts. An event that was not tried again was accepted from another process. */
const FORGOTTEN_AFTER_MS = 150_000;

/** Whether the stream can be reached, and what it refuses. Logs each change once, and what lasts at a bounded rate. */
export class StreamCondition {
  private isConnected = false;
  private isEnded = false;
  private whyNotConnected: string | null = null;
  private lastRefusal = '';
  /** When each of the events that are still refused was refused last, on the clock of `performance.now()`. */
  private readonly refused = new Map<string, number>();
  /** The refusals since the stream has last accepted all events. */
  private refusals = 0;
  /** When each cause was logged last. */
  private readonly logged = new Map<string, number>();

  constructor(
    private readonly stream: string,
    private readonly log: StreamLog,
  ) {}

  get connected(): boolean {
    return this.isConnected;
  }

  state(): EventStream {
    this.forgetOld();
    const lastError = this.whyNotConnected ?? (this.refused.size > 0 ? this.lastRefusal : null);
    return { stream: this.stream, connected: this.isConnected, lastError };
  }

  established(): void {
    this.isConnected = true;
    this.whyNotConnected = null;
    this.log.log('JetStream is connected: events go to the stream', { stream: this.stream });
  }

  /** A reason that is the same as before is not logged again. */
  lost(why: string): void {
    this.isConnected = false;
    if (this.isEnded || why === this.whyNotConnected) return;
    this.whyNotConnected = why;
    this.log.warn('JetStream is not connected: events wait until it is', { stream: this.stream, error: why });
  }

  /** The process stops, so a lost connection is no trouble any more. */
  ended(): void {
    this.isConnected = false;
    this.isEnded = true;
  }

  /** The stream has refused an event, which is sent again later. */
  rejected(event: string, subject: string, why: string): void {
    // The newest is at the end.
    this.refused.delete(event);
    this.refused.set(event, performance.now());
    if (this.refused.size > MOST_REFUSED) this.refused.delete(this.refused.keys().next().value!);
    this.refusals += 1;
    this.reportRefusal(why, { subject });
  }

  /** After a refusal the stream could be neither found nor created, which says more than the refusal. */
  notRestored(why: string): void {
    this.reportRefusal(`the stream can be neither found nor created: ${why}`, {});
  }

  accepted(event: string): void {
    if (this.refused.size === 0) return;
    this.refused.delete(event);
    this.forgetOld();
    if (this.refused.size > 0) return;
    const { stream, refusals } = this;
    this.log.log('JetStream accepts events again', { stream, refusals });
    this.refusals = 0;
    this.logged.clear();
  }

  private reportRefusal(error: string, about: { readonly subject?: string }): void {
    const now = performance.now();
    this.lastRefusal = error;
    const cause = this.logged.has(error) || this.logged.size < MOST_CAUSES ? error : '';
    if (now - (this.logged.get(cause) ?? -Infinity) < REPEAT_MS) return;
    this.logged.set(cause, now);
    const { stream, refusals } = this;
    const line = { stream, ...about, error, refusals };
    this.log.warn('JetStream refuses events: they wait and are sent again', line);
  }

  private forgetOld(): void {
    const before = performance.now() - FORGOTTEN_AFTER_MS;
    for (const [event, at] of this.refused) {
      if (at > before) return;
      this.refused.delete(event);
    }
  }
}
