import type { RefundRepository } from '../../../src/application/refunds/refund-repository.js';
import type { Refund } from '../../../src/domain/refunds/refund.js';
import type { Session } from './session.js';

export class MemoryRefunds implements RefundRepository {
  constructor(private readonly session: Session) {}

  async add(refunds: readonly Refund[]): Promise<void> {
    const { tables } = this.session;
    for (const { number, stored } of refunds) {
      if (tables.refunds.has(number)) throw new Error(`refund ${number} exists`);
      tables.refunds.set(number, { id: this.session.nextId(), state: stored });
    }
  }
}
