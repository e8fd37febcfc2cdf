import type { Notification } from '../../domain/callbacks/notification.js';
import type { Outcome } from '../../domain/callbacks/outcome.js';
import type { DomainEvent } from '../../domain/event.js';
import { CallbackRepository, type StoredCallbackWithBody } from '../callbacks/callback-repository.js';
import { WorkingSet } from '../callbacks/working-set.js';
import { CaseRepository, type CaseOfCallback, type ShownOfCase } from '../cases/case-repository.js';
import type { Clock } from '../clock.js';
import { EventRepository } from '../events/event-repository.js';
import type { NotificationReader } from '../gateways/notification-reader.js';
import { transactionKey, type TransactionRef } from '../payments/payment-repository.js';
import type { Transaction, UnitOfWork } from '../transaction.js';

/** The kinds of cases that only earlier releases have opened. Each has one report. */
export const OLD_REPORT_KINDS = ['refund_reported', 'dispute_reported'] as const;
export type OldReportKind = (typeof OLD_REPORT_KINDS)[number];

const PAGE_SIZE = 200;
/** A transaction has few reports. What is beyond it is recorded by the next walk. */
const REPORTS_AT_ONCE = 100;

const UNREAD = 'the report cannot be read again';
const NAMELESS = 'it names neither a number nor an id of the refund';

/** An old case and its callback, with what the report says. */
interface OldReport {
  readonly id: string;
  readonly callback: StoredCallbackWithBody;
  readonly notification: Notification;
}

/**
 * Records the refunds and disputes that releases before 0.8.0 have opened a case for, as if they were reported now: the order and the cases of
 * the money follow. The old case ends; its successor is the case that the report opens, if it opens one. An instance of the release before,
 * which still works during an upgrade, may open more, so this runs again.
 */
export class RecordOldReports {
  constructor(
    private readonly unitOfWork: UnitOfWork,
    private readonly reader: NotificationReader,
    private readonly clock: Clock,
  ) {}

  /**
   * One page of a walk through the cases of a kind, which are not all open. It continues after `next`; null is the end.
   */
  async execute(kind: OldReportKind, before: string | null): Promise<{ readonly next: string | null }> {
    const { items, next } = await this.unitOfWork.run((tx) =>
      tx.of(CaseRepository).openOfKind(kind, { limit: PAGE_SIZE, before }),
    );
    const readable = items.filter((each) => !isUnread(each));
    for (const each of byPayment(readable)) await this.unitOfWork.run((tx) => this.record(kind, each, tx));
    return { next };
  }

  /**
   * The reports about one payment, in the order of the gateway's time, because a sum may contain the refunds before it. A report may name the
   * payment alone and another one its transaction.
   */
  private async record(
    kind: OldReportKind,
    found: readonly CaseOfCallback[],
    tx: Transaction,
  ): Promise<void> {
    const cases = tx.of(CaseRepository);
    const { reports, unread } = await this.reportsBeside(kind, found, tx);
    const notifications = reports.map(({ notification }) => notification);
    const rows = await WorkingSet.lock(notifications, tx, 'wait');
    const { ledger } = rows.pieces;
    const locked = await cases.lockBesideMoney(reports.map(({ callback }) => callback.id));
    const open = new Set(locked.map(({ id }) => id));
    const at = this.clock.now();
    const events = reports.filter(({ id }) => open.has(id)).flatMap((report) => recordOne(report, rows, at));
    if (unread.size > 0) await cases.show(unread);
    await rows.save(tx, at);
    events.push(...(await ledger.save(tx, at)));
    if (events.length) await tx.of(EventRepository).append(events);
  }

