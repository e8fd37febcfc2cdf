/** The receiver of events: an HTTP endpoint, or the JetStream stream of this installation. */
export type SubscriberKind = 'webhook' | 'nats';

/** A paused subscriber still collects events, so that none is skipped. One that is `off` collects none. */
export type SubscriberStatus = 'active' | 'paused' | 'off';

/** The result of one attempt to deliver an event. */
export type AttemptResult =
  | { readonly delivered: true; readonly httpStatus: number | null }
  | {
      readonly delivered: false;
      readonly httpStatus: number | null;
      /** For a person. It contains nothing that the receiver wrote. */
      readonly error: string;
      /** The receiver answered 410 Gone: it wants no more events. */
      readonly gone?: boolean;
    };

/** A short outage of a busy endpoint fails many times. So an endpoint is paused only if it has failed for this long as well. */
export const PAUSE_AFTER_FAILURES = 20;
export const PAUSE_AFTER_SECONDS = 300;

export interface SubscriberState {
  readonly status: SubscriberStatus;
  /** Failed attempts since the last successful one. */
  readonly failures: number;
  readonly failingSince: Date | null;
  readonly pausedBecause: string | null;
  readonly pausedAt: Date | null;
}

/** A receiver of events, and whether its deliveries succeed. */
export class Subscriber {
  constructor(
    readonly id: string,
    readonly kind: SubscriberKind,
    private current: SubscriberState,
  ) {}

  get state(): SubscriberState {
    return this.current;
  }

  /** Records an attempt, and pauses an endpoint that keeps failing. Returns whether this attempt has paused it. */
  record(result: AttemptResult, at: Date): boolean {
    if (result.delivered) {
      this.current = { ...this.current, failures: 0, failingSince: null };
      return false;
    }
    const failures = this.current.failures + 1;
    const failingSince = this.current.failingSince ?? at;
    this.current = { ...this.current, failures, failingSince };
    const because = result.gone ? 'it answered 410 Gone' : this.reasonToPause(result.error, at);
    if (because === null || this.kind === 'nats' || this.current.status !== 'active') return false;
    this.current = { ...this.current, status: 'paused', pausedBecause: because, pausedAt: at };
    return true;
  }

  private reasonToPause(error: string, at: Date): string | null {
    const { failures, failingSince } = this.current;
    const seconds = (at.getTime() - (failingSince ?? at).getTime()) / 1_000;
    if (failures < PAUSE_AFTER_FAILURES || seconds < PAUSE_AFTER_SECONDS) return null;
    return `${failures} attempts in a row failed, the last one with: ${error}`;
  }

  resume(): void {
    this.current = { status: 'active', failures: 0, failingSince: null, pausedBecause: null, pausedAt: null };
  }
}
