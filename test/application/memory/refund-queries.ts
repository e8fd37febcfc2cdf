import type { Filter, Page, PageRequest } from '../../../src/application/page.js';
import {
  RefundQueries,
  type RefundCount,
  type RefundDetail,
  type RefundFilter,
  type RefundView,
} from '../../../src/application/refunds/refund-queries.js';
import { inRange, listPage } from './list-page.js';
import type { RefundRow, Tables } from './tables.js';

export class MemoryRefundQueries extends RefundQueries {
  constructor(private readonly tables: () => Tables) {
    super();
  }

  override async list(filter: Filter<RefundFilter>, page: PageRequest): Promise<Page<RefundView>> {
    const found = inRange(this.tables().refunds.values(), ({ createdAt }) => createdAt, filter);
    return listPage(found.rows, refundView, found.filter, page);
  }

  override async find(refundNumber: string): Promise<RefundDetail | null> {
    const { refunds, events } = this.tables();
    const row = refunds.get(refundNumber);
    if (!row) return null;
    const own = events.filter(
      ({ type, data, paymentNumber }) =>
        paymentNumber &&
        type.startsWith('refund.') &&
        (data as { refundNumber?: string }).refundNumber === refundNumber,
    );
    const log = own
      .slice(-100)
      .map(({ at, type, actor, data }) => ({ at, event: type, actor, data: { ...data } }));
    return { ...refundView(row), log };
  }

  override async count(): Promise<readonly RefundCount[]> {
    const counts = new Map<string, RefundCount>();
    for (const { state } of this.tables().refunds.values()) {
      const { gateway, status } = state;
      const key = `${gateway} ${status}`;
      counts.set(key, { gateway, status, count: (counts.get(key)?.count ?? 0) + 1 });
    }
    return [...counts.values()];
  }
}

export function refundView({ state, createdAt, updatedAt }: RefundRow): RefundView {
  const {
    number: refundNumber,
    caseId: discrepancyId,
    money,
    waiting: _waiting,
    unnamed: _unnamed,
    ...names
  } = state;
  const { reportedAt: _reportedAt, ...shown } = names;
  const asked = { attempts: 0, nextAttemptAt: null };
  return { refundNumber, discrepancyId, amount: money.toJSON(), ...shown, ...asked, createdAt, updatedAt };
}
