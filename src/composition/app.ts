import type { LoggerService } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import type { GatewayDefinition } from '../adapters/gateways/gateway.js';
import { GATEWAYS } from '../adapters/gateways/registry.js';
import { describeApi } from '../adapters/http/server/openapi.js';
import { listenAddresses } from '../adapters/http/server/listen-address.js';
import { Listeners } from '../adapters/http/server/listeners.js';
import { createServer } from '../adapters/http/server/server.js';
import type { ServerLimits } from '../adapters/http/server/servers.js';
import { loggerFor } from '../adapters/observability/logger.js';
import type { Clock } from '../application/clock.js';
import { AppModule, type ResolvedConfig } from './app.module.js';

export interface AppOptions {
  /** The registry that the configuration was loaded with. */
  readonly gateways?: readonly GatewayDefinition[];
  readonly clock?: Clock;
  readonly logger?: LoggerService;
  /** Other limits of the HTTP servers than those of the service. */
  readonly limits?: Partial<ServerLimits>;
}

const systemClock: Clock = { now: () => new Date() };

/** The whole service, except that it does not listen yet. */
export async function createApp(
  config: ResolvedConfig,
  { gateways = GATEWAYS, clock = systemClock, logger = loggerFor(config), limits = {} }: AppOptions = {},
): Promise<NestFastifyApplication> {
  const server = createServer({ trustProxy: config.trustProxy, ...limits });
  const app = await NestFactory.create<NestFastifyApplication>(
    AppModule.with(config, gateways, clock),
    server,
    { bodyParser: false, abortOnError: false, logger },
  );
  describeApi(app);
  return app;
}

/**
 * Lets the service listen, where the configuration says. Returns the URLs: that of callbacks, and that of everything else.
 * @throws ListenFailed that names the variable. Nothing listens then.
 */
export async function listen(
  app: NestFastifyApplication,
  config: ResolvedConfig,
): Promise<{ url: string; adminUrl: string }> {
  await app.init();
  const { callbacks, admin } = listenAddresses(config);
  return app.get(Listeners).listen(callbacks, admin);
}
