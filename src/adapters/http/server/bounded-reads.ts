import { Injectable } from '@nestjs/common';
import { Semaphore } from '../../../application/semaphore.js';
import { Busy } from '../../../application/transaction.js';

/**
 * Two readers at once have the throughput of many, and leave the database's time to callbacks. A list of 200 items takes this process as
 * long as twenty callbacks, so reads rest between their turns.
 */
const LIMITS = { running: 2, waiting: 256, waitMs: 3_000, rest: 5 };

/** All reads of the API and of the gauges take turns here. */
@Injectable()
export class BoundedReads {
  private readonly turns = new Semaphore(LIMITS, (why) => new Busy(why));

  /** Throws `Busy` if the turn does not come in time, and the reason of the signal if it was aborted. */
  run<Result>(read: () => Promise<Result>, signal?: AbortSignal): Promise<Result> {
    return this.turns.run(read, { signal });
  }
}
