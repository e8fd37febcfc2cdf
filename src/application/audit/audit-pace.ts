import { pause } from '../pause.js';
import type { AuditPage } from './audit-queries.js';

/** While callbacks come, an audit rests for so many times as long as its page took. */
const RESTS = 4;
/** A page that took long has waited for something. It has not used the time of callbacks. */
const MOST_MS = 1_000;

/**
 * Makes way for callbacks: if any process has stored one since the page before, the audit rests before its next page. Without
 * callbacks it reads one page after the other. A page takes longer while the machine is busy, and then the rest is longer too.
 */
export class AuditPace {
  private newest: string | null | undefined;
  private restMs = 0;

  /** Ends at once when the signal is aborted. */
  async rest(signal?: AbortSignal): Promise<void> {
    if (this.restMs > 0) await pause(this.restMs, signal);
  }

  async measured(read: () => Promise<AuditPage>): Promise<AuditPage> {
    const begun = performance.now();
    const page = await read();
    const tookMs = performance.now() - begun;
    const callbacksCome = this.newest !== undefined && page.newestCallback !== this.newest;
    this.newest = page.newestCallback;
    this.restMs = callbacksCome ? Math.min(tookMs * RESTS, MOST_MS) : 0;
    return page;
  }
}
