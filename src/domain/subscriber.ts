/** Where events go: to somebody's HTTP endpoint, or to the JetStream stream of this installation. */
export type SubscriberKind = 'webhook' | 'nats';

/** `off` takes no new events and sends none; what is paused goes on taking them, so that nothing is skipped. */
export type SubscriberStatus = 'active' | 'paused' | 'off';

/** What came of handing an event over once. */
export type Attempted =
  | { readonly delivered: true; readonly httpStatus: number | null }
  | {
      readonly delivered: false;
      readonly httpStatus: number | null;
      /** For a person, and without anything that the receiver wrote. */
      readonly error: string;
      /** The receiver has said that it wants no more: 410 Gone. */
      readonly gone?: boolean;
    };

/** Seconds to the next attempt after each failed one: doubling to an hour, then hourly, and about three days in all. */
export const WEBHOOK_RETRY_DELAYS_SECONDS: readonly number[] = [
  ...Array.from({ length: 10 }, (_, attempt) => 5 * 2 ** attempt),
  ...Array.from({ length: 70 }, () => 3_600),
];

/** JetStream belongs to whoever runs this service: what it does not take now it is offered until it does, and nothing is given up. */
const NATS_LONGEST_DELAY_SECONDS = 60;

/** A short outage of a busy endpoint fails many times; only what fails for as long as this as well is paused. */
export const PAUSE_AFTER_FAILURES = 20;
export const PAUSE_AFTER_SECONDS = 300;

/**
 * When an event is offered again after its `attempt`th attempt has failed, or null where it is given up. `luck` (0 to 1) spreads a crowd
 * that failed together, by up to a tenth of the delay.
 */
export function retryAt(kind: SubscriberKind, attempt: number, at: Date, luck: number): Date | null {
  const seconds =
    kind === 'nats'
      ? Math.min(5 * 2 ** (attempt - 1), NATS_LONGEST_DELAY_SECONDS)
      : WEBHOOK_RETRY_DELAYS_SECONDS[attempt - 1];
  return seconds === undefined ? null : new Date(at.getTime() + seconds * (1 + luck / 10) * 1_000);
}

export interface SubscriberState {
  readonly status: SubscriberStatus;
  /** Failed attempts since one last succeeded. */
  readonly failures: number;
  readonly failingSince: Date | null;
  readonly pausedBecause: string | null;
  readonly pausedAt: Date | null;
}

/** One that events are sent to, and how it has been doing. */
export class Subscriber {
  constructor(
    readonly id: string,
    readonly kind: SubscriberKind,
    private current: SubscriberState,
  ) {}

  get state(): SubscriberState {
    return this.current;
  }

  /** Takes note of an attempt, and pauses an endpoint that keeps failing. True where this attempt has paused it. */
  record(attempted: Attempted, at: Date): boolean {
    if (attempted.delivered) {
      this.current = { ...this.current, failures: 0, failingSince: null };
      return false;
    }
    const failures = this.current.failures + 1;
    const failingSince = this.current.failingSince ?? at;
    this.current = { ...this.current, failures, failingSince };
    const because = attempted.gone ? 'it answered 410 Gone' : this.reasonToPause(attempted.error, at);
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
