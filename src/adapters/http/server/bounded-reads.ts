import { Injectable } from '@nestjs/common';
import { Semaphore } from '../../../application/semaphore.js';
import { Busy } from '../../../application/transaction.js';

/**
 * Two of these have a connection, which gives the throughput of many and leaves the database's time to callbacks. The others are at work in this
 * process, or wait for a connection there.
 */
const LIMITS = { running: 6, waiting: 256, waitMs: 3_000, rest: restAfter };

/**
 * Reads rest between their turns, because a list of 200 items takes this process as long as twenty callbacks. A single order takes as long
 * as three: it rests as long as it took, and a list up to nine times as long.
 */
function restAfter(result: unknown): number {
  return 1 + 0.04 * itemsOf(result);
}

function itemsOf(result: unknown): number {
  const isList = typeof result === 'object' && result !== null && 'items' in result;
  return isList && Array.isArray(result.items) ? result.items.length : 1;
}

/** All reads of the API and of the gauges take turns here. */
@Injectable()
export class BoundedReads {
  private readonly turns = new Semaphore(LIMITS, (why) => new Busy(why));

  /** Throws `Busy` if the turn does not come in time, and the reason of the signal if it was aborted. */
  run<Result>(read: () => Promise<Result>, signal?: AbortSignal): Promise<Result> {
    return this.turns.run(read, { signal });
  }
}
