import { createHash } from 'node:crypto';
import type {
  AskedNumber,
  NumberChoice,
  RefundRepository,
} from '../../../src/application/refunds/refund-repository.js';
import { transactionKey, type TransactionRef } from '../../../src/application/payments/payment-repository.js';
import type { RefundState } from '../../../src/domain/refunds/refund.js';
import type { RefundTotal } from '../../../src/domain/refunds/total.js';
import type { Session } from './session.js';

export class MemoryRefunds implements RefundRepository {
  constructor(private readonly session: Session) {}

  async choicesFor(asked: readonly AskedNumber[]): Promise<readonly NumberChoice[]> {
    return asked.map((each) => {
      const choices = choicesOf(each);
      return { choices, taken: choices.filter((number) => this.session.tables.refunds.has(number)) };
    });
  }

  async add(refunds: readonly Readonly<RefundState>[], at: Date): Promise<void> {
    const { tables } = this.session;
    for (const state of refunds) {
      if (tables.refunds.has(state.number)) throw new Error(`refund ${state.number} exists`);
      tables.refunds.set(state.number, { id: this.session.nextId(), state, createdAt: at, updatedAt: at });
    }
  }

  async save(refunds: readonly Readonly<RefundState>[], at: Date): Promise<void> {
    const { tables } = this.session;
    for (const state of refunds) {
      const row = tables.refunds.get(state.number)!;
      tables.refunds.set(state.number, { ...row, state, updatedAt: at });
    }
  }

  async remove(numbers: readonly string[]): Promise<void> {
    numbers.forEach((number) => this.session.tables.refunds.delete(number));
  }

  async saveTotals(totals: readonly (TransactionRef & RefundTotal)[]): Promise<void> {
    for (const { gateway, transactionId, ...total } of totals)
      this.session.tables.refundTotals.set(transactionKey(gateway, transactionId), total);
  }

  async waitingSince(createdBefore: Date, limit: number): Promise<readonly TransactionRef[]> {
    const { refunds, cases } = this.session.tables;
    const subjects = new Set([...cases.values()].map(({ kind, subject }) => `${kind} ${subject}`));
    return [...refunds.values()]
      .filter(({ state, createdAt }) => state.waiting && createdAt < createdBefore)
      .filter(({ state }) => !subjects.has(`unmatched refund ${state.number}`))
      .slice(0, limit)
      .map(({ state: { gateway, transactionId } }) => ({ gateway, transactionId }));
  }

  async belowSince(since: Date, limit: number): Promise<readonly TransactionRef[]> {
    const { refundTotals, cases } = this.session.tables;
    const subjects = new Set([...cases.values()].map(({ subject }) => subject));
    return [...refundTotals]
      .filter(([, { belowSince }]) => belowSince !== null && belowSince < since)
      .map(([key]) => refOf(key))
      .filter(({ transactionId }) => !subjects.has(`total ${transactionId}`))
      .slice(0, limit);
  }
}

function choicesOf({ number, gateway, transactionId, gatewayRefundId }: AskedNumber): string[] {
  const longer = (...parts: readonly string[]) => {
    const text = [gateway, transactionId, number, ...parts].join(' ');
    return `${number}~${createHash('sha256').update(text).digest('hex').slice(0, 8)}`;
  };
  return [number, longer(), longer(gatewayRefundId ?? '')];
}

/** As `transactionKey` has written it. A gateway's name has no space. */
function refOf(key: string): TransactionRef {
  const space = key.indexOf(' ');
  return { gateway: key.slice(0, space), transactionId: key.slice(space + 1) };
}
