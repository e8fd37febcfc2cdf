/** The receiver of events: an HTTP endpoint, or the JetStream stream of this installation. */
export type SubscriberKind = 'webhook' | 'nats';

/**
 * A paused subscriber still collects events, so that none is skipped. One that is `off` collects none: an endpoint that was paused for
 * too long, which the API calls `disabled`, and a stream that no process publishes to.
 */
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
      /** The receiver answered 429 or 503 and asked for this pause. */
      readonly retryAfterSeconds?: number;
    };

/** A short outage of a busy endpoint fails many times. So an endpoint is paused only if it has failed for this long as well. */
export const PAUSE_AFTER_FAILURES = 20;
export const PAUSE_AFTER_SECONDS = 300;
/** An endpoint that was paused for this long collects nothing more, and what waits for it is dropped. */
export const DISABLE_AFTER_DAYS = 7;
/** A receiver may ask for a longer pause than ours, but not for an endless one. */
export const MAX_RETRY_AFTER_SECONDS = 24 * 60 * 60;

export interface SubscriberState {
  readonly status: SubscriberStatus;
  /** Failed attempts since the last successful one. */
  readonly failures: number;
  readonly failingSince: Date | null;
  readonly pausedBecause: string | null;
  readonly pausedAt: Date | null;
  /** Nothing is sent before this time, because the receiver has asked for it. */
  readonly heldUntil: Date | null;
}

const HEALTHY: SubscriberState = {
  status: 'active',
  failures: 0,
  failingSince: null,
  pausedBecause: null,
  pausedAt: null,
  heldUntil: null,
};

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
    this.countFailure(result.retryAfterSeconds, at);
    const because = result.gone ? 'it answered 410 Gone' : this.reasonToPause(result.error, at);
    if (because === null || this.kind === 'nats' || this.current.status !== 'active') return false;
    this.current = { ...this.current, status: 'paused', pausedBecause: because, pausedAt: at };
    return true;
  }

  /** Attempts that were in flight when the receiver first asked for a pause say the same again, and count once. */
  private countFailure(retryAfterSeconds: number | undefined, at: Date): void {
    const { failures, failingSince, heldUntil } = this.current;
    const isAsked = retryAfterSeconds !== undefined;
    const isHeld = heldUntil !== null && heldUntil > at;
    const until = isAsked ? endOfHold(retryAfterSeconds, at) : heldUntil;
    this.current = {
      ...this.current,
      failures: Math.max(1, isAsked && isHeld ? failures : failures + 1),
      failingSince: failingSince ?? at,
      heldUntil: isHeld && until && heldUntil > until ? heldUntil : until,
    };
  }

  private reasonToPause(error: string, at: Date): string | null {
    const { failures, failingSince } = this.current;
    const seconds = (at.getTime() - (failingSince ?? at).getTime()) / 1_000;
    if (failures < PAUSE_AFTER_FAILURES || seconds < PAUSE_AFTER_SECONDS) return null;
    return `${failures} attempts in a row failed, the last one with: ${error}`;
  }

  resume(): void {
    this.current = HEALTHY;
  }
}

/** When a pause ends that a receiver asked for. */
export function endOfHold(retryAfterSeconds: number, at: Date): Date {
  return new Date(at.getTime() + Math.min(retryAfterSeconds, MAX_RETRY_AFTER_SECONDS) * 1_000);
}
