import type { Notice } from '../domain/notice.js';
import type { DecideCallbacks } from './decide-callbacks.js';
import { placeInInbox, type Entry, type Received } from './inbox.js';
import { Ledger } from './ledger.js';
import type { LockMode, Receipt, StoredCallback, Stores, Telemetry, UnitOfWork } from './ports.js';

/** Attempts at a lock, each as long as the connection's lock time-out; the deadline comes first. */
const STAND_IN_LINE = 10;

interface Options {
  readonly mode: LockMode;
  /** Milliseconds on the clock of `performance.now()`. */
  readonly deadline: number;
}

/**
 * A verified notice enters the inbox and finds its use case. A group of callbacks is one transaction, a lone one is a group of one: receipts,
 * effects, log and outcomes commit together. Answers come in the order of the callbacks and mean "stored".
 *
 * Throws `KeyTaken` where another transaction stored one of them meanwhile, `Unavailable` for a passing reason, and
 * anything else for a bug of ours; in each case nothing of the group is stored, unless the answer to COMMIT was lost.
 */
export class ReceiveCallback {
  constructor(
    private readonly unitOfWork: UnitOfWork,
    private readonly decideCallbacks: DecideCallbacks,
    private readonly telemetry: Telemetry,
  ) {}

  /** Takes callbacks that a gateway has just sent. */
  async receive(receipts: readonly Receipt[], { mode, deadline }: Options): Promise<Received[]> {
    const notices = receipts.map(({ notice }) => notice);
    const results = await this.run(notices, (stores) => placeInInbox(receipts, stores.callbacks), {
      mode,
      deadline,
    });
    this.telemetry.groupSettled(receipts.length);
    return results;
  }

  /** Settles callbacks that the inbox holds undecided. */
  async settle(stored: readonly StoredCallback[], { mode, deadline }: Options): Promise<Received[]> {
    const placed = stored.map((callback): Entry => ({
      id: callback.id,
      receipt: null,
      stored: callback,
      undecided: true,
      deliveries: 0,
    }));
    const notices = stored.map(({ notice }) => notice);
    return this.run(notices, async () => placed, { mode, deadline });
  }

  private async run(
    notices: readonly Notice[],
    place: (stores: Stores) => Promise<Entry[]>,
    { mode, deadline }: Options,
  ): Promise<Received[]> {
    const { results, events } = await this.unitOfWork.run(
      async (stores) => {
        // Together, so that they are one round trip: what the inbox answers seldom spares a lock, and never calls for another.
        const [placed, ledger] = await Promise.all([place(stores), Ledger.lock(notices, stores, mode)]);
        const entries = [...new Set(placed)];
        const { received, events } = await this.decideCallbacks.execute(entries, ledger, stores, mode);
        // Of several copies in one group the first is the callback.
        const seen = new Set<Entry>();
        const results = placed.map((entry) => {
          const result = received.get(entry)!;
          const copy = result.copy || seen.has(entry);
          seen.add(entry);
          return { ...result, copy };
        });
        return { results, events };
      },
      // A group that meets a lock is taken apart at once; a lone one stands in line for as long as it has time.
      { deadline, attempts: mode === 'skip' ? 1 : STAND_IN_LINE },
    );
    results.filter(({ waiting }) => waiting).forEach(() => this.telemetry.lockConflict());
    for (const { type } of events) {
      if (type === 'payment.expired') this.telemetry.paymentExpired();
      if (type === 'callback.order_not_payable') this.telemetry.transitionFailed();
    }
    return results;
  }
}
