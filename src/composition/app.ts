import type { LoggerService } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import type { GatewayDefinition } from '../adapters/gateways/gateway.js';
import { GATEWAYS } from '../adapters/gateways/registry.js';
import { describeApi } from '../adapters/http/server/openapi.js';
import { createServer } from '../adapters/http/server/server.js';
import { loggerFor } from '../adapters/observability/logger.js';
import type { Clock } from '../application/clock.js';
import { AppModule, type ResolvedConfig } from './app.module.js';

export interface AppOptions {
  /** The registry that the configuration was loaded with. */
  readonly gateways?: readonly GatewayDefinition[];
  readonly clock?: Clock;
  readonly logger?: LoggerService;
}

const systemClock: Clock = { now: () => new Date() };

/** The whole service, except that it does not listen yet. */
export async function createApp(
  config: ResolvedConfig,
  { gateways = GATEWAYS, clock = systemClock, logger = loggerFor(config) }: AppOptions = {},
): Promise<NestFastifyApplication> {
  const trusted = config.trustProxy;
  const server = createServer({
    // Without a trusted proxy, X-Forwarded-For can come from any client.
    trustProxy:
      typeof trusted === 'number' ? (_address: string, hop: number) => hop < trusted : [...(trusted || [])],
  });
  const app = await NestFactory.create<NestFastifyApplication>(
    AppModule.with(config, gateways, clock),
    server,
    { bodyParser: false, abortOnError: false, logger },
  );
  describeApi(app);
  return app;
}
