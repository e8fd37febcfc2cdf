import type { SubscriberKind } from './subscriber.js';

/** Seconds to the next attempt after each failed one: doubling to an hour, then hourly, about three days in all. */
export const WEBHOOK_RETRY_DELAYS_SECONDS: readonly number[] = [
  ...Array.from({ length: 10 }, (_, attempt) => 5 * 2 ** attempt),
  ...Array.from({ length: 70 }, () => 3_600),
];

/** JetStream belongs to the operator of this service: it is retried without end, and no event is given up. */
const NATS_LONGEST_DELAY_SECONDS = 60;

/**
 * When an event is sent again after its `attempt`th attempt has failed; null if it is given up. `jitter` (0 to 1) adds up to a
 * tenth of the delay, so that deliveries that failed together are not retried together.
 */
export function retryAt(kind: SubscriberKind, attempt: number, at: Date, jitter: number): Date | null {
  const seconds =
    kind === 'nats'
      ? Math.min(5 * 2 ** (attempt - 1), NATS_LONGEST_DELAY_SECONDS)
      : WEBHOOK_RETRY_DELAYS_SECONDS[attempt - 1];
  return seconds === undefined ? null : new Date(at.getTime() + seconds * (1 + jitter / 10) * 1_000);
}
