import { Injectable } from '@nestjs/common';
import { CallbackQueries } from '../../../application/callbacks/callback-queries.js';
import { CaseQueries } from '../../../application/cases/case-queries.js';
import { DisputeQueries } from '../../../application/disputes/dispute-queries.js';
import { DeliveryQueries } from '../../../application/events/delivery-queries.js';
import { RefundQueries } from '../../../application/refunds/refund-queries.js';
import type { DatabaseGauges } from '../../observability/metrics.js';

/** The operator should still have a working day to answer. */
const DUE_SOON_MS = 48 * 60 * 60 * 1_000;

/** Reads the gauges of the database, one after the other, because they share one turn. */
@Injectable()
export class GaugeReader {
  constructor(
    private readonly callbacks: CallbackQueries,
    private readonly cases: CaseQueries,
    private readonly disputes: DisputeQueries,
    private readonly refunds: RefundQueries,
    private readonly deliveries: DeliveryQueries,
  ) {}

  /** Each gauge is there as soon as it was read, so that a failure leaves those before it. */
  async readInto(gauges: { -readonly [Name in keyof DatabaseGauges]: DatabaseGauges[Name] }): Promise<void> {
    gauges.pending = await this.callbacks.pending();
    gauges.openCases = await this.cases.countOpen();
    gauges.disputes = await this.disputes.countOpen(new Date(Date.now() + DUE_SOON_MS));
    gauges.refunds = await this.refunds.count();
    gauges.lags = await this.deliveries.lags();
  }
}
