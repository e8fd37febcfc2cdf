import type { Outcome } from '../../domain/callbacks/outcome.js';
import type { Clock } from '../clock.js';
import type { Readiness } from '../readiness.js';
import { Contended, KeyTaken, Unavailable } from '../transaction.js';
import type { Receipt, StoredCallback } from './callback-repository.js';
import { inboxKey, type InboxEntry } from './inbox-entry.js';
import type { ProcessPaymentSuccess } from './process-payment-success.js';
import type { ReceiptRepository } from './receipt-repository.js';

/** Settling stops this long before the gateway's limit, so that the receipt can still be stored. */
const SETTLE_MARGIN_MS = 2_000;
/** Storing the receipt stops this long before the gateway's limit, so that the answer can still arrive. */
const STORE_MARGIN_MS = 1_000;
/** A caller without an answer by then is told "not stored". If it is stored after all, the copy that is sent again finds it. */
const ANSWER_MARGIN_MS = 800;
/** With less time than this left to settle, a callback of a batch is only stored. */
const MIN_SETTLE_MS = 500;
const TOO_LATE = 'it has waited too long to be settled in time';

/** A commit costs the same for one callback as for this many. In a larger batch each caller waits noticeably longer. */
const MAX_BATCH_SIZE = 256;
/** Limits batches of large bodies, because a body is in memory several times while it is written. */
const MAX_BATCH_BYTES = 2 * 1024 * 1024;
/** While one batch waits for its commit, the next one is decided. More would only compete for two cores. */
const MAX_BATCHES = 2;
/** A second batch starts when at least this many callbacks wait, because then it is worth its round trips. */
const SECOND_BATCH_THRESHOLD = 32;
/** A second batch also starts when a callback has waited this long for the running one, which may be blocked. */
const MAX_BATCH_DELAY_MS = 10;
/** At most this many connections wait for a lock, so that one hot order never empties the pool. */
const MAX_LOCK_WAITERS = 2;
/** How many callbacks of a failed batch are tried at the same time, so that one that waits does not hold up the rest. */
const MAX_SINGLES = 4;
/** Less than a quarter of a second of work. It is better to refuse a callback beyond it than to keep it in memory. */
const QUEUE_LIMIT = 512;
/** When a worker first tries a receipt that was stored unsettled. */
const FIRST_RETRY_MS = 1_000;

/** Only a stored callback may be acknowledged. The gateway sends any other one again. */
export type SubmitResult =
  | {
      readonly stored: true;
      readonly outcome: Outcome;
      readonly copy: boolean;
      /** Null if only the receipt was stored. */
      readonly callbackId: string | null;
      /** Why it was only stored and not settled, if that is so. */
      readonly fault?: unknown;
    }
  | { readonly stored: false; readonly why: 'overloaded' | 'unavailable'; readonly fault?: unknown };

const OVERLOADED: SubmitResult = { stored: false, why: 'overloaded' };

/** A callback and its deadlines, in milliseconds on the clock of `performance.now()`. */
interface QueuedCallback {
  readonly receipt: Receipt;
  /** What two running batches must not share: an inbox key or a payment. */
  readonly keys: readonly string[];
  readonly queuedAt: number;
  readonly settleBy: number;
  readonly storeBy: number;
  readonly answerBy: number;
  /** Answers the caller. Only the first answer counts. */
  answer(result: SubmitResult): void;
  isAnswered: boolean;
}

/**
 * Collects callbacks into batches, because a commit costs the same for one as for many. Callbacks that arrive while a batch
 * is running form the next one. A single callback is a batch of one and waits for nobody.
 *
 * A callback passes through these modes; the first two are the usual ones:
 *
 * - **queued**: waits in memory, in order of arrival, while fewer than two batches may start. If the queue is full it is
 *   refused at once as `overloaded`.
 * - **batched**: settles with others in one transaction that skips rows locked elsewhere. The batch has the earliest
 *   deadline of its callbacks.
 * - **waiting for a lock**: the batch has stored it as `pending`, because another transaction had locked its rows. It is
 *   settled alone, and waits for the lock until its deadline. At most two do so at a time; others are answered as `pending`.
 * - **single**: its batch failed, and it is not known which callback caused it. Each is tried as a batch of one, so that the
 *   faulty one harms no other.
 * - **stored unsettled**: there is no time left, or the database failed. Only the receipt is stored, as `pending`, on a reserved
 *   connection, and a worker settles it.
 */
export class CallbackBatcher {
  private readonly queue: QueuedCallback[] = [];
  /** Inbox keys and payments of the running batches. */
  private readonly busyKeys = new Set<string>();
  private runningBatches = 0;
  private lockWaiters = 0;
  private delayTimer: NodeJS.Timeout | undefined;
  private readonly unanswered = new Set<QueuedCallback>();
  private answerTimer: NodeJS.Timeout | undefined;
  private answerTimerAt = Infinity;

