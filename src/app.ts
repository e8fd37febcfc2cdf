import { ConsoleLogger, type LoggerService, type LogLevel } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { openDoor } from './adapters/http/door.js';
import { describeApi } from './adapters/http/openapi.js';
import { AppModule, type ResolvedConfig } from './app.module.js';
import type { Clock } from './application/ports.js';
import type { Config } from './config.js';

/** The whole service but for its port, for `main` and for the tests alike. */
export async function createApp(
  config: ResolvedConfig,
  clock?: Clock,
  logger: LoggerService = loggerFor(config),
): Promise<NestFastifyApplication> {
  const trusted = config.trustProxy;
  const door = openDoor({
    // Without a proxy that is named, X-Forwarded-For is a stranger's word.
    trustProxy:
      typeof trusted === 'number' ? (_address: string, hop: number) => hop < trusted : [...(trusted || [])],
  });
  const app = await NestFactory.create<NestFastifyApplication>(AppModule.with(config, clock), door, {
    bodyParser: false,
    abortOnError: false,
    logger,
  });
  describeApi(app);
  return app;
}

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

function loggerFor({ logLevel, logFormat }: Config): ConsoleLogger {
  const logLevels = LEVELS[logLevel];
  return logFormat === 'json'
    ? new QuietLogger({ logLevels, json: true, flattenParams: true })
    : new QuietLogger({ logLevels, prefix: 'Quittance', compact: true, breakLength: Infinity });
}
