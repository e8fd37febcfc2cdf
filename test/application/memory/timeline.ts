import {
  timelinePage,
  type SourceItem,
  type Timeline,
  type TimelineItem,
  type TimelineRequest,
  type TimelineSource,
} from '../../../src/application/payments/timeline.js';
import { TimelineQueries } from '../../../src/application/payments/timeline-queries.js';
import type { CallbackRow, CaseRow, EventRow, Tables } from './tables.js';

/** Deliveries are left out: they are merged as all sources are, and PostgreSQL's query has a test of its own. */
export class MemoryTimelineQueries extends TimelineQueries {
  constructor(private readonly tables: () => Tables) {
    super();
  }

  override async find(paymentNumber: string, request: TimelineRequest): Promise<Timeline | null> {
    const unread = (source: TimelineSource, items: readonly TimelineItem[]): SourceItem[] => {
      const before = Number(request.before?.[source] ?? Infinity);
      const older = items.filter(({ id }) => Number(id) < before);
      return older
        .map((item) => ({ key: item.id, item }))
        .toSorted((left, right) => Number(right.key) - Number(left.key));
    };
    const { events, eventsOfOrder, callbacks, cases } = rowsOf(this.tables(), paymentNumber);
    const sources = {
      callback: unread('callback', callbacks.map(callbackItem)),
      paymentEvent: unread('paymentEvent', eventItems(events)),
      orderEvent: unread('orderEvent', eventItems(eventsOfOrder)),
      caseOpened: unread('caseOpened', cases.map(openedItem)),
      caseResolved: unread('caseResolved', cases.flatMap(resolvedItem)),
      note: unread('note', cases.flatMap(noteItems)),
      delivery: [],
    };
    return timelinePage(sources, request);
  }
}

function rowsOf(tables: Tables, paymentNumber: string) {
  const orderNumber = tables.payments.get(paymentNumber)?.orderNumber;
  const events = tables.events.filter((event) => event.paymentNumber === paymentNumber);
  const eventsOfOrder = tables.events.filter(
    (event) =>
      event.paymentNumber === undefined && orderNumber !== undefined && event.orderNumber === orderNumber,
  );
  const ids = new Set(events.map(({ callbackId }) => callbackId));
  const callbacks = [...tables.callbacks.values()].filter(
    ({ id, receipt }) => ids.has(id) || receipt.notification.paymentNumber === paymentNumber,
  );
  const cases = [...tables.cases.values()].filter((row) => row.paymentNumber === paymentNumber);
  return { events, eventsOfOrder, callbacks, cases };
}

function eventItems(events: readonly EventRow[]): TimelineItem[] {
  return events
    .filter(({ type }) => !type.startsWith('discrepancy.'))
    .map(({ id, at, type, actor, callbackId = null, data }): TimelineItem => {
      return { kind: 'event', id, at, type, actor, callbackId, data: { ...data } };
    });
}

function callbackItem({ id, receipt, outcome, deliveries, settledAt }: CallbackRow): TimelineItem {
  const { eventId, notification, receivedAt: at } = receipt;
  const content = { gateway: notification.gateway, eventId, noticeKind: notification.kind };
  return { kind: 'callback', id, at, ...content, outcome, deliveries, settledAt };
}

function openedItem({ id, kind: discrepancyKind, callbackId, openedAt: at }: CaseRow): TimelineItem {
  const unresolved = { resolution: null, actor: null, reason: null, endedBy: null };
  return { kind: 'discrepancy', id, at, type: 'opened', discrepancyKind, callbackId, ...unresolved };
}

function resolvedItem(row: CaseRow): TimelineItem[] {
  const {
    id,
    kind: discrepancyKind,
    callbackId,
    resolvedAt: at,
    resolution,
    resolvedBy: actor,
    reason,
    endedBy,
  } = row;
  if (!at) return [];
  const ending = { resolution, actor, reason, endedBy };
  return [{ kind: 'discrepancy', id, at, type: 'resolved', discrepancyKind, callbackId, ...ending }];
}

function noteItems({ id: discrepancyId, notes }: CaseRow): TimelineItem[] {
  return notes.map((note) => ({ kind: 'note', discrepancyId, ...note }));
}