  constructor(
    private readonly processPaymentSuccess: ProcessPaymentSuccess,
    private readonly receipts: ReceiptRepository,
    private readonly clock: Clock,
    private readonly readiness: Pick<Readiness, 'storeSucceeded' | 'storeFailed'>,
  ) {}

  /** While it is full, callbacks can be refused before their signature is verified. */
  get isFull(): boolean {
    return this.queue.length >= QUEUE_LIMIT;
  }

  /** @param answerWithinMs the time in which the gateway wants its answer. */
  submit(receipt: Receipt, answerWithinMs: number): Promise<SubmitResult> {
    if (this.isFull) return Promise.resolve(OVERLOADED);
    const result = this.enqueue(receipt, answerWithinMs);
    this.startBatches();
    return result;
  }

  /**
   * The receipts of one request, which is acknowledged if all of them are stored. They go into one batch, unless a running batch has
   * one of their payments. If only some are stored, those are found again as copies when the gateway repeats the request.
   */
  submitAll(receipts: readonly Receipt[], answerWithinMs: number): Promise<SubmitResult>[] {
    if (this.queue.length + receipts.length > QUEUE_LIMIT) {
      return receipts.map(() => Promise.resolve(OVERLOADED));
    }
    const results = receipts.map((receipt) => this.enqueue(receipt, answerWithinMs));
    this.startBatches();
    return results;
  }

  private enqueue(receipt: Receipt, answerWithinMs: number): Promise<SubmitResult> {
    return new Promise((resolve) => {
      const queuedAt = performance.now();
      const limit = queuedAt + answerWithinMs;
      const queued: QueuedCallback = {
        receipt,
        keys: keysOf(receipt),
        queuedAt,
        settleBy: limit - SETTLE_MARGIN_MS,
        storeBy: limit - STORE_MARGIN_MS,
        answerBy: limit - ANSWER_MARGIN_MS,
        isAnswered: false,
        answer: (result) => {
          queued.isAnswered = true;
          this.unanswered.delete(queued);
          if (this.unanswered.size === 0) this.stopAnswerTimer();
          if (result.stored) this.readiness.storeSucceeded();
          else if (isTemporary(result.fault)) this.readiness.storeFailed();
          resolve(result);
        },
      };
      this.queue.push(queued);
      this.unanswered.add(queued);
      this.answerOverdueAt(queued.answerBy);
      this.startBatchesAfter(MAX_BATCH_DELAY_MS);
    });
  }

  /** One timer for all callbacks, at the earliest deadline: a timer for each costs more than its place in a set. */
  private answerOverdueAt(time: number): void {
    if (time >= this.answerTimerAt) return;
    this.stopAnswerTimer();
    this.answerTimerAt = time;
    this.answerTimer = setTimeout(() => this.answerOverdue(), time - performance.now());
  }

  private stopAnswerTimer(): void {
    clearTimeout(this.answerTimer);
    this.answerTimerAt = Infinity;
  }

  private answerOverdue(): void {
    this.stopAnswerTimer();
    const now = performance.now();
    for (const queued of this.unanswered) {
      if (queued.answerBy <= now) queued.answer({ stored: false, why: 'unavailable' });
      else this.answerOverdueAt(queued.answerBy);
    }
  }

  /** Node's timer can fire a little early. Then the oldest callback waits for the rest of its time. */
  private startBatchesAfter(ms: number): void {
    this.delayTimer ??= setTimeout(() => {
      this.delayTimer = undefined;
      this.startBatches();
      const left = (this.queue[0]?.queuedAt ?? 0) + MAX_BATCH_DELAY_MS - performance.now();
      if (left > 0) this.startBatchesAfter(left);
    }, ms);
  }

  private startBatches(): void {
    while (this.runningBatches < MAX_BATCHES && this.isWorthABatch()) {
      const batch = this.nextBatch();
      if (batch.length === 0) break;
      for (const { keys } of batch) keys.forEach((key) => this.busyKeys.add(key));
      this.runningBatches += 1;
      void this.runBatch(batch).finally(() => {
        for (const { keys } of batch) keys.forEach((key) => this.busyKeys.delete(key));
        this.runningBatches -= 1;
        this.startBatches();
      });
    }
  }

  private isWorthABatch(): boolean {
    const oldest = this.queue[0];
    if (!oldest) return false;
    return (
      this.runningBatches === 0 ||
      this.queue.length >= SECOND_BATCH_THRESHOLD ||
      performance.now() - oldest.queuedAt >= MAX_BATCH_DELAY_MS
    );
  }

