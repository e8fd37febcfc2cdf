import { ConsoleLogger, type LogLevel } from '@nestjs/common';
import type { Config } from './config.js';

/** How Nest calls the levels that it writes at each of ours. */
const LEVELS: Readonly<Record<Config['logLevel'], LogLevel[]>> = {
  error: ['fatal', 'error'],
  warn: ['fatal', 'error', 'warn'],
  info: ['fatal', 'error', 'warn', 'log'],
  debug: ['fatal', 'error', 'warn', 'log', 'debug'],
};

/** Nest tells of every module and route that it wires, which nobody reads and which hides the lines that matter. */
const WIRING: ReadonlySet<unknown> = new Set([
  'NestFactory',
  'InstanceLoader',
  'RoutesResolver',
  'RouterExplorer',
  'NestApplication',
]);

class QuietLogger extends ConsoleLogger {
  override log(message: unknown, ...rest: unknown[]): void {
    if (!WIRING.has(rest.at(-1))) super.log(message, ...rest);
  }
}

type JsonLine = Parameters<ConsoleLogger['getJsonLogObject']>[1];

/**
 * Callbacks are answered in groups, so their lines come together; those of one turn of the event loop are one write, which is a system call.
 * What goes to stderr goes at once, and after what was said before it.
 */
class JsonLogger extends QuietLogger {
  private lines = '';

  constructor(logLevels: LogLevel[]) {
    super({ logLevels, json: true, flattenParams: true });
    process.once('exit', () => this.flush());
  }

  protected override printAsJson(message: unknown, options: JsonLine): void {
    if (options.writeStreamType === 'stderr') {
      this.flush();
      super.printAsJson(message, options);
      return;
    }
    if (this.lines === '') setImmediate(() => this.flush());
    this.lines += `${this.textOf(this.getJsonLogObject(message, options))}\n`;
  }

  /** Nest's own way to text takes all that there is and never throws, and costs twice as much. */
  private textOf(line: Record<string, unknown>): string {
    try {
      return JSON.stringify(line);
    } catch {
      return this.stringifyJsonLogObject(line);
    }
  }

  private flush(): void {
    if (this.lines !== '') process.stdout.write(this.lines);
    this.lines = '';
  }
}

export function loggerFor({ logLevel, logFormat }: Pick<Config, 'logLevel' | 'logFormat'>): ConsoleLogger {
  const logLevels = LEVELS[logLevel];
  return logFormat === 'json'
    ? new JsonLogger(logLevels)
    : new QuietLogger({ logLevels, prefix: 'Quittance', compact: true, breakLength: Infinity });
}
