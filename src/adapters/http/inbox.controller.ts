import { Controller, Get, Param, Query, UseGuards } from '@nestjs/common';
import { ApiBearerAuth, ApiOperation, ApiTags } from '@nestjs/swagger';
import {
  Queries,
  type CallbackDetail,
  type CallbackView,
  type DiscrepancyView,
  type RejectionView,
} from '../../application/queries.js';
import { AdminGuard, FromCaller, type Caller } from './admin.guard.js';
import { CheckedQuery } from './checked.js';
import { ApiList, ApiOne } from './documented.js';
import { CallbacksQuery, DiscrepanciesQuery, listOf, ListQuery, pageRequest, type List } from './lists.js';
import { notFound } from './problem.js';
import { CallbackDetailDocument, CallbackDocument, DiscrepancyDocument, RejectionDocument } from './views.js';

/** What came in, what was turned away, and what of it needs an owner. */
@ApiTags('inbox')
@ApiBearerAuth()
@UseGuards(AdminGuard)
@Controller('admin/v1')
export class InboxController {
  constructor(private readonly queries: Queries) {}

  @Get('callbacks')
  @ApiOperation({ summary: 'Lists callbacks' })
  @ApiList(CallbackDocument)
  async callbacks(@Query(CheckedQuery) query: CallbacksQuery): Promise<List<CallbackView>> {
    const { gateway, outcome, paymentNumber } = query;
    return listOf(await this.queries.callbacks({ gateway, outcome, paymentNumber }, pageRequest(query)));
  }

  @Get('callbacks/:id')
  @ApiOperation({ summary: 'Shows a callback; to operators with its headers and its body' })
  @ApiOne(CallbackDetailDocument)
  async callback(
    @Param('id') id: string,
    @FromCaller() caller: Caller,
  ): Promise<CallbackView | CallbackDetail> {
    const detail = /^[1-9]\d{0,17}$/.test(id) ? await this.queries.callback(id) : null;
    if (!detail) throw notFound('callback');
    if (caller.role === 'operator') return detail;
    const { headers: _headers, bodyBase64: _bodyBase64, ...view } = detail;
    return view;
  }

  @Get('discrepancies')
  @ApiOperation({ summary: 'Lists money and messages that need an owner' })
  @ApiList(DiscrepancyDocument)
  async discrepancies(@Query(CheckedQuery) query: DiscrepanciesQuery): Promise<List<DiscrepancyView>> {
    const { status, kind, paymentNumber } = query;
    return listOf(await this.queries.discrepancies({ status, kind, paymentNumber }, pageRequest(query)));
  }

  @Get('rejections')
  @ApiOperation({ summary: 'Lists callbacks whose signature did not hold' })
  @ApiList(RejectionDocument)
  async rejections(@Query(CheckedQuery) query: ListQuery): Promise<List<RejectionView>> {
    return listOf(await this.queries.rejections(pageRequest(query)));
  }
}
