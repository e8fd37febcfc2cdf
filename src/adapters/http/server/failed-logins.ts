import { Injectable, Logger } from '@nestjs/common';
import { type LoginRefusal, Metrics } from '../../observability/metrics.js';
import { SummaryLog } from '../../observability/summary-log.js';
import { networkOf } from './client-address.js';
import { type ProblemAnswer, problem } from './problem.js';
import { TokenBucket } from './token-bucket.js';

/** How often an address may fail: at once, and then once every two seconds. */
const BUCKET = new TokenBucket(30, 2_000);

/** Addresses that have failed of late. They need less than 2 MiB. */
const MOST_ADDRESSES = 10_000;

/** The addresses for which there is no place share one bucket, so many addresses do not give a client more attempts. */
const ALL_OTHERS = '*';

const TOO_MANY = problem(
  429,
  'Too many requests from this address had a missing or unknown bearer token. Nothing was changed. ' +
    'A request with a token of this service is served at any time; send any other again after Retry-After seconds.',
);
const UNAUTHENTICATED = problem(
  401,
  'Missing or unknown bearer token. Send the header "Authorization: Bearer <token>" with a token of this ' +
    'service.',
);
const CHALLENGE = { 'www-authenticate': 'Bearer realm="quittance"' };

/**
 * Limits, counts and logs requests without a known token, by the address of the client; an IPv6 address by its /64. The memory that it
 * needs is bounded. Callers look at the token first: a known one is never limited.
 */
@Injectable()
export class FailedLogins {
  private readonly log = new SummaryLog(new Logger('Admin'), 'warn', 'log-in refused');
  /** The state of each bucket that is not full. The address that has failed last is at the end. */
  private readonly buckets = new Map<string, number>();

  constructor(private readonly metrics: Metrics) {}

  /** Whether the next failure of the address would be refused with 429. */
  isLimited(address: string): boolean {
    if (this.buckets.size === 0) return false;
    const now = performance.now();
    return BUCKET.waitMs(this.buckets.get(this.bucketOf(address, now)) ?? 0, now) > 0;
  }

  /** Takes one attempt from the address. Returns the answer. */
  refuse(address: string, reason: Exclude<LoginRefusal, 'limited'>): ProblemAnswer {
    const now = performance.now();
    const bucket = this.bucketOf(address, now);
    const fullAt = this.buckets.get(bucket) ?? 0;
    const next = BUCKET.take(fullAt, now);
    const counted = next === null ? 'limited' : reason;
    this.metrics.loginRefused(counted);
    this.log.write({ reason: counted, remoteAddress: address });
    if (next === null) {
      const seconds = Math.ceil(BUCKET.waitMs(fullAt, now) / 1_000);
      return { problem: TOO_MANY, headers: { 'retry-after': String(seconds) } };
    }
    this.buckets.delete(bucket);
    this.buckets.set(bucket, next);
    return { problem: UNAUTHENTICATED, headers: CHALLENGE };
  }

  private bucketOf(address: string, now: number): string {
    const network = networkOf(address);
    if (this.buckets.has(network)) return network;
    for (const [oldest, fullAt] of this.buckets) {
      if (this.buckets.size < MOST_ADDRESSES || fullAt > now) break;
      this.buckets.delete(oldest);
    }
    return this.buckets.size < MOST_ADDRESSES ? network : ALL_OTHERS;
  }
}
