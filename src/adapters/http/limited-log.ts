import type { Logger } from '@nestjs/common';

/** A stranger or an overload may fill the counters but not the disk. */
const LINES_PER_SECOND = 10;

/** Lines that somebody outside can cause at will: so many a second are written, and then how many were not. */
export class LimitedLog {
  private second = 0;
  private count = 0;

  constructor(private readonly log: Logger) {}

  write(level: 'warn' | 'error', message: string, params: object): void {
    const second = Math.floor(performance.now() / 1000);
    if (second !== this.second) {
      const left = this.count - LINES_PER_SECOND;
      if (left > 0) this.log.warn('more lines like the last ones were left out', { left });
      [this.second, this.count] = [second, 0];
    }
    this.count += 1;
    if (this.count <= LINES_PER_SECOND) this.log[level](message, params);
  }
}
