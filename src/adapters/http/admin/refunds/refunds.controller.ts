import { Controller, Get, Param, Query, UseGuards, UseInterceptors } from '@nestjs/common';
import { ApiBearerAuth, ApiOperation, ApiTags } from '@nestjs/swagger';
import {
  RefundQueries,
  type RefundDetail,
  type RefundView,
} from '../../../../application/refunds/refund-queries.js';
import { AdminGuard } from '../../server/admin.guard.js';
import { BoundedReadsInterceptor } from '../../server/bounded-reads.interceptor.js';
import { Needs } from '../../server/needs.js';
import { ApiList, ApiOne } from '../../server/openapi-routes.js';
import { type List, listOf, pageRequest } from '../../server/pagination.js';
import { PathParameterPipe } from '../../server/path-parameter.pipe.js';
import { notFound } from '../../server/problem.js';
import { QueryValidationPipe } from '../../server/validation.js';
import { RefundsQuery } from './bodies.js';
import { RefundDetailDocument, RefundDocument } from './views.js';

/** A number may be the gateway's own. No NUL and no lone surrogate. */
const RefundNumber = new PathParameterPipe(/^[^\0\p{Cs}]{1,255}$/u, 'refund');

@ApiTags('refunds')
@ApiBearerAuth()
@UseGuards(AdminGuard)
@UseInterceptors(BoundedReadsInterceptor)
@Controller('admin/v1/refunds')
export class RefundsController {
  constructor(private readonly queries: RefundQueries) {}

  @Get()
  @Needs('viewer')
  @ApiOperation({ operationId: 'listRefunds', summary: 'Lists refunds, without their logs' })
  @ApiList(RefundDocument)
  async list(@Query(QueryValidationPipe) query: RefundsQuery): Promise<List<RefundView>> {
    const { limit, cursor, ...filter } = query;
    return listOf(await this.queries.list(filter, pageRequest({ limit, cursor })));
  }

  @Get(':refundNumber')
  @Needs('viewer')
  @ApiOperation({ operationId: 'getRefund', summary: 'Shows a refund with its log' })
  @ApiOne(RefundDetailDocument)
  async show(@Param('refundNumber', RefundNumber) refundNumber: string): Promise<RefundDetail> {
    const refund = await this.queries.find(refundNumber);
    if (!refund) throw notFound('refund', refundNumber);
    return refund;
  }
}
