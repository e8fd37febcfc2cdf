/** One reason why callbacks cannot be stored. */
export interface ReadinessFault {
  /** A stable word for machines. */
  readonly code: string;
  /** What is wrong and what to do. Everyone may read it, so it names no host, no role and no password. */
  readonly text: string;
  /** What the database said. It is for the log alone. */
  readonly detail?: string;
}

/** Finds out whether a callback can be stored now. */
export abstract class ReadinessProbe {
  /** Empty if a callback can be stored. Ends within two seconds and never throws. */
  abstract run(): Promise<readonly ReadinessFault[]>;
}

type Listener = (faults: readonly ReadinessFault[]) => void;

const STORE_FAILED: ReadinessFault = {
  code: 'store_failed',
  text: 'the last callback could not be stored: its log line says why',
};

/**
 * Whether callbacks can be stored: the result of the last probe, and what has become of the last callback since. It answers without a
 * statement of its own, so that a request can neither wait for the database nor cost it anything.
 */
export class Readiness {
  private readonly listeners: Listener[] = [];
  /** Null before the first probe has ended. */
  private probed: readonly ReadinessFault[] | null = null;
  private probing: Promise<void> | undefined;
  private lastStoreFailed = false;
  private failures = 0;
  /** What the listeners were last called with. */
  private announced: string | undefined;

  constructor(private readonly probe: ReadinessProbe) {}

  /** Empty if the service is ready. Waits only for the first probe. */
  async check(): Promise<readonly ReadinessFault[]> {
    if (!this.probed) await this.refresh();
    return this.faults();
  }

  /** Probes the database. Callers during a probe share it. */
  refresh(): Promise<void> {
    this.probing ??= this.runProbe().finally(() => {
      this.probing = undefined;
    });
    return this.probing;
  }

  /** A callback is in the database. */
  storeSucceeded(): void {
    // The listeners learn of it at the next probe: if every second callback fails, they must not be called for each.
    this.lastStoreFailed = false;
  }

  /** The database did not take a callback, for a passing reason. A probe that is running says nothing about it. */
  storeFailed(): void {
    this.failures += 1;
    this.lastStoreFailed = true;
    if (this.probed) this.announce();
  }

  /** Calls the listener now, unless no probe has ended yet, and whenever the faults change. */
  onChange(listener: Listener): void {
    this.listeners.push(listener);
    if (this.probed) listener(this.faults());
  }

  private async runProbe(): Promise<void> {
    const failuresBefore = this.failures;
    this.probed = await this.probe.run();
    if (this.probed.length === 0 && this.failures === failuresBefore) this.lastStoreFailed = false;
    this.announce();
  }

  private faults(): readonly ReadinessFault[] {
    const probed = this.probed ?? [];
    return probed.length === 0 && this.lastStoreFailed ? [STORE_FAILED] : probed;
  }

  private announce(): void {
    const faults = this.faults();
    const texts = faults.map(({ text }) => text).join('\n');
    if (texts === this.announced) return;
    this.announced = texts;
    for (const listener of this.listeners) listener(faults);
  }
}
