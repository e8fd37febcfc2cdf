import { Controller, Get, Res } from '@nestjs/common';
import { ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import type { FastifyReply } from 'fastify';
import { CallbackQueries } from '../../../application/callbacks/callback-queries.js';
import { CaseQueries } from '../../../application/cases/case-queries.js';
import { DeliveryQueries } from '../../../application/events/delivery-queries.js';
import { Metrics } from '../../observability/metrics.js';

@ApiTags('operations')
@Controller('metrics')
export class MetricsController {
  constructor(
    private readonly metrics: Metrics,
    private readonly callbacks: CallbackQueries,
    private readonly cases: CaseQueries,
    private readonly deliveries: DeliveryQueries,
  ) {}

  @Get()
  @ApiOperation({ summary: 'Shows metrics in the Prometheus text format' })
  @ApiOkResponse({ content: { 'text/plain': { schema: { type: 'string' } } } })
  async show(@Res() reply: FastifyReply): Promise<void> {
    // Metrics matter most while the database is unreachable. Only the gauges that are read from it are absent then.
    const [pending, openCases, lags] = await Promise.all([
      this.callbacks.pending().catch(() => null),
      this.cases.countOpen().catch(() => null),
      this.deliveries.lags().catch(() => null),
    ]);
    const text = await this.metrics.text({ pending, openCases, lags });
    await reply.type(this.metrics.contentType).send(text);
  }
}
