import { explain, type Explanation } from '../domain/explanation.js';
import { judgedTime, type ExpiryJudgedBy, type Outcome } from '../domain/notice.js';
import { Ledger } from './ledger.js';
import type { Stores } from './ports.js';
import type { KeptCallback, NoticeReader, Reading } from './stored-callbacks.js';

export interface CallbackExplanation extends Explanation {
  readonly callbackId: string;
  /** What was decided when it was decided; `outcome` is what would be decided now. */
  readonly storedOutcome: Outcome;
  /** By which the notice is in time or late, whenever it is decided. */
  readonly judgedAt: Date;
}

/** Tells what would become of a stored callback now, and why. It locks nothing and changes nothing. */
export class ExplainCallback {
  constructor(private readonly rereading: Rereading) {}

  async execute(stores: Stores, id: string): Promise<CallbackExplanation | null> {
    const stored = await stores.storedCallbacks.find(id);
    if (!stored) return null;
    const { notice, judgedAt } = this.rereading.of(stored) ?? stored;
    const ledger = await Ledger.read(notice, stores);
    const explanation = explain(ledger.caseOf(notice, judgedAt));
    return { callbackId: id, storedOutcome: stored.outcome, judgedAt, ...explanation };
  }
}

/** Reads anew what could not be read when it came. */
export class Rereading {
  constructor(
    private readonly reader: NoticeReader,
    private readonly expiryJudgedBy: ExpiryJudgedBy,
  ) {}

  /**
   * Null where the stored notice stands. The time by which the notice is judged is the one that it would have had at its
   * receipt, had it been understood then.
   */
  of({ notice, body, receivedAt }: KeptCallback): (Reading & { readonly judgedAt: Date }) | null {
    if (notice.kind !== 'unreadable' || body === null) return null;
    const reading = this.reader.read(notice.gateway, body);
    if (!reading || reading.notice.kind === 'unreadable') return null;
    return { ...reading, judgedAt: judgedTime(reading.notice, receivedAt, this.expiryJudgedBy) };
  }
}
