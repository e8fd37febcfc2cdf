import type { Notification } from '../../domain/callbacks/notification.js';
import { DisputeRepository, nameKey, type DisputeName } from '../disputes/dispute-repository.js';
import type { LockMode, Transaction } from '../transaction.js';

/**
 * The disputes that a batch reports about, by the gateway's ids, and the transaction of each. A gateway may name another transaction with a
 * dispute later. The first one holds, so that the money of a dispute is counted once.
 */
export class DisputeNames {
  private constructor(
    private readonly transactions: Map<string, string>,
    private readonly contended: ReadonlySet<string>,
  ) {}

  static none(): DisputeNames {
    return new DisputeNames(new Map(), new Set());
  }

  /** Locks the names, so that two transactions do not begin one dispute with two transactions of the gateway. */
  static async lock(
    notifications: readonly Notification[],
    tx: Transaction,
    mode: LockMode,
  ): Promise<DisputeNames> {
    const names = notifications.flatMap((each) => nameOf(each) ?? []);
    if (names.length === 0) return DisputeNames.none();
    const { transactions, contended } = await tx.of(DisputeRepository).lockNames(names, mode);
    return new DisputeNames(new Map(transactions), contended);
  }

  /** As last committed, without locks. */
  static async read(notification: Notification, tx: Transaction): Promise<DisputeNames> {
    const name = nameOf(notification);
    if (!name) return DisputeNames.none();
    return new DisputeNames(new Map(await tx.of(DisputeRepository).transactionsOf([name])), new Set());
  }

  isContended(notification: Notification): boolean {
    const name = nameOf(notification);
    return name !== null && this.contended.has(nameKey(name));
  }

  /** The notification with the transaction of its dispute. */
  completed(notification: Notification): Notification {
    const name = nameOf(notification);
    const transactionId = name && this.transactions.get(nameKey(name));
    return transactionId ? { ...notification, transactionId } : notification;
  }

  /** The report was recorded. */
  learn(report: Notification): void {
    const name = nameOf(report);
    if (!name || report.transactionId === null || this.transactions.has(nameKey(name))) return;
    this.transactions.set(nameKey(name), report.transactionId);
  }
}

function nameOf({ gateway, dispute }: Notification): DisputeName | null {
  return dispute?.kind === 'dispute' ? { gateway, disputeId: dispute.disputeId } : null;
}
