import { timelineOf, type Timeline, type TimelineItem } from '../../../src/application/payments/timeline.js';
import { TimelineQueries } from '../../../src/application/payments/timeline-queries.js';
import type { CallbackRow, CaseRow, Tables } from './tables.js';

/** Deliveries are left out: `timelineOf` sorts them as it does the rest, and PostgreSQL's query has a test of its own. */
export class MemoryTimelineQueries extends TimelineQueries {
  constructor(private readonly tables: () => Tables) {
    super();
  }

  override async find(paymentNumber: string): Promise<Timeline | null> {
    return timelineOf(itemsOf(this.tables(), paymentNumber));
  }
}

function itemsOf(tables: Tables, paymentNumber: string): TimelineItem[] {
  const orderNumber = tables.payments.get(paymentNumber)?.orderNumber;
  const logged = tables.events.filter(
    (event) =>
      event.paymentNumber === paymentNumber ||
      (event.paymentNumber === undefined && orderNumber !== undefined && event.orderNumber === orderNumber),
  );
  const ids = new Set(logged.map(({ callbackId }) => callbackId));
  const callbacks = [...tables.callbacks.values()].filter(
    ({ id, receipt }) => ids.has(id) || receipt.notification.paymentNumber === paymentNumber,
  );
  const events = logged
    .filter(({ type }) => !type.startsWith('discrepancy.'))
    .map(({ id, at, type, actor, callbackId = null, data }): TimelineItem => {
      return { kind: 'event', id, at, type, actor, callbackId, data: { ...data } };
    });
  const cases = [...tables.cases.values()].filter((row) => row.paymentNumber === paymentNumber);
  return [...callbacks.map(callbackItem), ...events, ...cases.flatMap(caseItems)];
}

function callbackItem({ id, receipt, outcome, deliveries, settledAt }: CallbackRow): TimelineItem {
  const { eventId, notification, receivedAt: at } = receipt;
  const content = { gateway: notification.gateway, eventId, noticeKind: notification.kind };
  return { kind: 'callback', id, at, ...content, outcome, deliveries, settledAt };
}

function caseItems(row: CaseRow): TimelineItem[] {
  const { id, kind: discrepancyKind, callbackId, openedAt, resolvedAt, resolution, resolvedBy, reason } = row;
  const common = { kind: 'discrepancy' as const, id, discrepancyKind, callbackId };
  const unresolved = { resolution: null, actor: null, reason: null };
  const opened = { ...common, at: openedAt, type: 'opened' as const, ...unresolved };
  const notes = row.notes.map((note) => ({ kind: 'note' as const, discrepancyId: id, ...note }));
  if (!resolvedAt) return [opened, ...notes];
  const ending = { resolution, actor: resolvedBy, reason };
  return [opened, { ...common, at: resolvedAt, type: 'resolved' as const, ...ending }, ...notes];
}
