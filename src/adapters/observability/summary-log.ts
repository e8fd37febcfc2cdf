import type { Logger } from '@nestjs/common';

const EVERY_MS = 1_000;

/**
 * One kind of line, at most once a second. The first line is written at once. Of those that follow within a second the last one is
 * written at its end, with the number of lines that it stands for as `count`.
 */
export class SummaryLog {
  private timer: NodeJS.Timeout | undefined;
  private count = 0;
  private latest: object = {};

  constructor(
    private readonly log: Pick<Logger, 'log' | 'warn'>,
    private readonly level: 'log' | 'warn',
    private readonly message: string,
  ) {}

  write(params: object): void {
    if (!this.timer) {
      this.log[this.level](this.message, params);
      this.wait();
      return;
    }
    this.count += 1;
    this.latest = params;
  }

  private wait(): void {
    this.timer = setTimeout(() => this.endSecond(), EVERY_MS).unref();
  }

  private endSecond(): void {
    this.timer = undefined;
    if (this.count === 0) return;
    this.log[this.level](this.message, { ...this.latest, count: this.count });
    this.count = 0;
    this.wait();
  }
}
