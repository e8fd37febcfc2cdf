import { Unavailable } from '../../src/application/ports.js';
import type { Resolutions } from '../../src/application/resolutions.js';
import type { StoredCallbacks } from '../../src/application/stored-callbacks.js';
import type { TimelineItem } from '../../src/application/timeline.js';
import type { Base, CallbackRow, DiscrepancyRow, Tables } from './memory-tables.js';

export const UNRESOLVED = {
  status: 'open',
  resolvedAt: null,
  resolution: null,
  resolvedBy: null,
  note: null,
  reference: null,
  reason: null,
  notes: [],
} as const;

export function closed(row: DiscrepancyRow, resolvedBy: string, resolvedAt: Date, reason: string) {
  return { ...row, status: 'resolved' as const, resolvedBy, resolvedAt, reason };
}

export function resolutions({ draft, held, nextId }: Base): Resolutions {
  const rows = (): DiscrepancyRow[] => [...draft.discrepancies.values()];
  return {
    async hold(id) {
      if (held.has(id)) throw new Unavailable(`${id} held elsewhere`);
      return draft.discrepancies.get(id)?.status === 'open';
    },
    async end(id, ending, { actor, at }) {
      const row = draft.discrepancies.get(id)!;
      const end = { status: 'resolved' as const, resolvedBy: actor, resolvedAt: at };
      draft.discrepancies.set(id, { ...row, ...ending, ...end });
    },
    async addNote(id, note, { actor, at }) {
      const row = draft.discrepancies.get(id)!;
      draft.discrepancies.set(id, { ...row, notes: [...row.notes, { id: nextId(), at, actor, note }] });
    },
    async closeCaseOf({ id, notice }, kind, reason, { actor, at }) {
      const { gateway, paymentNumber, transactionId } = notice;
      const isIts = (row: DiscrepancyRow): boolean =>
        transactionId === null
          ? row.transactionId === null && row.callbackId === id
          : row.gateway === gateway &&
            row.paymentNumber === paymentNumber &&
            row.transactionId === transactionId;
      const found = rows().find((row) => row.kind === kind && row.status === 'open' && isIts(row));
      if (found) draft.discrepancies.set(found.id, closed(found, actor, at, reason));
      return found ?? null;
    },
    async isRefunded(gateway, transactionId) {
      return rows().some(
        (row) =>
          row.resolution === 'refunded_elsewhere' &&
          row.gateway === gateway &&
          row.transactionId === transactionId,
      );
    },
  };
}

export function storedCallbacks({ draft, held }: Base): StoredCallbacks {
  return {
    async find(id) {
      const row = draft.callbacks.get(id);
      if (!row) return null;
      const { eventId, fingerprint, notice, receivedAt, judgedAt, body } = row.receipt;
      const { outcome, attempts } = row;
      return { id, eventId, fingerprint, notice, receivedAt, judgedAt, outcome, attempts, body };
    },
    async hold(id) {
      if (held.has(id)) throw new Unavailable(`${id} held elsewhere`);
      return draft.callbacks.get(id)!.outcome;
    },
    async reread(id, reading) {
      const row = draft.callbacks.get(id)!;
      draft.callbacks.set(id, { ...row, receipt: { ...row.receipt, ...reading } });
    },
  };
}

export function timelineItems(tables: Tables, paymentNumber: string): TimelineItem[] {
  const orderNumber = tables.payments.get(paymentNumber)?.orderNumber;
  const told = tables.events.filter(
    (event) =>
      event.paymentNumber === paymentNumber ||
      (event.paymentNumber === undefined && orderNumber !== undefined && event.orderNumber === orderNumber),
  );
  const ids = new Set(told.map(({ callbackId }) => callbackId));
  const callbacks = [...tables.callbacks.values()].filter(
    ({ id, receipt }) => ids.has(id) || receipt.notice.paymentNumber === paymentNumber,
  );
  const events = told
    .filter(({ type }) => !type.startsWith('discrepancy.'))
    .map(
      ({ id, at, type, actor, callbackId = null, data }) =>
        ({ kind: 'event', id, at, type, actor, callbackId, data }) as const,
    );
  const cases = [...tables.discrepancies.values()].filter((row) => row.paymentNumber === paymentNumber);
  return [...callbacks.map(callbackItem), ...events, ...cases.flatMap(caseItems)];
}

function callbackItem({ id, receipt, outcome, deliveries, settledAt }: CallbackRow): TimelineItem {
  const { eventId, notice, receivedAt: at } = receipt;
  const said = { gateway: notice.gateway, eventId, noticeKind: notice.kind };
  return { kind: 'callback', id, at, ...said, outcome, deliveries, settledAt };
}

function caseItems(row: DiscrepancyRow): TimelineItem[] {
  const { id, kind: discrepancyKind, callbackId, openedAt, resolvedAt, resolution, resolvedBy, reason } = row;
  const named = { kind: 'discrepancy' as const, id, discrepancyKind, callbackId };
  const nobody = { resolution: null, actor: null, reason: null };
  const opened = { ...named, at: openedAt, type: 'opened' as const, ...nobody };
  const end = { resolution, actor: resolvedBy, reason };
  const notes = row.notes.map((note) => ({ kind: 'note' as const, discrepancyId: id, ...note }));
  return resolvedAt
    ? [opened, { ...named, at: resolvedAt, type: 'resolved' as const, ...end }, ...notes]
    : [opened, ...notes];
}
