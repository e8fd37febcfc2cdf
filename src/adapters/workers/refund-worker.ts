import { type BeforeApplicationShutdown, Injectable, type OnApplicationBootstrap } from '@nestjs/common';
import { OpenWaitingCases } from '../../application/disputes/open-waiting-cases.js';
import { OpenOverdueCases } from '../../application/refunds/open-overdue-cases.js';
import { OLD_REPORT_KINDS, RecordOldReports } from '../../application/refunds/record-old-reports.js';
import { PollingWorker } from './polling-worker.js';

const OVERDUE_IDLE_MS = 60_000;
/** The pause between two walks through the cases of earlier releases. */
const OLD_REPORTS_IDLE_MS = 60_000;

/**
 * Opens the cases about refunds and disputes that only time shows, and records the refunds and disputes that earlier releases have opened a
 * case for.
 */
@Injectable()
export class RefundWorker implements OnApplicationBootstrap, BeforeApplicationShutdown {
  private readonly overdue: PollingWorker;
  private readonly waitingDisputes: PollingWorker;
  private readonly oldReports: readonly PollingWorker[];

  constructor(
    openOverdueCases: OpenOverdueCases,
    openWaitingCases: OpenWaitingCases,
    recordOldReports: RecordOldReports,
  ) {
    this.overdue = new PollingWorker('opening cases of overdue refunds', OVERDUE_IDLE_MS, () =>
      openOverdueCases.execute(),
    );
    this.waitingDisputes = new PollingWorker('opening cases of waiting disputes', OVERDUE_IDLE_MS, () =>
      openWaitingCases.execute(),
    );
    this.oldReports = OLD_REPORT_KINDS.map((kind) => {
      // The position of the walk through the cases of this kind.
      let before: string | null = null;
      return new PollingWorker(`recording cases of ${kind}`, OLD_REPORTS_IDLE_MS, async () => {
        ({ next: before } = await recordOldReports.execute(kind, before));
        return before !== null;
      });
    });
  }

  onApplicationBootstrap(): void {
    this.overdue.start();
    this.waitingDisputes.start();
    for (const each of this.oldReports) each.start();
  }

  async beforeApplicationShutdown(): Promise<void> {
    const all = [this.overdue, this.waitingDisputes, ...this.oldReports];
    await Promise.all(all.map((each) => each.stop()));
  }
}
