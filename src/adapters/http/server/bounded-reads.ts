import { Injectable } from '@nestjs/common';
import { Semaphore } from '../../../application/semaphore.js';
import { Busy } from '../../../application/transaction.js';

/** Two readers at once have the throughput of many, and leave the database's time to callbacks. */
const LIMITS = { running: 2, waiting: 256, waitMs: 3_000, rest: restAfter };

/**
 * Reads rest between their turns, because a list of 200 items takes this process as long as twenty callbacks: it rests for five times
 * as long as it took. A single order takes as long as three callbacks, and rests for as long as it took.
 */
function restAfter(result: unknown): number {
  return 1 + 0.02 * itemsOf(result);
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
