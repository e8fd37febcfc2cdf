import { collectDefaultMetrics, Counter, Gauge, Histogram, Registry } from 'prom-client';
import type { Answer } from '../../application/callback-queue.js';
import { Telemetry } from '../../application/ports.js';
import type { SubscriberLag } from '../../application/outbox.js';
import type { Gauges } from '../../application/queries.js';
import { DISCREPANCY_KINDS } from '../../domain/discrepancy.js';
import type { Outcome } from '../../domain/notice.js';
import type { RejectionReason } from '../gateways/gateway.js';

type NotStored = Extract<Answer, { stored: false }>['why'];

/**
 * All that the service counts. Every label's values are known beforehand, so no stranger can make a new
 * series.
 */
export class Metrics extends Telemetry {
  private readonly registry = new Registry();

  private readonly callbacks = this.counter('callbacks_total', 'Callbacks by what became of them', [
    'gateway',
    'outcome',
  ]);
  private readonly rejections = this.counter(
    'signature_rejections_total',
    'Callbacks that no live key has signed',
    ['gateway', 'reason'],
  );
  private readonly duration = this.histogram(
    'callback_duration_seconds',
    'From receipt to reply',
    LATENCIES,
    ['gateway'],
  );
  private readonly failedTransitions = this.counter(
    'order_transition_failures_total',
    'Money that came for an order that could not be paid',
  );
  private readonly expired = this.counter('payments_expired_total', 'Payments whose deadline has passed');
  private readonly lockConflicts = this.counter(
    'lock_conflicts_total',
    'Deadlocks, lock time-outs and rows held elsewhere',
  );
  private readonly lockWait = this.histogram(
    'lock_wait_seconds',
    'Time that a transaction stood behind locks',
    LATENCIES,
  );
  private readonly groupSize = this.histogram(
    'group_size',
    'Callbacks settled in one transaction',
    GROUP_SIZES,
  );
  private readonly pending = this.gauge('inbox_pending', 'Callbacks that are stored and not settled');
  private readonly oldest = this.gauge('inbox_oldest_seconds', 'Age of the oldest of them');
  private readonly openDiscrepancies = this.gauge(
    'discrepancies_open',
    'Money and messages that need an owner',
    ['kind'],
  );
  private readonly relayLag = this.gauge(
    'relay_lag_seconds',
    'Age of the oldest event that a subscriber has not had',
    ['subscriber'],
  );
  private readonly paused = this.gauge('subscriber_paused', '1 for a subscriber that is paused', [
    'subscriber',
  ]);

  constructor() {
    super();
    collectDefaultMetrics({ register: this.registry });
  }

  /** A callback that is not stored is counted under why it is not. */
  callback(gateway: string, outcome: Outcome | NotStored, seconds: number): void {
    this.callbacks.inc({ gateway, outcome });
    this.duration.observe({ gateway }, seconds);
  }

  rejected(gateway: string, reason: RejectionReason): void {
    this.rejections.inc({ gateway, reason });
  }

  override decidedLater(gateway: string, outcome: Outcome): void {
    this.callbacks.inc({ gateway, outcome });
  }

  override transitionFailed(): void {
    this.failedTransitions.inc();
  }

  override paymentExpired(): void {
    this.expired.inc();
  }

  override lockConflict(): void {
    this.lockConflicts.inc();
  }

  override lockWaited(seconds: number): void {
    this.lockWait.observe(seconds);
  }

  override groupSettled(size: number): void {
    this.groupSize.observe(size);
  }

  get contentType(): string {
    return this.registry.contentType;
  }

  /** In Prometheus text. Without gauges, when the database is away, their series are absent and not stale. */
  async text(gauges: Gauges | null, lags: readonly SubscriberLag[] = []): Promise<string> {
    this.pending.remove();
    this.oldest.remove();
    this.openDiscrepancies.reset();
    if (gauges) {
      this.pending.set(gauges.pendingCallbacks);
      this.oldest.set(gauges.oldestPendingSeconds);
      for (const kind of DISCREPANCY_KINDS)
        this.openDiscrepancies.set({ kind }, gauges.openDiscrepancies[kind] ?? 0);
    }
    this.relayLag.reset();
    this.paused.reset();
    for (const { subscriber, seconds, paused } of lags) {
      this.relayLag.set({ subscriber }, seconds);
      this.paused.set({ subscriber }, Number(paused));
    }
    return this.registry.metrics();
  }

  private counter<Label extends string>(
    name: string,
    help: string,
    labelNames: Label[] = [],
  ): Counter<Label> {
    return new Counter({ name: `quittance_${name}`, help, labelNames, registers: [this.registry] });
  }

  private gauge<Label extends string>(name: string, help: string, labelNames: Label[] = []): Gauge<Label> {
    return new Gauge({ name: `quittance_${name}`, help, labelNames, registers: [this.registry] });
  }

  private histogram<Label extends string>(
    name: string,
    help: string,
    buckets: number[],
    labelNames: Label[] = [],
  ) {
    return new Histogram({
      name: `quittance_${name}`,
      help,
      buckets,
      labelNames,
      registers: [this.registry],
    });
  }
}

/** Up to the deadline of a callback and a little beyond. */
const LATENCIES = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 3, 5];
const GROUP_SIZES = [1, 2, 4, 8, 16, 32, 64, 128, 256];
