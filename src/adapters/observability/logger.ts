import { ConsoleLogger, type LogLevel } from '@nestjs/common';

export interface LogSettings {
  readonly logLevel: 'error' | 'warn' | 'info' | 'debug';
  readonly logFormat: 'pretty' | 'json';
}

export function loggerFor({ logLevel, logFormat }: LogSettings): ConsoleLogger {
  const logLevels = LEVELS[logLevel];
  return logFormat === 'json'
    ? new JsonLogger(logLevels)
    : new QuietLogger({ logLevels, prefix: 'Quittance', compact: true, breakLength: Infinity });
}

/** What a start prints whatever LOG_LEVEL is. */
export interface StartOutput {
  /** For stdout. */
  say(text: string): void;
  /** For stderr: why the start has failed. */
  fail(text: string): void;
}

/** Text for people, or lines of the log where programs read what the process prints. */
export function startOutput(logFormat: LogSettings['logFormat']): StartOutput {
  if (logFormat === 'pretty')
    return { say: (text) => console.log(text), fail: (text) => console.error(text) };
  const logger = loggerFor({ logLevel: 'info', logFormat });
  return { say: (text) => logger.log(text, 'Quittance'), fail: (text) => logger.fatal(text, 'Quittance') };
}

/** The levels of Nest that each setting includes. */
const LEVELS: Readonly<Record<LogSettings['logLevel'], LogLevel[]>> = {
  error: ['fatal', 'error'],
  warn: ['fatal', 'error', 'warn'],
  info: ['fatal', 'error', 'warn', 'log'],
  debug: ['fatal', 'error', 'warn', 'log', 'debug'],
};

/** Nest logs every module and route that it sets up. These lines are left out, because they hide the lines that matter. */
const SETUP: ReadonlySet<unknown> = new Set([
  'NestFactory',
  'InstanceLoader',
  'RoutesResolver',
  'RouterExplorer',
  'NestApplication',
]);

/** Nest logs with its stack why it could not start, and throws it as well. The process says it in one line. */
const START_FAILURES: ReadonlySet<unknown> = new Set([
  'ExceptionHandler',
  'TypeOrmModule',
  'NestApplication',
]);

class QuietLogger extends ConsoleLogger {
  override log(message: unknown, ...rest: unknown[]): void {
    if (!SETUP.has(rest.at(-1))) super.log(message, ...rest);
  }

  override error(message: unknown, ...rest: unknown[]): void {
    if (!START_FAILURES.has(rest.at(-1))) super.error(message, ...rest);
  }
}

type JsonLine = Parameters<ConsoleLogger['getJsonLogObject']>[1];

/**
 * Callbacks are answered in batches, so their lines come together. The lines of one turn of the event loop are written at once, because
 * each write is a system call. Lines for stderr are written immediately, after the lines that came before them.
 */
class JsonLogger extends QuietLogger {
  private lines = '';

  constructor(logLevels: LogLevel[]) {
    super({ logLevels, json: true, flattenParams: true });
    process.once('exit', () => this.flush());
  }

  /**
   * A line of fields, the form in which this service logs, goes the short way. Nest's own way sorts out the arguments of every form, and
   * costs each callback 1.5 KB of short-lived objects more.
   */
  override log(message: unknown, ...rest: unknown[]): void {
    const [fields, context] = rest;
    const isUsual = typeof message === 'string' && rest.length === 2 && isFields(fields);
    if (!isUsual || typeof context !== 'string') super.log(message, ...rest);
    else if (this.isLevelEnabled('log'))
      this.printAsJson(message, { context, logLevel: 'log', writeStreamType: 'stdout', params: fields });
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

  /** Nest's own conversion to text accepts every value and never throws, but it costs twice as much. */
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

/** A plain object, as Nest understands it: anything else is another message. */
function isFields(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && Object.getPrototypeOf(value) === Object.prototype;
}
