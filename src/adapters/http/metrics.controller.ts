import { Controller, Get, Res } from '@nestjs/common';
import { ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import type { FastifyReply } from 'fastify';
import { DeliveryQueries } from '../../application/outbox.js';
import { Queries } from '../../application/queries.js';
import { Metrics } from './metrics.js';

@ApiTags('operations')
@Controller('metrics')
export class MetricsController {
  constructor(
    private readonly metrics: Metrics,
    private readonly queries: Queries,
    private readonly deliveries: DeliveryQueries,
  ) {}

  @Get()
  @ApiOperation({ summary: 'Metrics in Prometheus text' })
  @ApiOkResponse({ content: { 'text/plain': { schema: { type: 'string' } } } })
  async show(@Res() reply: FastifyReply): Promise<void> {
    // Metrics matter most when the database is away, so its absence takes away its own gauges only.
    const gauges = await this.queries.gauges().catch(() => null);
    const lags = await this.deliveries.lags().catch(() => []);
    await reply.type(this.metrics.contentType).send(await this.metrics.text(gauges, lags));
  }
}