  private async reportsBeside(
    kind: OldReportKind,
    found: readonly CaseOfCallback[],
    tx: Transaction,
  ): Promise<{ readonly reports: readonly OldReport[]; readonly unread: Map<string, ShownOfCase> }> {
    const all = found.filter(({ transactionId }) => transactionId === null);
    for (const transaction of transactionsOf(found))
      all.push(...(await tx.of(CaseRepository).openBeside(kind, transaction, REPORTS_AT_ONCE)));
    const reports: OldReport[] = [];
    const unread = new Map<string, ShownOfCase>();
    for (const each of all.filter((one) => !isUnread(one))) {
      const { id, callbackId, details } = each;
      const callback = await tx.of(CallbackRepository).findById(callbackId);
      if (!callback) throw new Error(`discrepancy ${id} names callback ${callbackId}, which does not exist`);
      const read = this.read(callback);
      if (read && 'unread' in read)
        unread.set(id, { details: { ...details, reason: `${UNREAD}: ${read.unread}` }, dueBy: null });
      else if (read) reports.push({ id, callback, notification: read });
    }
    return { reports: reports.toSorted(byTime), unread };
  }

  /**
   * What a release before 0.7.0 has stored says nothing of the refund or the dispute but an amount, which may be that of all refunds. So its
   * body is read again. Null while its gateway is off.
   */
  private read(callback: StoredCallbackWithBody): Notification | { readonly unread: string } | null {
    const { notification, body, eventId } = callback;
    if (isNameless(notification)) return { unread: NAMELESS };
    if (notification.refund ?? notification.dispute) return notification;
    if (body === null) return { unread: 'the body of its callback was removed' };
    const parsed = this.reader.read(notification.gateway, body, eventId)?.notification;
    if (!parsed) return null;
    const { kind, money, refund, dispute, reason } = parsed;
    if (kind === 'unreadable') return { unread: reason ?? 'the body of its callback is not understood' };
    const again = { ...notification, money, refund, dispute };
    return isNameless(again) ? { unread: NAMELESS } : again;
  }
}

/** Releases before 0.8.0 took such a report. A repeat of it could not be recognised, so only a person can record its amount. */
const isNameless = ({ refund }: Notification): boolean =>
  Boolean(refund?.amount) && !refund?.cumulative && !refund?.refundNumber && !refund?.gatewayRefundId;

function recordOne({ id, callback, notification }: OldReport, rows: WorkingSet, at: Date): DomainEvent[] {
  const callbackId = callback.id;
  const by = {
    actor: `gateway:${notification.gateway}`,
    at,
    callbackId,
    reasonOf: (outcome: Outcome) => outcome,
  };
  const { events } = rows.decide({ notification, judgedAt: callback.judgedAt }, by);
  const { ledger } = rows.pieces;
  // Null where the report opens none: then the recorded refund has taken its place.
  const successor = ledger.openedFor(callbackId) ?? { id: null };
  const reason = `recorded as a ${notification.kind === 'dispute' ? 'dispute' : 'refund'}`;
  ledger.end({ id }, successor, { reason, attribution: by });
  const news = events.filter(({ type }) => !type.startsWith('callback.'));
  return news.map((event): DomainEvent => ({ callbackId, ...event }));
}

const isUnread = ({ details: { reason } }: CaseOfCallback): boolean =>
  typeof reason === 'string' && reason.startsWith(UNREAD);

/** In groups. A case of a transaction whose payment is unknown is in the group of the transaction. */
function byPayment(found: readonly CaseOfCallback[]): Iterable<readonly CaseOfCallback[]> {
  const groups = new Map<string, CaseOfCallback[]>();
  for (const each of found) {
    const { id, gateway, paymentNumber, transactionId } = each;
    const money = transactionId === null ? id : transactionKey(gateway, transactionId);
    const key = paymentNumber === null ? money : `payment ${gateway} ${paymentNumber}`;
    const group = groups.get(key);
    if (group) group.push(each);
    else groups.set(key, [each]);
  }
  return groups.values();
}

function transactionsOf(found: readonly CaseOfCallback[]): Iterable<TransactionRef> {
  const named = found.flatMap(({ gateway, transactionId }) =>
    transactionId === null
      ? []
      : [[transactionKey(gateway, transactionId), { gateway, transactionId }] as const],
  );
  return new Map(named).values();
}

/** What has no time of the gateway has that of its receipt. At equal times the order of receipt holds. */
const byTime = (left: OldReport, right: OldReport): number =>
  timeOf(left) - timeOf(right) || Number(left.callback.id) - Number(right.callback.id);

const timeOf = ({ notification: { refund, dispute }, callback }: OldReport): number =>
  (refund?.at ?? dispute?.at ?? callback.receivedAt).getTime();
