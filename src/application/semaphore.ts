/** A task that took long has waited for something. It has not used the time of other work. */
const MAX_REST_MS = 250;

export interface SemaphoreLimits {
  /** How many tasks run at the same time. */
  readonly running: number;
  /** How many more may wait for their turn. */
  readonly waiting: number;
  /** How long each of them may wait, in milliseconds. */
  readonly waitMs: number;
  /**
   * After a task its place rests for this many times as long as the task took; `result` is undefined if the task failed. So however many
   * tasks wait, they leave time to other work of the process, and more of it while the process is busy, because then each task takes
   * longer. A quarter of a second at most; by default no place rests.
   */
  readonly rest?: (result: unknown) => number;
}

export interface TaskOptions {
  /** Of the tasks with one key, one runs at a time. A task that waits for its key takes no place from tasks with other keys. */
  readonly key?: string;
  /** Aborted when the result is not wanted any more. A task that still waits then never runs. */
  readonly signal?: AbortSignal;
}

interface Waiting {
  readonly key: string | undefined;
  readonly start: () => void;
}

/**
 * Lets a limited number of tasks run at the same time. A limited number of others waits for a limited time, in order of arrival among
 * those whose key is free.
 */
export class Semaphore {
  private running = 0;
  private readonly busyKeys = new Set<string>();
  /** In order of arrival. */
  private readonly line = new Set<Waiting>();

  /** @param refusal makes the error for a task that may not wait, or not any longer. */
  constructor(
    private readonly limits: SemaphoreLimits,
    private readonly refusal: (why: string) => Error,
  ) {}

  /**
   * Throws the refusal if too many tasks wait already, or if this one has waited too long, and the reason of the signal if it was aborted
   * before the task could start. In these cases the task never runs.
   */
  async run<Result>(task: () => Promise<Result>, { key, signal }: TaskOptions = {}): Promise<Result> {
    signal?.throwIfAborted();
    if (this.mayStart(key)) this.occupy(key);
    else await this.turn(key, signal);
    const begun = performance.now();
    let result: Result | undefined;
    try {
      result = await task();
      return result;
    } finally {
      const times = this.limits.rest?.(result) ?? 0;
      const restMs = Math.min((performance.now() - begun) * times, MAX_REST_MS);
      if (restMs > 0) setTimeout(() => this.leave(key), restMs);
      else this.leave(key);
    }
  }

  /** No waiting task is overtaken: while a place is free, each of them waits for its key. */
  private mayStart(key: string | undefined): boolean {
    return this.running < this.limits.running && (key === undefined || !this.busyKeys.has(key));
  }

  private occupy(key: string | undefined): void {
    this.running += 1;
    if (key !== undefined) this.busyKeys.add(key);
  }

  private leave(key: string | undefined): void {
    this.running -= 1;
    if (key !== undefined) this.busyKeys.delete(key);
    for (const next of this.line) {
      if (this.running >= this.limits.running) return;
      if (this.mayStart(next.key)) next.start();
    }
  }

  /** Resolves when the task has its place. */
  private turn(key: string | undefined, signal: AbortSignal | undefined): Promise<void> {
    const { waiting, waitMs } = this.limits;
    if (this.line.size >= waiting)
      return Promise.reject(this.refusal(`${waiting} others are waiting already`));
    return new Promise<void>((resolve, reject) => {
      const leaveLine = (): void => {
        this.line.delete(entry);
        clearTimeout(timer);
        signal?.removeEventListener('abort', abort);
      };
      const start = (): void => {
        leaveLine();
        this.occupy(key);
        resolve();
      };
      const giveUp = (reason: Error): void => {
        leaveLine();
        reject(reason);
      };
      const abort = (): void => giveUp(signal!.reason as Error);
      const timer = setTimeout(() => giveUp(this.refusal(`no turn came within ${waitMs} ms`)), waitMs);
      const entry: Waiting = { key, start };
      signal?.addEventListener('abort', abort);
      this.line.add(entry);
    });
  }
}
