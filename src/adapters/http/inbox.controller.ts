import { Controller, Get, HttpStatus, Param, Post, Query, Req, Res, UseGuards } from '@nestjs/common';
import { ApiBearerAuth, ApiOperation, ApiTags } from '@nestjs/swagger';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { ExplainCallback, type CallbackExplanation } from '../../application/explain-callback.js';
import { UnitOfWork } from '../../application/ports.js';
import {
  Queries,
  type CallbackDetail,
  type CallbackView,
  type RejectionView,
} from '../../application/queries.js';
import { ReplayCallback } from '../../application/replay-callback.js';
import { AdminGuard, FromCaller, type Caller } from './admin.guard.js';
import { AdminWrites, refused } from './admin-writes.js';
import { ROW_ID } from './bodies.js';
import { ExplanationDocument, ReplayDocument } from './case-views.js';
import { CheckedQuery, NoBody } from './checked.js';
import { ApiAction, ApiList, ApiOne, ApiProblems } from './documented.js';
import { CallbacksQuery, listOf, ListQuery, pageRequest, type List } from './lists.js';
import { MONEY_REFUNDED, notFound } from './problem.js';
import { CallbackDetailDocument, CallbackDocument, RejectionDocument } from './views.js';

/** What came in and what was turned away. */
@ApiTags('inbox')
@ApiBearerAuth()
@UseGuards(AdminGuard)
@Controller('admin/v1')
export class InboxController {
  constructor(
    private readonly queries: Queries,
    private readonly unitOfWork: UnitOfWork,
    private readonly writes: AdminWrites,
    private readonly replayCallback: ReplayCallback,
    private readonly explainCallback: ExplainCallback,
  ) {}

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
    const detail = ROW_ID.test(id) ? await this.queries.callback(id) : null;
    if (!detail) throw notFound('callback');
    if (caller.role === 'operator') return detail;
    const { headers: _headers, bodyBase64: _bodyBase64, ...view } = detail;
    return view;
  }

  @Post('callbacks/:id/replay')
  @ApiOperation({
    summary: 'Decides a stored callback once more, by the time of its first receipt',
    description:
      'The signature held when the callback came and is not verified again. What had come to an end before answers ' +
      'what a copy would come to, and nothing changes. A case that is left behind is closed.',
  })
  @ApiAction(HttpStatus.OK, ReplayDocument)
  @ApiProblems(404)
  async replay(
    @Param('id') id: string,
    @Req() request: FastifyRequest,
    @Res() reply: FastifyReply,
  ): Promise<void> {
    if (!ROW_ID.test(id)) throw notFound('callback');
    await this.writes.answer(request, reply, NoBody, async (stores, _body, deed) => {
      const replayed = await this.replayCallback.execute(stores, id, deed);
      if (replayed === 'callback_unknown') return refused(notFound('callback').problem);
      return replayed === 'money_refunded' ? refused(MONEY_REFUNDED) : { status: 200, body: replayed };
    });
  }

  @Get('callbacks/:id/explain')
  @ApiOperation({ summary: 'Tells what a stored callback would come to now, and why; changes nothing' })
  @ApiOne(ExplanationDocument)
  async explain(@Param('id') id: string): Promise<CallbackExplanation> {
    if (!ROW_ID.test(id)) throw notFound('callback');
    const explanation = await this.unitOfWork.run((stores) => this.explainCallback.execute(stores, id));
    if (!explanation) throw notFound('callback');
    return explanation;
  }

  @Get('rejections')
  @ApiOperation({ summary: 'Lists callbacks whose signature did not hold' })
  @ApiList(RejectionDocument)
  async rejections(@Query(CheckedQuery) query: ListQuery): Promise<List<RejectionView>> {
    return listOf(await this.queries.rejections(pageRequest(query)));
  }
}
