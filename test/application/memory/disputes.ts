import type {
  DisputeDetail,
  DisputeFilter,
  DisputeQueries,
  DisputeView,
  OpenDisputes,
} from '../../../src/application/disputes/dispute-queries.js';
import {
  disputeKey,
  nameKey,
  type DisputeName,
  type DisputeRepository,
  type LockedNames,
} from '../../../src/application/disputes/dispute-repository.js';
import type { LockMode } from '../../../src/application/transaction.js';
import type { Filter, Page, PageRequest } from '../../../src/application/page.js';
import { AWAITS_SHOP, OPEN_STATUSES, type Dispute } from '../../../src/domain/disputes/dispute.js';
import type { TransactionRef } from '../../../src/application/payments/payment-repository.js';
import { identityOf } from '../../../src/domain/cases/identity.js';
import { inRange, listPage } from './list-page.js';
import { waitForLock, type Session } from './session.js';
import type { DisputeRow, Tables } from './tables.js';

export class MemoryDisputes implements DisputeRepository {
  constructor(private readonly session: Session) {}

  async lockNames(names: readonly DisputeName[], mode: LockMode): Promise<LockedNames> {
    const keys = names.map(nameKey);
    if (mode === 'wait') waitForLock(this.session, ...keys);
    const contended = new Set(keys.filter((key) => this.session.lockedElsewhere.has(key)));
    return { transactions: await this.transactionsOf(names), contended };
  }

  async transactionsOf(names: readonly DisputeName[]): Promise<LockedNames['transactions']> {
    const asked = new Set(names.map(nameKey));
    const stored = [...this.session.tables.disputes.values()].map(({ state }) => state);
    const found = stored.filter((state) => asked.has(nameKey(state))).toReversed();
    return new Map(found.map((state) => [nameKey(state), state.transactionId]));
  }

  async save(disputes: readonly Dispute[]): Promise<void> {
    const { tables } = this.session;
    for (const { stored: state, events } of disputes) {
      const key = disputeKey(state);
      const { id = this.session.nextId(), log = [] } = tables.disputes.get(key) ?? {};
      const entries = events.map(({ at, type, actor, data }) => ({
        at,
        event: type,
        actor,
        data: { ...data },
      }));
      tables.disputes.set(key, { id, state, log: [...log, ...entries] });
    }
  }

  async waitingSince(openedBefore: Date, limit: number): Promise<readonly TransactionRef[]> {
    const { disputes, cases } = this.session.tables;
    const identities = new Set([...cases.values()].map(identityOf));
    return [...disputes.values()]
      .map(({ state }) => state)
      .filter(({ waiting, openedAt }) => waiting && openedAt < openedBefore)
      .filter(({ gateway, disputeId }) => !identities.has(`unmatched ${gateway} dispute ${disputeId}`))
      .slice(0, limit)
      .map(({ gateway, transactionId }) => ({ gateway, transactionId }));
  }
}

export class MemoryDisputeQueries implements DisputeQueries {
  constructor(private readonly tables: () => Tables) {}

  async list(filter: Filter<DisputeFilter>, page: PageRequest): Promise<Page<DisputeView>> {
    const found = inRange(this.tables().disputes.values(), ({ state }) => state.openedAt, filter);
    return listPage(found.rows, disputeView, found.filter, page);
  }

  async find(id: string): Promise<DisputeDetail | null> {
    const row = [...this.tables().disputes.values()].find((each) => each.id === id);
    return row ? { ...disputeView(row), log: row.log } : null;
  }

  async countOpen(dueBefore: Date): Promise<readonly OpenDisputes[]> {
    const states = [...this.tables().disputes.values()].map(({ state }) => state);
    const open = states.filter(({ status }) => OPEN_STATUSES.includes(status));
    return [...new Set(open.map(({ gateway }) => gateway))].map((gateway) => {
      const of = open.filter((state) => state.gateway === gateway);
      const dueSoon = of.filter(
        ({ status, dueBy }) => AWAITS_SHOP.includes(status) && dueBy !== null && dueBy < dueBefore,
      );
      return { gateway, open: of.length, dueSoon: dueSoon.length };
    });
  }
}

/** The disputes of a payment, newest first. */
export function disputesOf(tables: Tables, paymentNumber: string): DisputeView[] {
  return [...tables.disputes.values()]
    .filter(({ state }) => state.paymentNumber === paymentNumber)
    .map(disputeView)
    .sort((left, right) => Number(right.id) - Number(left.id));
}

function disputeView({ id, state }: DisputeRow): DisputeView {
  const { gateway, disputeId, paymentNumber, orderNumber, transactionId, money, reason } = state;
  const { status, dueBy, moneyTaken, openedAt, closedAt } = state;
  const about = { id, gateway, disputeId, paymentNumber, orderNumber, transactionId };
  const amount = money?.toJSON() ?? null;
  return { ...about, amount, reason, status, dueBy, moneyTaken, openedAt, closedAt };
}
