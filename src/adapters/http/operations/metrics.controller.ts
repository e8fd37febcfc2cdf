import { Controller, Get, Res } from '@nestjs/common';
import { ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import type { FastifyReply } from 'fastify';
import { type DatabaseGauges, Metrics } from '../../observability/metrics.js';
import { BoundedReads } from '../server/bounded-reads.js';
import { GaugeReader } from './gauge-reader.js';

@ApiTags('operations')
@Controller('metrics')
export class MetricsController {
  private reading: Promise<DatabaseGauges> | undefined;

  constructor(
    private readonly metrics: Metrics,
    private readonly gauges: GaugeReader,
    private readonly reads: BoundedReads,
  ) {}

  @Get()
  @ApiOperation({ operationId: 'getMetrics', summary: 'Shows metrics in the Prometheus text format' })
  @ApiOkResponse({ content: { 'text/plain': { schema: { type: 'string' } } } })
  async show(@Res() reply: FastifyReply): Promise<void> {
    // Simultaneous scrapes share one reading, so together they wait for one turn at most.
    this.reading ??= this.readGauges().finally(() => (this.reading = undefined));
    const text = await this.metrics.text(await this.reading);
    await reply.type(this.metrics.contentType).send(text);
  }

  /** Metrics matter most while the database is unreachable or busy. Only the gauges that could not be read from it are absent then. */
  private async readGauges(): Promise<DatabaseGauges> {
    const gauges = { pending: null, openCases: null, disputes: null, refunds: null, lags: null };
    await this.reads.run(() => this.gauges.readInto(gauges)).catch(() => undefined);
    return gauges;
  }
}
