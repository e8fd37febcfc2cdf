import { scopeKey } from '../idempotency/idempotency-key-repository.js';
import { Busy, Contended, Unavailable } from '../transaction.js';
import type { ClientState, PlaceOrders } from './place-orders.js';
import type { Placement, PlacementResult } from './placement.js';

/** A commit costs the same for one placement as for this many. In a larger batch each client waits noticeably longer. */
const MAX_BATCH_SIZE = 256;
/** While one batch waits for its commit, the next one is executed. */
const MAX_BATCHES = 2;
/** A second batch starts when at least this many placements wait, because then it is worth its round trips. */
const SECOND_BATCH_THRESHOLD = 32;
/** One at a time waits for locks, so that locked rows leave a connection to the batches. */
const MAX_ALONE = 1;
/** Less than a second of work. It is better to refuse a placement beyond it than to let every client wait longer. */
const QUEUE_LIMIT = 1_024;
/** No client should wait longer before its placement begins. */
const MAX_WAIT_MS = 5_000;

interface QueuedPlacement {
  readonly placement: Placement;
  /** The numbers and the key that two placements cannot use at the same time. */
  readonly keys: readonly string[];
  readonly client: ClientState | undefined;
  /** On the clock of `performance.now()`. */
  readonly waitsUntil: number;
  timer: NodeJS.Timeout | undefined;
  /** From the start of its batch to its result. */
  isBusy: boolean;
  readonly resolve: (result: PlacementResult) => void;
  readonly reject: (reason: unknown) => void;
}

/**
 * Collects placements into batches. Placements that arrive while a batch is running form the next one. A single placement is a batch
 * of one and waits for nobody.
 *
 * A placement passes through these modes; the first two are the usual ones:
 *
 * - **queued**: waits in memory, in order of arrival. One whose order number, payment number or `Idempotency-Key` is in a running
 *   batch waits until that is done. So a repeated request, or a payment of an order that is just being placed, gets the answer
 *   that it would get alone. One that finds the queue full, or waits for more than 5 s, is refused as `Busy`.
 * - **batched**: is executed with others in one transaction, which does not wait for rows and numbers that other transactions have
 *   locked. There is one exception: an order number that another transaction is just inserting. That one commits soon, and if not, the
 *   lock time-out ends the batch and its members run alone.
 * - **alone**: another transaction has locked its rows, or its batch failed and it is not known which placement caused it. It is
 *   executed in a transaction of its own, which may wait for locks. The others of its batch are not held up, and not harmed.
 */
export class PlacementBatcher {
  private readonly queue: QueuedPlacement[] = [];
  private readonly aloneQueue: QueuedPlacement[] = [];
  private readonly busyKeys = new Set<string>();
  private runningBatches = 0;
  private runningAlone = 0;

  constructor(private readonly placeOrders: Pick<PlaceOrders, 'execute' | 'executeAlone'>) {}

  /**
   * Throws `Busy` if the placement does not begin in time, the reason of the client if it has left before the placement began, and
   * whatever `PlaceOrders` throws. Nothing is stored in the first two cases.
   */
  place(placement: Placement, client?: ClientState): Promise<PlacementResult> {
    if (this.queue.length >= QUEUE_LIMIT)
      return Promise.reject(new Busy(`${QUEUE_LIMIT} others are waiting already`));
    return new Promise((resolve, reject) => {
      const waitsUntil = performance.now() + MAX_WAIT_MS;
      const keys = keysOf(placement);
      const queued = {
        placement,
        keys,
        client,
        waitsUntil,
        timer: undefined,
        isBusy: false,
        resolve,
        reject,
      };
      this.wait(this.queue, queued);
      this.startBatches();
    });
  }

  private wait(line: QueuedPlacement[], queued: QueuedPlacement): void {
    const left = Math.max(0, queued.waitsUntil - performance.now());
    queued.timer = setTimeout(() => this.giveUp(line, queued), left);
    line.push(queued);
  }