  /** FIFO. Skips callbacks whose event id or payment is in a running batch, because they would only wait for its locks. */
  private nextBatch(): QueuedCallback[] {
    const batch: QueuedCallback[] = [];
    const left: QueuedCallback[] = [];
    let bytes = 0;
    for (const queued of this.queue.splice(0)) {
      // Its caller has been told to send it again.
      if (queued.isAnswered) continue;
      const batchIsFull = batch.length >= MAX_BATCH_SIZE || bytes >= MAX_BATCH_BYTES;
      const fits = !batchIsFull && !queued.keys.some((key) => this.busyKeys.has(key));
      if (fits) bytes += queued.receipt.body.byteLength;
      (fits ? batch : left).push(queued);
    }
    this.queue.push(...left);
    return batch;
  }

  /** Callbacks that have waited long have an early deadline, which the others must not share: they are stored unsettled. */
  private async runBatch(batch: readonly QueuedCallback[]): Promise<void> {
    const late = batch.length === 1 ? [] : batch.filter(isLate);
    const inTime = late.length === 0 ? batch : batch.filter((queued) => !late.includes(queued));
    await Promise.all([
      inTime.length > 0 && this.settleBatch(inTime),
      late.length > 0 && this.storeUnsettled(late, new Unavailable(TOO_LATE)),
    ]);
  }

  private async settleBatch(batch: readonly QueuedCallback[]): Promise<void> {
    const deadline = Math.min(...batch.map(({ settleBy }) => settleBy));
    try {
      if (performance.now() >= deadline) throw new Unavailable(TOO_LATE);
      const receipts = batch.map(({ receipt }) => receipt);
      const entries = await this.processPaymentSuccess.execute(receipts, { mode: 'skip', deadline });
      // Of several copies in one batch, the first is the callback and the others are copies of it.
      const seen = new Set<InboxEntry>();
      batch.forEach((queued, index) => {
        const entry = entries[index]!;
        this.conclude(queued, entry, entry.isCopy || seen.has(entry));
        seen.add(entry);
      });
    } catch (fault) {
      const isRetriable = fault instanceof KeyTaken || fault instanceof Contended;
      // A fault of the whole database affects each callback. Any other fault may be caused by a single one.
      if (batch.length > 1 && (isRetriable || !(fault instanceof Unavailable))) await this.tryOneByOne(batch);
      else if (fault instanceof KeyTaken) await this.settleBatch(batch);
      else await this.storeUnsettled(batch, fault);
    }
  }

  private async tryOneByOne(batch: readonly QueuedCallback[]): Promise<void> {
    const left = [...batch];
    const settleNext = async (): Promise<void> => {
      for (let queued = left.shift(); queued; queued = left.shift()) await this.runBatch([queued]);
    };
    await Promise.all(Array.from({ length: MAX_SINGLES }, settleNext));
  }

  /** Answers the caller, or first waits for the lock if another transaction had locked the rows. */
  private conclude(queued: QueuedCallback, { outcome, id, waiting }: InboxEntry, copy: boolean): void {
    const stored: SubmitResult = { stored: true, outcome, copy, callbackId: id };
    if (!waiting || this.lockWaiters >= MAX_LOCK_WAITERS) {
      queued.answer(stored);
      return;
    }
    this.lockWaiters += 1;
    void this.waitForLock(waiting, queued.settleBy)
      .then((result) => queued.answer({ ...stored, ...result } as SubmitResult))
      .finally(() => {
        this.lockWaiters -= 1;
      });
  }

  /** If it cannot settle in time it is stored all the same, and a worker settles it. The fault goes to the log. */
  private async waitForLock(stored: StoredCallback, deadline: number): Promise<Partial<SubmitResult>> {
    try {
      const [entry] = await this.processPaymentSuccess.executeStored([stored], { mode: 'wait', deadline });
      return { outcome: entry!.outcome, copy: entry!.isCopy };
    } catch (fault) {
      return { fault };
    }
  }

  /** The settling transaction has been rolled back, so only the receipts are stored. A worker settles them. */
  private async storeUnsettled(batch: readonly QueuedCallback[], fault: unknown): Promise<void> {
    const nextAttemptAt = new Date(this.clock.now().getTime() + FIRST_RETRY_MS);
    const deadline = Math.min(...batch.map(({ storeBy }) => storeBy));
    const receipts = batch.map(({ receipt }) => receipt);
    const stored = await this.receipts.storePending(receipts, nextAttemptAt, deadline);
    batch.forEach((queued, index) =>
      queued.answer(
        stored[index]
          ? { stored: true, outcome: 'pending', copy: false, callbackId: null, fault }
          : { stored: false, why: 'unavailable', fault },
      ),
    );
  }
}

/** Without a fault the time was over. Any other fault may be caused by the callback itself, and the next one can be stored. */
const isTemporary = (fault: unknown): boolean => fault === undefined || fault instanceof Unavailable;

const isLate = ({ settleBy }: QueuedCallback): boolean => settleBy - performance.now() < MIN_SETTLE_MS;

function keysOf(receipt: Receipt): string[] {
  const { paymentNumber } = receipt.notification;
  return [`callback ${inboxKey(receipt)}`, ...(paymentNumber === null ? [] : [`payment ${paymentNumber}`])];
}
