import { Module, type DynamicModule } from '@nestjs/common';
import { HttpModule } from './adapters/http/http.module.js';
import { PersistenceModule } from './adapters/persistence/persistence.module.js';
import { Clock } from './application/ports.js';
import type { Config } from './config.js';
import { EventsModule } from './events.module.js';
import { SettlementModule } from './settlement.module.js';
import { UpkeepModule } from './upkeep.module.js';

/** A configuration in which the database is found and the gateways have their keys, by whatever way. */
export type ResolvedConfig = Config & { readonly databaseUrl: string };

const systemClock: Clock = { now: () => new Date() };

@Module({})
class ClockModule {}

/** The composition root: which adapter serves which port. */
@Module({})
export class AppModule {
  static with(config: ResolvedConfig, clock = systemClock): DynamicModule {
    return {
      module: AppModule,
      imports: [
        {
          module: ClockModule,
          global: true,
          providers: [{ provide: Clock, useValue: clock }],
          exports: [Clock],
        },
        PersistenceModule.at(config.databaseUrl, config.databasePoolSize),
        SettlementModule.with(config.expiryJudgedBy),
        UpkeepModule.with(config),
        EventsModule.with(config),
        HttpModule.with(config),
      ],
    };
  }
}
