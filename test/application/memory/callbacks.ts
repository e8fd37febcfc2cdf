import {
  CallbackQueries,
  type CallbackDetail,
  type CallbackFilter,
  type CallbackView,
  type PendingCallbacks,
} from '../../../src/application/callbacks/callback-queries.js';
import type {
  BodyCursor,
  CallbackKey,
  CallbackRepository,
  NewCallback,
  ParsedNotification,
  StoredCallback,
  StoredCallbackWithBody,
} from '../../../src/application/callbacks/callback-repository.js';
import type { Filter, Page, PageRequest } from '../../../src/application/page.js';
import { KeyTaken, type LockMode } from '../../../src/application/transaction.js';
import type { Outcome } from '../../../src/domain/callbacks/outcome.js';
import { inRange, listPage } from './list-page.js';
import { waitForLock, type Session } from './session.js';
import type { CallbackRow, Tables } from './tables.js';

export class MemoryCallbacks implements CallbackRepository {
  constructor(private readonly session: Session) {}

  async findByKeys(keys: readonly CallbackKey[]): Promise<StoredCallback[]> {
    const wanted = new Set(keys.map(({ gateway, eventId }) => `${gateway} ${eventId}`));
    return this.rows()
      .filter((row) => wanted.has(keyOf(row)))
      .map(storedFrom);
  }

  async reserveIds(count: number): Promise<string[]> {
    return Array.from({ length: count }, () => this.session.nextId());
  }

  async add(callbacks: readonly NewCallback[]): Promise<void> {
    for (const { id, receipt, outcome, at, deliveries } of callbacks) {
      const row: CallbackRow = { id, receipt, deliveries, attempts: 0, ...outcomeAt(outcome, at) };
      const key = keyOf(row);
      if (this.rows().some((other) => keyOf(other) === key)) throw new KeyTaken(key);
      this.put(row);
    }
  }

  async countCopies(copies: readonly { readonly id: string; readonly copies: number }[]): Promise<void> {
    for (const { id, copies: more } of copies) {
      const row = this.row(id);
      this.put({ ...row, deliveries: row.deliveries + more });
    }
  }

  async lockUndecided(ids: readonly string[], mode: LockMode): Promise<string[]> {
    if (mode === 'wait') waitForLock(this.session, ...ids);
    const { tables, lockedElsewhere } = this.session;
    return ids.filter((id) => {
      const outcome = tables.callbacks.get(id)?.outcome;
      return !lockedElsewhere.has(id) && (outcome === 'pending' || outcome === 'unmatched');
    });
  }

  async saveOutcomes(
    decisions: readonly { readonly id: string; readonly outcome: Outcome; readonly at: Date }[],
  ): Promise<void> {
    for (const { id, outcome, at } of decisions) this.put({ ...this.row(id), ...outcomeAt(outcome, at) });
  }

  async leaseDue(now: Date, leasedUntil: Date, limit: number): Promise<StoredCallback[]> {
    const due = this.rows().filter(
      ({ id, nextAttemptAt }) =>
        nextAttemptAt !== null && nextAttemptAt <= now && !this.session.lockedElsewhere.has(id),
    );
    return due.slice(0, limit).map((row) => {
      const leased = { ...row, attempts: row.attempts + 1, nextAttemptAt: leasedUntil };
      this.put(leased);
      return storedFrom(leased);
    });
  }

  async postpone(retries: readonly { readonly id: string; readonly at: Date }[]): Promise<void> {
    for (const { id, at } of retries) {
      const row = this.row(id);
      const isFree = !this.session.lockedElsewhere.has(id);
      if (row.outcome === 'pending' && isFree) this.put({ ...row, nextAttemptAt: at });
    }
  }

  async findUnmatched(paymentNumbers: readonly string[], limit: number): Promise<StoredCallback[]> {
    const counts = new Map<string, number>();
    return this.unmatched()
      .filter((row) => {
        const number = numberOf(row) ?? '';
        counts.set(number, (counts.get(number) ?? 0) + 1);
        return paymentNumbers.includes(number) && counts.get(number)! <= limit;
      })
      .map(storedFrom);
  }

  async findMatchable(
    after: string | null,
    limit: number,
  ): Promise<{ readonly callbacks: readonly StoredCallback[]; readonly next: string | null }> {
    const numbers = new Set(this.unmatched().flatMap((row) => numberOf(row) ?? []));
    const page = [...numbers]
      .filter((number) => number > (after ?? ''))
      .sort()
      .slice(0, limit);
    const existing = new Set(page.filter((number) => this.session.tables.payments.has(number)));
    const found = this.unmatched().filter((row) => existing.has(numberOf(row) ?? ''));
    return {
      callbacks: found.slice(0, limit).map(storedFrom),
      next: page.length === limit ? page.at(-1)! : null,
    };
  }

