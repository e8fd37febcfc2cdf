import {
  type BeforeApplicationShutdown,
  Injectable,
  Logger,
  type OnApplicationBootstrap,
} from '@nestjs/common';
import { Readiness, type ReadinessFault } from '../../application/readiness.js';
import { PollingWorker } from './polling-worker.js';

const PROBE_EVERY_MS = 5_000;
/** The pause between two probes while the service is not ready, so that it is ready soon after the mend. */
const PROBE_UNREADY_EVERY_MS = 1_000;

/** Probes the database, and logs when the service stops being ready and when it is ready again. */
@Injectable()
export class ReadinessWorker implements OnApplicationBootstrap, BeforeApplicationShutdown {
  private readonly log = new Logger('Readiness');
  private readonly polling = new PollingWorker('probing the database', PROBE_UNREADY_EVERY_MS, () =>
    this.poll(),
  );
  private probedAt = 0;
  private probing = Promise.resolve();
  private hasBeenReady = false;

  constructor(private readonly readiness: Readiness) {
    readiness.onChange((faults) => {
      this.logChange(faults);
      // A callback could not be stored, and only a probe can say why.
      if (faults.length > 0) void this.probeIfDue(PROBE_UNREADY_EVERY_MS);
    });
  }

  onApplicationBootstrap(): void {
    void this.probeIfDue(0);
    this.polling.start();
  }

  async beforeApplicationShutdown(): Promise<void> {
    await this.polling.stop();
    // A probe that the loop did not start.
    await this.probing;
  }

  private async poll(): Promise<boolean> {
    const isReady = (await this.readiness.check()).length === 0;
    await this.probeIfDue(isReady ? PROBE_EVERY_MS : 0);
    return false;
  }

  private probeIfDue(afterMs: number): Promise<void> {
    if (performance.now() - this.probedAt >= afterMs) {
      this.probedAt = performance.now();
      this.probing = this.readiness.refresh();
    }
    return this.probing;
  }

  /** Before the service is ready for the first time, the process itself says what it waits for. */
  private logChange(faults: readonly ReadinessFault[]): void {
    if (faults.length === 0) {
      if (this.hasBeenReady) this.log.log('ready again: callbacks are stored');
      this.hasBeenReady = true;
    } else if (this.hasBeenReady) {
      this.log.warn(
        'not ready: callbacks are stored undecided or get 503, and the gateways send those again',
        {
          faults: faults.map(describeFault),
        },
      );
    }
  }
}

/** A fault with what the database said. */
export const describeFault = ({ text, detail }: ReadinessFault): string =>
  detail === undefined ? text : `${text} (${detail})`;
