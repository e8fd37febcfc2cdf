// The answers of the measured interval. Every latency is stored until the end, because a histogram would round the tail.
import { quantile } from './quantile.mjs';

export class Answers {
  statuses = {};
  /** Milliseconds, in order of arrival. */
  #accepted = [];
  #refused = [];

  add(status, ms) {
    this.statuses[status] = (this.statuses[status] ?? 0) + 1;
    (isAccepted(status) ? this.#accepted : this.#refused).push(ms);
  }

  summary(seconds) {
    return {
      seconds,
      statuses: this.statuses,
      rate: this.#accepted.length / seconds,
      latencyMs: spread(this.#accepted),
      refusedMs: spread(this.#refused),
      allMs: spread([...this.#accepted, ...this.#refused]),
    };
  }
}

export const isAccepted = (status) => status >= 200 && status < 300;

function spread(latencies) {
  if (latencies.length === 0) return null;
  const sorted = Float64Array.from(latencies).sort();
  return { p50: quantile(sorted, 0.5), p99: quantile(sorted, 0.99), max: sorted.at(-1) };
}
