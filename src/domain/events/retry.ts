import { endOfHold, type SubscriberKind } from './subscriber.js';

/** Seconds to the next attempt after each failed one: doubling to an hour, then hourly, about three days in all. */
export const WEBHOOK_RETRY_DELAYS_SECONDS: readonly number[] = [
  ...Array.from({ length: 10 }, (_, attempt) => 5 * 2 ** attempt),
  ...Array.from({ length: 70 }, () => 3_600),
];

/** JetStream belongs to the operator of this service: it is retried without end, and no event is given up. */
const NATS_LONGEST_DELAY_SECONDS = 60;

export interface FailedAttempt {
  /** Counts from 1. */
  readonly attempt: number;
  readonly at: Date;
  /** The pause that the receiver asked for. */
  readonly retryAfterSeconds?: number;
}

/**
 * When an event is sent again after an attempt has failed; null if it is given up. `jitter` (0 to 1) adds up to a tenth of the delay,
 * so that deliveries that failed together are not retried together. The receiver's wish makes the delay longer, and never shorter.
 */
export function retryAt(
  kind: SubscriberKind,
  { attempt, at, retryAfterSeconds }: FailedAttempt,
  jitter: number,
): Date | null {
  const seconds =
    kind === 'nats'
      ? Math.min(5 * 2 ** (attempt - 1), NATS_LONGEST_DELAY_SECONDS)
      : WEBHOOK_RETRY_DELAYS_SECONDS[attempt - 1];
  if (seconds === undefined) return null;
  const ours = new Date(at.getTime() + seconds * (1 + jitter / 10) * 1_000);
  if (retryAfterSeconds === undefined) return ours;
  const asked = endOfHold(retryAfterSeconds, at);
  return asked > ours ? asked : ours;
}
