import { type DynamicModule, Module } from '@nestjs/common';
import type { GatewayDefinition } from '../adapters/gateways/gateway.js';
import { Clock } from '../application/clock.js';
import type { Config } from '../config/load.js';
import { AuditModule } from './audit.module.js';
import { CallbacksModule } from './callbacks.module.js';
import { EventsModule } from './events.module.js';
import { GatewaysModule } from './gateways.module.js';
import { HttpModule } from './http.module.js';
import { ObservabilityModule } from './observability.module.js';
import { PaymentsModule } from './payments.module.js';
import { PostgresModule } from './postgres.module.js';

/** A configuration with the URL of the database, which development may have started itself. */
export type ResolvedConfig = Config & { readonly databaseUrl: string };

@Module({})
class ClockModule {}

/** The composition root: which adapter serves which port. */
@Module({})
export class AppModule {
  static with(config: ResolvedConfig, gateways: readonly GatewayDefinition[], clock: Clock): DynamicModule {
    return {
      module: AppModule,
      imports: [
        {
          module: ClockModule,
          global: true,
          providers: [{ provide: Clock, useValue: clock }],
          exports: [Clock],
        },
        ObservabilityModule,
        PostgresModule.at(config.databaseUrl, config.databasePoolSize, config.mode),
        GatewaysModule.with(config.gateways, gateways),
        CallbacksModule.with(config),
        PaymentsModule.with(config),
        EventsModule.with(config),
        AuditModule,
        HttpModule.with(config),
      ],
    };
  }
}
