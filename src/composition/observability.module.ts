import { Global, Module } from '@nestjs/common';
import { Metrics } from '../adapters/observability/metrics.js';
import { Telemetry } from '../application/telemetry.js';

/** The metrics, which every other module reports to. */
@Global()
@Module({
  providers: [Metrics, { provide: Telemetry, useExisting: Metrics }],
  exports: [Metrics, Telemetry],
})
export class ObservabilityModule {}
