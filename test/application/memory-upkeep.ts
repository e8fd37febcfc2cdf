import type { Backlog, Bodies } from '../../src/application/backlog.js';
import type { DuePayments } from '../../src/application/expire-payments.js';
import { OPEN_STATUSES, Payment } from '../../src/domain/payment.js';
import { asStored } from './memory-inbox.js';
import type { Base, CallbackRow } from './memory-tables.js';

/** Those who work off the inbox. */
export function backlog({ draft, held }: Base): Backlog {
  const rows = (): CallbackRow[] => [...draft.callbacks.values()];
  const unmatched = () => rows().filter(({ outcome }) => outcome === 'unmatched');
  return {
    async lease(now, leasedUntil, limit) {
      const isDue = ({ id, outcome, nextAttemptAt }: CallbackRow) =>
        outcome === 'pending' && nextAttemptAt! <= now && !held.has(id);
      return rows()
        .filter(isDue)
        .slice(0, limit)
        .map((row) => {
          const leased = { ...row, attempts: row.attempts + 1, nextAttemptAt: leasedUntil };
          draft.callbacks.set(row.id, leased);
          return asStored(leased);
        });
    },
    async postpone(retries) {
      for (const { id, at } of retries) {
        const row = draft.callbacks.get(id)!;
        if (row.outcome === 'pending' && !held.has(id))
          draft.callbacks.set(id, { ...row, nextAttemptAt: at });
      }
    },
    async waitingFor(paymentNumber, limit) {
      const waiting = unmatched().filter(({ receipt }) => receipt.notice.paymentNumber === paymentNumber);
      return waiting
        .sort((a, b) => a.receipt.receivedAt.getTime() - b.receipt.receivedAt.getTime())
        .slice(0, limit)
        .map(asStored);
    },
    async matched(after, limit) {
      const numbers = unmatched().flatMap(({ receipt }) => receipt.notice.paymentNumber ?? []);
      const page = [...new Set(numbers)]
        .filter((number) => number > (after ?? ''))
        .sort()
        .slice(0, limit);
      const came = page.filter((number) => draft.payments.has(number));
      const found = unmatched().filter(({ receipt }) => came.includes(receipt.notice.paymentNumber ?? ''));
      return { callbacks: found.map(asStored), next: page.length === limit ? page.at(-1)! : null };
    },
  };
}

export function bodies({ draft }: Base): Bodies {
  const isNeeded = (id: string): boolean =>
    [...draft.discrepancies.values()].some(
      ({ callbackId, status }) => callbackId === id && status === 'open',
    );
  return {
    async drop(settledBefore, after, limit) {
      const page = [...draft.callbacks.values()]
        .filter(({ receipt, settledAt }) => receipt.body && settledAt && settledAt < settledBefore)
        .filter(({ id }) => Number(id) > Number(after?.id ?? 0))
        .slice(0, limit);
      const old = page.filter(({ id }) => !isNeeded(id));
      for (const row of old)
        draft.callbacks.set(row.id, { ...row, receipt: { ...row.receipt, body: null, headers: null } });
      const last = page.at(-1);
      const next = last && { settledAt: last.settledAt!.toISOString(), id: last.id };
      return { dropped: old.length, next: page.length === limit ? next! : null };
    },
  };
}

export function duePayments({ draft, held }: Base): DuePayments {
  const open = () => [...draft.payments.values()].filter(({ status }) => OPEN_STATUSES.includes(status));
  return {
    async lock(expiredBefore, limit) {
      return open()
        .filter(({ number, expiresAt }) => expiresAt < expiredBefore && !held.has(number))
        .sort((a, b) => a.expiresAt.getTime() - b.expiresAt.getTime())
        .slice(0, limit)
        .map((row) => new Payment({ ...row }));
    },
    async ordersWithOpenOnes(orderNumbers) {
      const numbers = open().map(({ orderNumber }) => orderNumber);
      return new Set(numbers.filter((number) => orderNumbers.includes(number)));
    },
  };
}
