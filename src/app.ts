import type { LoggerService } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { openDoor } from './adapters/http/door.js';
import { describeApi } from './adapters/http/openapi.js';
import { AppModule, type ResolvedConfig } from './app.module.js';
import type { Clock } from './application/ports.js';
import { loggerFor } from './logger.js';

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
