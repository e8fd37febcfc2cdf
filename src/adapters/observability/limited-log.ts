import type { Logger } from '@nestjs/common';

const LINES_PER_SECOND = 10;
const EVERY_MS = 1_000;
/** Lines of a message have stopped if none has come for this long. */
const QUIET_MS = 10_000;

/** The lines of one message. */
interface Lines {
  /** The second that `count` is about. */
  second: number;
  count: number;
  lastAt: number;
  flood: Flood | null;
}

/** From the first line that was left out until the lines stop. */
interface Flood {
  readonly since: number;
  /** Not reported yet. */
  left: number;
  total: number;
}

/**
 * For lines that an unauthenticated client or an overload can cause in any number: they may fill the counters, but not the disk. Of each
 * message only the first lines of a second are written. The number of those that were left out is written within a second, and a last
 * line says when they have stopped. Each message counts for itself, so a flood of one hides no other.
 */
export class LimitedLog {
  private readonly byMessage = new Map<string, Lines>();

  constructor(private readonly log: Pick<Logger, 'log' | 'warn' | 'error'>) {}

  /** @param message a constant of the code: the number of different messages must be small. */
  write(level: 'warn' | 'error', message: string, params: object): void {
    const now = performance.now();
    const lines = this.linesOf(message);
    const second = Math.floor(now / 1_000);
    if (second !== lines.second) [lines.second, lines.count] = [second, 0];
    lines.count += 1;
    lines.lastAt = now;
    if (lines.count <= LINES_PER_SECOND) return this.log[level](message, params);
    lines.flood ??= this.follow(message, lines, now);
    lines.flood.left += 1;
  }

  private linesOf(message: string): Lines {
    const lines = this.byMessage.get(message) ?? { second: -1, count: 0, lastAt: 0, flood: null };
    this.byMessage.set(message, lines);
    return lines;
  }

  private follow(message: string, lines: Lines, since: number): Flood {
    const flood = { since, left: 0, total: 0 };
    const timer = setInterval(() => {
      this.report(message, flood);
      const now = performance.now();
      if (now - lines.lastAt < QUIET_MS) return;
      clearInterval(timer);
      lines.flood = null;
      const seconds = Math.ceil((lines.lastAt - flood.since) / 1_000);
      this.log.log('similar lines have stopped', { line: message, left: flood.total, seconds });
    }, EVERY_MS).unref();
    return flood;
  }

  private report(message: string, flood: Flood): void {
    if (flood.left === 0) return;
    this.log.warn('similar lines left out', { line: message, left: flood.left });
    flood.total += flood.left;
    flood.left = 0;
  }
}
