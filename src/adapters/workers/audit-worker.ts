import {
  type BeforeApplicationShutdown,
  Injectable,
  Logger,
  type OnApplicationBootstrap,
} from '@nestjs/common';
import { type WatchResult, WatchMoney } from '../../application/audit/watch-money.js';
import { pause } from '../../application/pause.js';
import { Semaphore } from '../../application/semaphore.js';
import { Telemetry } from '../../application/telemetry.js';
import { Busy, Unavailable } from '../../application/transaction.js';
import { PollingWorker } from './polling-worker.js';

/** The pause between two audits of what is new. The audit of everything asks as often whether it is due. */
const IDLE_MS = 60_000;
/** After each page three times as long as it took, so that callbacks find the database free. */
const TURNS = { running: 1, waiting: 2, waitMs: 60_000, rest: () => 3 };
/** A long audit does not begin again because the database was busy for a moment. */
const ATTEMPTS = 10;
const RETRY_MS = 1_000;

/** Audits the money, and logs each violation once. */
@Injectable()
export class AuditWorker implements OnApplicationBootstrap, BeforeApplicationShutdown {
  private readonly log = new Logger('Audit');
  private readonly news = new PollingWorker('auditing new money', IDLE_MS, () =>
    this.report((turn) => this.watch.auditNew(turn, this.stopping.signal)),
  );
  private readonly whole = new PollingWorker('auditing all money', IDLE_MS, () =>
    this.report((turn) => this.watch.auditAll(turn, this.stopping.signal)),
  );
  private readonly turns = new Semaphore(TURNS, (why) => new Busy(why));
  private readonly stopping = new AbortController();

  constructor(
    private readonly watch: WatchMoney,
    private readonly telemetry: Telemetry,
  ) {}

  onApplicationBootstrap(): void {
    this.news.start();
    this.whole.start();
  }

  async beforeApplicationShutdown(): Promise<void> {
    this.stopping.abort();
    await Promise.all([this.news.stop(), this.whole.stop()]);
  }

  private async report(
    audit: (turn: <Page>(page: () => Promise<Page>) => Promise<Page>) => Promise<WatchResult | null>,
  ): Promise<boolean> {
    const result = await audit((page) => this.takeTurn(page)).catch((error: unknown) => {
      if (this.stopping.signal.aborted) return null;
      throw error;
    });
    if (!result) return false;
    for (const { violation, ...piece } of result.found)
      this.log.error(`money without exactly one owner: ${violation}`, piece);
    this.telemetry.moneyAudited(result);
    return false;
  }

  private async takeTurn<Page>(page: () => Promise<Page>): Promise<Page> {
    const { signal } = this.stopping;
    for (let attempt = 1; ; attempt += 1) {
      try {
        return await this.turns.run(page, { signal });
      } catch (error) {
        if (!(error instanceof Unavailable) || attempt === ATTEMPTS) throw error;
        // The next turn is refused if the process stops meanwhile.
        await pause(RETRY_MS, signal);
      }
    }
  }
}
