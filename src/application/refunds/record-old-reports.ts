import type { DisputeReport, Notification } from '../../domain/callbacks/notification.js';
import type { Outcome } from '../../domain/callbacks/outcome.js';
import type { DomainEvent } from '../../domain/event.js';
import type { Money } from '../../domain/money.js';
import { CallbackRepository } from '../callbacks/callback-repository.js';
import { WorkingSet } from '../callbacks/working-set.js';
import { CaseRepository, type CaseOfCallback } from '../cases/case-repository.js';
import type { Clock } from '../clock.js';
import { EventRepository } from '../events/event-repository.js';
import type { Transaction, UnitOfWork } from '../transaction.js';

/** The kinds of cases that only earlier releases have opened. */
export const OLD_REPORT_KINDS = ['refund_reported', 'dispute_reported'] as const;
export type OldReportKind = (typeof OLD_REPORT_KINDS)[number];

const PAGE_SIZE = 200;

/**
 * Records the refunds and disputes that releases before 0.8.0 have opened a case for, as if they were reported now: the order and the cases of
 * the money follow. The old case ends; its successor is the case that the report opens, if it opens one. An instance of the release before,
 * which still works during an upgrade, may open more, so this runs again.
 */
export class RecordOldReports {
  constructor(
    private readonly unitOfWork: UnitOfWork,
    private readonly clock: Clock,
  ) {}

  /**
   * One page of a walk through the cases of a kind, which are not all open. It continues after `next`; null is the end.
   */
  async execute(kind: OldReportKind, before: string | null): Promise<{ readonly next: string | null }> {
    const { items, next } = await this.unitOfWork.run((tx) =>
      tx.of(CaseRepository).openOfKind(kind, { limit: PAGE_SIZE, before }),
    );
    for (const each of items) await this.unitOfWork.run((tx) => this.record(each, tx));
    return { next };
  }

  private async record({ id, callbackId }: CaseOfCallback, tx: Transaction): Promise<void> {
    const stored = await tx.of(CallbackRepository).findById(callbackId);
    if (!stored) throw new Error(`discrepancy ${id} names callback ${callbackId}, which does not exist`);
    const notification = completed(stored.notification, id);
    const rows = await WorkingSet.lock([notification], tx, 'wait');
    if (!(await tx.of(CaseRepository).lockOpen(id))) return;
    const at = this.clock.now();
    const by = {
      actor: `gateway:${notification.gateway}`,
      at,
      callbackId,
      reasonOf: (outcome: Outcome) => outcome,
    };
    const { events } = rows.decide({ notification, judgedAt: stored.judgedAt }, by);
    await rows.save(tx, at);
    const { ledger } = rows.pieces;
    // Null where the report opens none: then the recorded refund has taken its place.
    const successor = ledger.openedFor(callbackId) ?? { id: null };
    const reason = `recorded as a ${notification.kind === 'dispute' ? 'dispute' : 'refund'}`;
    ledger.end({ id }, successor, { reason, attribution: by });
    const ended = await ledger.save(tx, at);
    const news = events.filter(({ type }) => !type.startsWith('callback.'));
    await tx
      .of(EventRepository)
      .append([...news.map((event): DomainEvent => ({ callbackId, ...event })), ...ended]);
  }
}

/** What a release before 0.7.0 has stored names nothing of the refund or the dispute but its amount. */
function completed(notification: Notification, caseId: string): Notification {
  const { kind, refund, dispute, money: amount } = notification;
  if (kind === 'dispute') return { ...notification, dispute: dispute ?? unnamedDispute(caseId, amount) };
  if (refund || !amount) return notification;
  const nothing = { gatewayRefundId: null, cumulative: null, paid: null, at: null, failure: null };
  return {
    ...notification,
    refund: { ...nothing, refundNumber: `case-${caseId}`, amount, status: 'succeeded' },
  };
}

/** Its status is not known, so it awaits the shop. */
function unnamedDispute(caseId: string, amount: Money | null): DisputeReport {
  const nothing = { status: null, reason: null, dueBy: null, moneyTaken: null, at: null };
  return { ...nothing, kind: 'dispute', disputeId: `case-${caseId}`, amount };
}
