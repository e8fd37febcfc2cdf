import { Counter, Gauge, Histogram, Registry, collectDefaultMetrics } from 'prom-client';
import type { SubmitResult } from '../../application/callbacks/callback-batcher.js';
import { REFUSAL_REASONS, type RefusalReason } from '../../application/callbacks/rejection-repository.js';
import type { PendingCallbacks } from '../../application/callbacks/callback-queries.js';
import type { OpenDisputes } from '../../application/disputes/dispute-queries.js';
import type { RefundCount } from '../../application/refunds/refund-queries.js';
import type { SubscriberLag } from '../../application/events/delivery-queries.js';
import { Telemetry } from '../../application/telemetry.js';
import { OUTCOMES, type Outcome } from '../../domain/callbacks/outcome.js';
import { CASE_KINDS, type CaseKind } from '../../domain/cases/kinds.js';
import { REFUND_STATUSES } from '../../domain/refunds/refund.js';
import { VERSION } from './version.js';

/** The values that are read from the database; null if it could not answer. */
export interface DatabaseGauges {
  readonly pending: PendingCallbacks | null;
  readonly openCases: Readonly<Partial<Record<CaseKind, number>>> | null;
  readonly disputes: readonly OpenDisputes[] | null;
  readonly refunds: readonly RefundCount[] | null;
  readonly lags: readonly SubscriberLag[] | null;
}

type NotStored = Extract<SubmitResult, { stored: false }>['why'];
const NOT_STORED = ['overloaded', 'unavailable'] as const satisfies readonly NotStored[];

/** Values of labels that this process can report. Gateways that are off have no series. */
export interface KnownLabels {
  readonly gateways: readonly string[];
  readonly rejectionReasons: readonly string[];
}

/** Why a request of the admin API was refused for its token; `limited` after too many others from its address. */
const LOGIN_REFUSALS = ['missing', 'unknown', 'limited'] as const;
export type LoginRefusal = (typeof LOGIN_REFUSALS)[number];

/** All metrics of the service. The values of every label are known beforehand, so an unauthenticated client cannot add series. */
export class Metrics extends Telemetry {
  private readonly registry = new Registry();

  private readonly callbacks = this.counter(
    'callbacks_total',
    'Callbacks by outcome; overloaded and unavailable were not stored',
    ['gateway', 'outcome'],
  );
  private readonly rejections = this.counter(
    'signature_rejections_total',
    'Callbacks whose signature was not valid, by reason',
    ['gateway', 'reason'],
  );
  private readonly refusedRequests = this.counter(
    'requests_refused_total',
    'Requests that were refused before a signature or a token was looked at, by reason',
    ['reason'],
  );
  private readonly refusedLogins = this.counter(
    'admin_logins_refused_total',
    'Requests of the admin API without a known token, by reason',
    ['reason'],
  );
  private readonly duration = this.histogram(
    'callback_duration_seconds',
    'Time from receipt to reply',
    LATENCIES,
    ['gateway'],
  );
  private readonly failedTransitions = this.counter(
    'order_transition_failures_total',
    'Payments that succeeded for an order that could not be paid',
  );
  private readonly expired = this.counter('payments_expired_total', 'Payments that expired');
  private readonly lockConflicts = this.counter(
    'lock_conflicts_total',
    'Deadlocks, lock timeouts and rows locked by another transaction',
  );
  private readonly lockWait = this.histogram(
    'lock_wait_seconds',
    'Time that a transaction waited for locks',
    LATENCIES,
  );
  private readonly groupSize = this.histogram(
    'group_size',
    'Callbacks settled in one transaction',
    GROUP_SIZES,
  );
  private readonly pending = this.gauge('inbox_pending', 'Callbacks that are stored and not settled yet');
  private readonly oldest = this.gauge(
    'inbox_oldest_seconds',
    'Age of the oldest callback that is stored and not settled yet',
  );
  private readonly openDiscrepancies = this.gauge('discrepancies_open', 'Open discrepancies by kind', [
    'kind',
  ]);
  private readonly openDisputes = this.gauge('disputes_open', 'Disputes that have not ended', ['gateway']);
  private readonly disputesDueSoon = this.gauge(
    'disputes_due_soon',
    'Disputes that the shop has to answer within 48 hours',
    ['gateway'],
  );
  private readonly refunds = this.gauge(
    'refunds',
    'Refunds by gateway and status, at most 100 000 of each status',
    ['gateway', 'status'],
  );
  private readonly relayLag = this.gauge(
    'relay_lag_seconds',
    'Age of the oldest event that a subscriber has not received',
    ['subscriber'],
  );
  private readonly paused = this.gauge('subscriber_paused', '1 if the subscriber is paused, otherwise 0', [
    'subscriber',
  ]);

