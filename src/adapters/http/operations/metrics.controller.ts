import { Controller, Get, Res } from '@nestjs/common';
import { ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import type { FastifyReply } from 'fastify';
import { CallbackQueries } from '../../../application/callbacks/callback-queries.js';
import { CaseQueries } from '../../../application/cases/case-queries.js';
import { DisputeQueries } from '../../../application/disputes/dispute-queries.js';
import { DeliveryQueries } from '../../../application/events/delivery-queries.js';
import { RefundQueries } from '../../../application/refunds/refund-queries.js';
import { type DatabaseGauges, Metrics } from '../../observability/metrics.js';
import { BoundedReads } from '../server/bounded-reads.js';

/** The operator should still have a working day to answer. */
const DUE_SOON_MS = 48 * 60 * 60 * 1_000;

@ApiTags('operations')
@Controller('metrics')
export class MetricsController {
  private reading: Promise<DatabaseGauges> | undefined;

  constructor(
    private readonly metrics: Metrics,
    private readonly callbacks: CallbackQueries,
    private readonly cases: CaseQueries,
    private readonly disputes: DisputeQueries,
    private readonly refunds: RefundQueries,
    private readonly deliveries: DeliveryQueries,
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
    const gauges: { -readonly [Name in keyof DatabaseGauges]: DatabaseGauges[Name] } = {
      pending: null,
      openCases: null,
      disputes: null,
      refunds: null,
      lags: null,
    };
    const read = async (): Promise<void> => {
      gauges.pending = await this.callbacks.pending();
      gauges.openCases = await this.cases.countOpen();
      gauges.disputes = await this.disputes.countOpen(new Date(Date.now() + DUE_SOON_MS));
      gauges.refunds = await this.refunds.count();
      gauges.lags = await this.deliveries.lags();
    };
    await this.reads.run(read).catch(() => undefined);
    return gauges;
  }
}
