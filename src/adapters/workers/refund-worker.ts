import { type BeforeApplicationShutdown, Injectable, type OnApplicationBootstrap } from '@nestjs/common';
import { OpenWaitingCases } from '../../application/disputes/open-waiting-cases.js';
import { OpenOverdueCases } from '../../application/refunds/open-overdue-cases.js';
import { RecordOldReports } from '../../application/refunds/record-old-reports.js';
import { PollingWorker } from './polling-worker.js';

const OVERDUE_IDLE_MS = 60_000;
const OLD_REPORTS_IDLE_MS = 60_000;

/**
 * Opens the cases about refunds and disputes that only time shows, and records the refunds and disputes that earlier releases have opened a
 * case for.
 */
@Injectable()
export class RefundWorker implements OnApplicationBootstrap, BeforeApplicationShutdown {
  private readonly overdue: PollingWorker;
  private readonly waitingDisputes: PollingWorker;
  private readonly oldReports: PollingWorker;

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
    this.oldReports = new PollingWorker(
      'recording the refunds and disputes of earlier releases',
      OLD_REPORTS_IDLE_MS,
      () => recordOldReports.execute(),
    );
  }

  onApplicationBootstrap(): void {
    this.overdue.start();
    this.waitingDisputes.start();
    this.oldReports.start();
  }

  async beforeApplicationShutdown(): Promise<void> {
    await Promise.all([this.overdue.stop(), this.waitingDisputes.stop(), this.oldReports.stop()]);
  }
}