  private readonly unownedMoney = this.gauge(
    'unowned_money',
    'Pieces of money without exactly one owner, as far as this process has audited; 0 is the promise',
  );
  private readonly auditedUntil = this.gauge(
    'audited_until_timestamp_seconds',
    'Until when this process has audited what was stored; at first the time of its start',
  );

  constructor(private readonly known: KnownLabels = { gateways: [], rejectionReasons: [] }) {
    super();
    collectDefaultMetrics({ register: this.registry });
    this.gauge('build_info', 'The version of the service; always 1', ['version']).set(
      { version: VERSION },
      1,
    );
    this.startAtZero(known);
    this.moneyAudited({ unowned: 0, auditedTo: new Date() });
  }

  /** A series that begins with its first event hides that event from `increase()`. */
  private startAtZero({ gateways, rejectionReasons }: KnownLabels): void {
    for (const gateway of gateways) {
      for (const outcome of [...OUTCOMES, ...NOT_STORED]) this.callbacks.inc({ gateway, outcome }, 0);
      for (const reason of rejectionReasons) this.rejections.inc({ gateway, reason }, 0);
      this.duration.zero({ gateway });
    }
    for (const reason of REFUSAL_REASONS) this.refusedRequests.inc({ reason }, 0);
    for (const reason of LOGIN_REFUSALS) this.refusedLogins.inc({ reason }, 0);
  }

  /** A callback that was not stored is counted by the reason for that. */
  callback(gateway: string, outcome: Outcome | NotStored, seconds: number): void {
    this.callbacks.inc({ gateway, outcome });
    this.duration.observe({ gateway }, seconds);
  }

  rejected(gateway: string, reason: string): void {
    this.rejections.inc({ gateway, reason });
  }

  requestRefused(reason: RefusalReason): void {
    this.refusedRequests.inc({ reason });
  }

  loginRefused(reason: LoginRefusal): void {
    this.refusedLogins.inc({ reason });
  }

  override decidedLater(gateway: string, outcome: Outcome): void {
    this.callbacks.inc({ gateway, outcome });
  }

  override orderNotPayable(): void {
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

  override batchSettled(size: number): void {
    this.groupSize.observe(size);
  }

  override moneyAudited({ unowned, auditedTo }: { unowned: number; auditedTo: Date }): void {
    this.unownedMoney.set(unowned);
    this.auditedUntil.set(auditedTo.getTime() / 1_000);
  }

  get contentType(): string {
    return this.registry.contentType;
  }

  /** The metrics in the Prometheus text format. Gauges that could not be read from the database are absent, not stale. */
  async text({ pending, openCases, disputes, refunds, lags }: DatabaseGauges): Promise<string> {
    this.pending.remove();
    this.oldest.remove();
    if (pending) {
      this.pending.set(pending.count);
      this.oldest.set(pending.oldestSeconds);
    }
    this.openDiscrepancies.reset();
    if (openCases) {
      for (const kind of CASE_KINDS) this.openDiscrepancies.set({ kind }, openCases[kind] ?? 0);
    }
    this.showDisputes(disputes);
    this.showRefunds(refunds);
    this.relayLag.reset();
    this.paused.reset();
    for (const { subscriber, seconds, paused } of lags ?? []) {
      this.relayLag.set({ subscriber }, seconds);
      this.paused.set({ subscriber }, Number(paused));
    }
    return this.registry.metrics();
  }

  private showDisputes(disputes: readonly OpenDisputes[] | null): void {
    this.openDisputes.reset();
    this.disputesDueSoon.reset();
    if (!disputes) return;
    const none = this.known.gateways.map((gateway) => ({ gateway, open: 0, dueSoon: 0 }));
    for (const { gateway, open, dueSoon } of [...none, ...disputes]) {
      this.openDisputes.set({ gateway }, open);
      this.disputesDueSoon.set({ gateway }, dueSoon);
    }
  }

  private showRefunds(counts: readonly RefundCount[] | null): void {
    this.refunds.reset();
    if (!counts) return;
    for (const gateway of this.known.gateways)
      for (const status of REFUND_STATUSES) this.refunds.set({ gateway, status }, 0);
    for (const { gateway, status, count } of counts) this.refunds.set({ gateway, status }, count);
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

/** Seconds, up to the time that a gateway waits for its answer. */
const LATENCIES = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 3, 5];
const GROUP_SIZES = [1, 2, 4, 8, 16, 32, 64, 128, 256];
