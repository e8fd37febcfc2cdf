import { Global, Module } from '@nestjs/common';
import { REJECTION_REASONS } from '../adapters/gateways/gateway.js';
import { Gateways } from '../adapters/gateways/registry.js';
import { Metrics } from '../adapters/observability/metrics.js';
import { Telemetry } from '../application/telemetry.js';

/** The metrics, which every other module reports to. */
@Global()
@Module({
  providers: [
    {
      provide: Metrics,
      useFactory: ({ names: gateways }: Gateways) =>
        new Metrics({ gateways, rejectionReasons: REJECTION_REASONS }),
      inject: [Gateways],
    },
    { provide: Telemetry, useExisting: Metrics },
  ],
  exports: [Metrics, Telemetry],
})
export class ObservabilityModule {}
