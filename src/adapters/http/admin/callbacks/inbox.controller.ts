import {
  Controller,
  Get,
  HttpStatus,
  Param,
  Post,
  Query,
  Req,
  Res,
  UseGuards,
  UseInterceptors,
} from '@nestjs/common';
import { ApiBearerAuth, ApiOperation, ApiTags } from '@nestjs/swagger';
import type { FastifyReply, FastifyRequest } from 'fastify';
import {
  CallbackQueries,
  type CallbackContent,
  type CallbackDetail,
  type CallbackView,
} from '../../../../application/callbacks/callback-queries.js';
import {
  type CallbackExplanation,
  ExplainCallback,
} from '../../../../application/callbacks/explain-callback.js';
import { RejectionQueries } from '../../../../application/callbacks/rejection-queries.js';
import type { Rejection } from '../../../../application/callbacks/rejection-repository.js';
import { ReplayCallback } from '../../../../application/callbacks/replay-callback.js';
import { UnitOfWork } from '../../../../application/transaction.js';
import { AdminGuard, type Caller, CurrentCaller } from '../../server/admin.guard.js';
import { BoundedReadsInterceptor } from '../../server/bounded-reads.interceptor.js';
import { ROW_ID } from '../../server/field-validators.js';
import { Needs } from '../../server/needs.js';
import { ApiAction, ApiList, ApiOne, ApiProblems } from '../../server/openapi-routes.js';
import { type List, TimedListQuery, listOf, pageRequest } from '../../server/pagination.js';
import { PathParameterPipe } from '../../server/path-parameter.pipe.js';
import { notFound } from '../../server/problem.js';
import { NoBody, QueryValidationPipe } from '../../server/validation.js';
import { MONEY_REFUNDED } from '../cases/problems.js';
import { IdempotentHandler, refused } from '../idempotent-handler.js';
import { CallbacksQuery } from './bodies.js';
import {
  CallbackDetailDocument,
  CallbackDocument,
  ExplanationDocument,
  RejectionDocument,
  ReplayDocument,
} from './views.js';

const CallbackId = new PathParameterPipe(ROW_ID, 'callback');

/** The stored callbacks, and the requests that were rejected because of their signature. */
@ApiTags('inbox')
@ApiBearerAuth()
@UseGuards(AdminGuard)
@UseInterceptors(BoundedReadsInterceptor)
@Controller('admin/v1')
export class InboxController {
  constructor(
    private readonly queries: CallbackQueries,
    private readonly rejectionQueries: RejectionQueries,
    private readonly unitOfWork: UnitOfWork,
    private readonly writes: IdempotentHandler,
    private readonly replayCallback: ReplayCallback,
    private readonly explainCallback: ExplainCallback,
  ) {}

  @Get('callbacks')
  @Needs('viewer')
  @ApiOperation({ operationId: 'listCallbacks', summary: 'Lists callbacks' })
  @ApiList(CallbackDocument)
  async callbacks(@Query(QueryValidationPipe) query: CallbacksQuery): Promise<List<CallbackView>> {
    const { limit, cursor, ...filter } = query;
    return listOf(await this.queries.list(filter, pageRequest({ limit, cursor })));
  }

  @Get('callbacks/:id')
  @Needs('viewer')
  @ApiOperation({
    operationId: 'getCallback',
    summary: 'Shows a callback; an operator also sees its headers and its body',
  })
  @ApiOne(CallbackDetailDocument)
  async callback(
    @Param('id', CallbackId) id: string,
    @CurrentCaller() caller: Caller,
  ): Promise<CallbackContent | CallbackDetail> {
    const detail = await this.queries.find(id);
    if (!detail) throw notFound('callback', id);
    if (caller.role === 'operator') return detail;
    const { headers: _headers, bodyBase64: _bodyBase64, ...view } = detail;
    return view;
  }

  @Post('callbacks/:id/replay')
  @Needs('operator')
  @ApiOperation({
    operationId: 'replayCallback',
    summary: 'Decides a stored callback again, by the time of its first receipt',
    description:
      'The signature was verified when the callback was received, and is not verified again. For a ' +
      'callback with a final outcome (`settled`, `duplicate`, `recorded`, `stale`, `ignored`) the answer ' +
      'is the outcome of a copy, and nothing changes. If the outcome changes, the case of the earlier ' +
      'outcome is closed.',
  })
  @ApiAction(HttpStatus.OK, ReplayDocument)
  @ApiProblems('money_refunded')
  async replay(
    @Param('id', CallbackId) id: string,
    @Req() request: FastifyRequest,
    @Res() reply: FastifyReply,
  ): Promise<void> {
    await this.writes.handle(
      { request, reply, subject: { callbackId: id } },
      NoBody,
      async (tx, _body, attribution) => {
        const replayed = await this.replayCallback.execute(tx, id, attribution);
        if (replayed === 'callback_unknown') return refused(notFound('callback', id).problem);
        return replayed === 'money_refunded' ? refused(MONEY_REFUNDED) : { status: 200, body: replayed };
      },
    );
  }

  @Get('callbacks/:id/explain')
  @Needs('viewer')
  @ApiOperation({
    operationId: 'explainCallback',
    summary: 'Explains what would be decided about a stored callback now; changes nothing',
  })
  @ApiOne(ExplanationDocument)
  async explain(@Param('id', CallbackId) id: string): Promise<ExplanationDocument> {
    const explanation = await this.unitOfWork.run((tx) => this.explainCallback.execute(tx, id));
    if (!explanation) throw notFound('callback', id);
    return explanationView(explanation);
  }

  @Get('rejections')
  @Needs('viewer')
  @ApiOperation({
    operationId: 'listRejections',
    summary: 'Lists rejected requests: their signature was not valid, or they were refused before',
    description:
      'The newest 2000 at most. Before a signature was looked at, a request was refused for its `path`, `method`, `encoding`, `size`, ' +
      '`headers`, `framing`, `timeout` or `connections`; of these, each reason has 50 rows at once and then one a second. ' +
      '`gateway` is null if the path names none. `path` has at most 128 characters, without the query.',
  })
  @ApiList(RejectionDocument)
  async rejections(@Query(QueryValidationPipe) query: TimedListQuery): Promise<List<Rejection>> {
    const { from, to } = query;
    return listOf(await this.rejectionQueries.list({ from, to }, pageRequest(query)));
  }
}

/** The API says `holds` where the code says that a check passes. */
function explanationView({ checks, ...explanation }: CallbackExplanation): ExplanationDocument {
  return { ...explanation, checks: checks.map(({ passes: holds, ...check }) => ({ ...check, holds })) };
}
