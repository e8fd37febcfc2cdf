import type { Logger } from '@nestjs/common';

const LINES_PER_SECOND = 10;

/**
 * For lines that an unauthenticated client or an overload can cause in any number: they may fill the counters, but not the disk. In each
 * second only the first lines are written; the number of lines that were left out is written afterwards.
 */
export class LimitedLog {
  private second = 0;
  private count = 0;

  constructor(private readonly log: Logger) {}

  write(level: 'warn' | 'error', message: string, params: object): void {
    const second = Math.floor(performance.now() / 1000);
    if (second !== this.second) {
      const left = this.count - LINES_PER_SECOND;
      if (left > 0) this.log.warn('similar lines left out', { left });
      [this.second, this.count] = [second, 0];
    }
    this.count += 1;
    if (this.count <= LINES_PER_SECOND) this.log[level](message, params);
  }
}
