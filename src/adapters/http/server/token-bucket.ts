/**
 * The rule of a bucket: it holds `size` tokens and gets one back every `refillMs`. The state of a bucket is one number, the time at which
 * it will be full; 0 is a full one. Times are milliseconds on one clock.
 */
export class TokenBucket {
  constructor(
    private readonly size: number,
    private readonly refillMs: number,
  ) {}

  /** The state after one token was taken, or null if there is none. */
  take(fullAt: number, now: number): number | null {
    return this.waitMs(fullAt, now) > 0 ? null : Math.max(fullAt, now) + this.refillMs;
  }

  /** How long until there is a token. */
  waitMs(fullAt: number, now: number): number {
    return Math.max(0, fullAt - now - (this.size - 1) * this.refillMs);
  }
}