  async findById(id: string): Promise<StoredCallbackWithBody | null> {
    const row = this.session.tables.callbacks.get(id);
    return row ? { ...storedFrom(row), body: row.receipt.body } : null;
  }

  async lock(id: string): Promise<Outcome> {
    waitForLock(this.session, id);
    return this.row(id).outcome;
  }

  async saveParsed(id: string, parsed: ParsedNotification & { readonly judgedAt: Date }): Promise<void> {
    const row = this.row(id);
    this.put({ ...row, receipt: { ...row.receipt, ...parsed } });
  }

  async rotateContents(): Promise<number> {
    // Nothing is older than the test.
    return 0;
  }

  async pruneBodies(): Promise<{ readonly pruned: number; readonly next: BodyCursor | null }> {
    // No earlier release has stored anything here.
    return { pruned: 0, next: null };
  }

  private rows(): CallbackRow[] {
    return [...this.session.tables.callbacks.values()];
  }

  /** In order of receipt. */
  private unmatched(): CallbackRow[] {
    return this.rows()
      .filter(({ outcome }) => outcome === 'unmatched')
      .sort((left, right) => left.receipt.receivedAt.getTime() - right.receipt.receivedAt.getTime());
  }

  private row(id: string): CallbackRow {
    return this.session.tables.callbacks.get(id)!;
  }

  private put(row: CallbackRow): void {
    this.session.tables.callbacks.set(row.id, row);
  }
}

const keyOf = ({ receipt: { notification, eventId } }: CallbackRow) => `${notification.gateway} ${eventId}`;
const numberOf = ({ receipt: { notification } }: CallbackRow): string | null => notification.paymentNumber;

function storedFrom({ id, receipt, outcome, attempts }: CallbackRow): StoredCallback {
  const { eventId, fingerprint, notification, receivedAt, judgedAt } = receipt;
  return { id, eventId, fingerprint, notification, receivedAt, judgedAt, outcome, attempts };
}

/** `at` is the time of the decision. For a pending callback it is the time from which a worker may take it. */
function outcomeAt(outcome: Outcome, at: Date): Pick<CallbackRow, 'outcome' | 'settledAt' | 'nextAttemptAt'> {
  return outcome === 'pending'
    ? { outcome, settledAt: null, nextAttemptAt: at }
    : { outcome, settledAt: at, nextAttemptAt: null };
}

export class MemoryCallbackQueries extends CallbackQueries {
  constructor(private readonly tables: () => Tables) {
    super();
  }

  override async list(
    { orderNumber, transactionId, ...others }: Filter<CallbackFilter>,
    page: PageRequest,
  ): Promise<Page<CallbackView>> {
    const { callbacks, payments } = this.tables();
    const { rows, filter } = inRange(callbacks.values(), ({ receipt }) => receipt.receivedAt, others);
    const found = rows.filter(({ receipt: { notification } }) => {
      const order = payments.get(notification.paymentNumber ?? '')?.orderNumber;
      return (
        (orderNumber === undefined || order === orderNumber) &&
        (transactionId === undefined || notification.transactionId === transactionId)
      );
    });
    return listPage(found, viewOf, filter, page);
  }

  override async find(id: string): Promise<CallbackDetail | null> {
    const row = this.tables().callbacks.get(id);
    if (!row) return null;
    const { headers, body, notification } = row.receipt;
    const { transactionId, money: amount, charged, refund, dispute } = notification;
    const content = { transactionId, amount, charged, refund, dispute };
    return { ...viewOf(row), ...content, headers, bodyBase64: body && Buffer.from(body).toString('base64') };
  }

  override async pending(): Promise<PendingCallbacks> {
    const pending = [...this.tables().callbacks.values()].filter(({ outcome }) => outcome === 'pending');
    const ages = pending.map(({ receipt }) => (Date.now() - receipt.receivedAt.getTime()) / 1_000);
    return { count: pending.length, oldestSeconds: Math.max(0, ...ages) };
  }
}

function viewOf({ id, receipt, outcome, deliveries, settledAt }: CallbackRow): CallbackView {
  const { eventId, receivedAt, notification } = receipt;
  const { gateway, kind, paymentNumber } = notification;
  return { id, gateway, eventId, kind, paymentNumber, outcome, deliveries, receivedAt, settledAt };
}