  private giveUp(line: QueuedPlacement[], queued: QueuedPlacement): void {
    line.splice(line.indexOf(queued), 1);
    this.finish(queued, () => queued.reject(new Busy(`no turn came within ${MAX_WAIT_MS} ms`)));
    this.startBatches();
  }

  private startBatches(): void {
    while (this.mayStart()) {
      const batch = this.nextBatch();
      if (batch.length === 0) return;
      this.runningBatches += 1;
      void this.runBatch(batch).finally(() => {
        this.runningBatches -= 1;
        this.startBatches();
      });
    }
  }

  private mayStart(): boolean {
    if (this.queue.length === 0 || this.runningBatches >= MAX_BATCHES) return false;
    return this.runningBatches === 0 || this.queue.length >= SECOND_BATCH_THRESHOLD;
  }

  /** FIFO, also among placements that share a key with one that has to wait. */
  private nextBatch(): QueuedPlacement[] {
    const batch: QueuedPlacement[] = [];
    const left: QueuedPlacement[] = [];
    const seen = new Set<string>();
    for (const queued of this.queue.splice(0)) {
      if (this.hasLeft(queued)) continue;
      const { keys } = queued;
      const fits =
        batch.length < MAX_BATCH_SIZE && !keys.some((key) => seen.has(key) || this.busyKeys.has(key));
      keys.forEach((key) => seen.add(key));
      (fits ? batch : left).push(queued);
    }
    this.queue.push(...left);
    for (const queued of batch) {
      clearTimeout(queued.timer);
      queued.isBusy = true;
      queued.keys.forEach((key) => this.busyKeys.add(key));
    }
    return batch;
  }

  private hasLeft({ client, timer, reject }: QueuedPlacement): boolean {
    if (!client?.aborted) return false;
    clearTimeout(timer);
    reject(client.reason);
    return true;
  }

  private async runBatch(batch: readonly QueuedPlacement[]): Promise<void> {
    try {
      const results = await this.placeOrders.execute(batch.map(({ placement }) => placement));
      batch.forEach((queued, index) => {
        const result = results[index]!;
        if (result === 'alone') this.wait(this.aloneQueue, queued);
        else this.finish(queued, () => queued.resolve(result));
      });
    } catch (fault) {
      // A fault of the whole database affects each placement. Any other fault may be caused by a single one.
      const isOfDatabase = fault instanceof Unavailable && !(fault instanceof Contended);
      if (isOfDatabase) batch.forEach((queued) => this.finish(queued, () => queued.reject(fault)));
      else batch.forEach((queued) => this.wait(this.aloneQueue, queued));
    }
    this.startAlone();
  }

  private startAlone(): void {
    while (this.runningAlone < MAX_ALONE) {
      const queued = this.aloneQueue.shift();
      if (!queued) return;
      this.runningAlone += 1;
      void this.runAlone(queued).finally(() => {
        this.runningAlone -= 1;
        this.startAlone();
        this.startBatches();
      });
    }
  }

  private async runAlone(queued: QueuedPlacement): Promise<void> {
    const { placement, client, timer } = queued;
    clearTimeout(timer);
    try {
      const result = await this.placeOrders.executeAlone(placement, client);
      this.finish(queued, () => queued.resolve(result));
    } catch (fault) {
      this.finish(queued, () => queued.reject(fault));
    }
  }

  private finish({ isBusy, keys }: QueuedPlacement, answer: () => void): void {
    if (isBusy) keys.forEach((key) => this.busyKeys.delete(key));
    answer();
  }
}

/** What two running placements must not share. */
function keysOf({ orderNumber, payment, keyed }: Placement): string[] {
  const keys = [`order ${orderNumber}`];
  if (payment?.paymentNumber) keys.push(`payment ${payment.paymentNumber}`);
  if (keyed) keys.push(`key ${scopeKey(keyed.scope)}`);
  return keys;
}
