import { ConsoleLogger, type LoggerService, type LogLevel } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { FastifyAdapter, type NestFastifyApplication } from '@nestjs/platform-fastify';
import { describeApi } from './adapters/http/openapi.js';
import { answerFrameworkError } from './adapters/http/problem.filter.js';
import { AppModule, type ResolvedConfig } from './app.module.js';
import type { Clock } from './application/ports.js';
import type { Config } from './config.js';

/** A gateway's callback has a few kilobytes; what is larger is not one. */
const BODY_LIMIT_BYTES = 256 * 1024;

/** The whole service but for its port, for `main` and for the tests alike. */
export async function createApp(
  config: ResolvedConfig,
  clock?: Clock,
  logger: LoggerService = loggerFor(config),
): Promise<NestFastifyApplication> {
  const trusted = config.trustProxy;
  const adapter = new FastifyAdapter({
    bodyLimit: BODY_LIMIT_BYTES,
    forceCloseConnections: 'idle',
    frameworkErrors: answerFrameworkError,
    // Without a proxy that is named, X-Forwarded-For is a stranger's word.
    trustProxy:
      typeof trusted === 'number' ? (_address: string, hop: number) => hop < trusted : [...(trusted || [])],
  });
  const app = await NestFactory.create<NestFastifyApplication>(AppModule.with(config, clock), adapter, {
    bodyParser: false,
    return503OnClosing: true,
    abortOnError: false,
    logger,
  });
  // Signatures are over bytes, so every body stays bytes, whatever it says it is.
  for (const type of ['application/json', 'text/plain', 'application/x-www-form-urlencoded', '*']) {
    app.useBodyParser(type, { bodyLimit: BODY_LIMIT_BYTES }, (_request, body, done) => done(null, body));
  }
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
