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
import { CaseQueries, type CaseDetail, type CaseView } from '../../../../application/cases/case-queries.js';
import { addNote, assignCase, resolveCase } from '../../../../application/cases/resolve-case.js';
import type { WriteResult } from '../../../../application/idempotency/idempotent-write.js';
import { Money } from '../../../../domain/money.js';
import { AdminGuard } from '../../server/admin.guard.js';
import { BoundedReadsInterceptor } from '../../server/bounded-reads.interceptor.js';
import { ROW_ID } from '../../server/field-validators.js';
import { Needs } from '../../server/needs.js';
import { ApiList, ApiOne, ApiProblems, ApiWrite } from '../../server/openapi-routes.js';
import { type List, listOf, pageRequest } from '../../server/pagination.js';
import { PathParameterPipe } from '../../server/path-parameter.pipe.js';
import { notFound } from '../../server/problem.js';
import { QueryValidationPipe } from '../../server/validation.js';
import { IdempotentHandler, refused } from '../idempotent-handler.js';
import { AssignmentBody, DiscrepanciesQuery, NoteBody, ResolutionBody } from './bodies.js';
import { endedBefore, resolutionProblem } from './problems.js';
import { DiscrepancyDetailDocument, DiscrepancyDocument } from './views.js';

const CaseId = new PathParameterPipe(ROW_ID, 'discrepancy');

/** The cases, which the API calls discrepancies. */
@ApiTags('discrepancies')
@ApiBearerAuth()
@UseGuards(AdminGuard)
@UseInterceptors(BoundedReadsInterceptor)
@Controller('admin/v1/discrepancies')
export class DiscrepanciesController {
  constructor(
    private readonly queries: CaseQueries,
    private readonly writes: IdempotentHandler,
  ) {}

  @Get()
  @Needs('viewer')
  @ApiOperation({
    operationId: 'listDiscrepancies',
    summary: 'Lists cases: money and notifications that an operator has to look after',
  })
  @ApiList(DiscrepancyDocument)
  async list(@Query(QueryValidationPipe) query: DiscrepanciesQuery): Promise<List<CaseView>> {
    const { limit, cursor, ...filter } = query;
    return listOf(await this.queries.list(filter, pageRequest({ limit, cursor })));
  }

  @Get(':id')
  @Needs('viewer')
  @ApiOperation({ operationId: 'getDiscrepancy', summary: 'Shows a case with its notes' })
  @ApiOne(DiscrepancyDetailDocument)
  async show(@Param('id', CaseId) id: string): Promise<CaseDetail> {
    const found = await this.queries.find(id);
    if (!found) throw notFound('discrepancy', id);
    return found;
  }

  @Post(':id/resolve')
  @Needs('operator')
  @ApiOperation({
    operationId: 'resolveDiscrepancy',
    summary: 'Ends a case',
    description:
      'After `accept` the payment has succeeded with the money that came, and its order is paid if it can ' +
      'be. `attach` gives the money to another payment of the gateway by the same checks. `reason` is the outcome of that. A ' +
      'remaining problem (`order_not_payable`, `amount_mismatched`, …) gets a case of its own, which `endedBy` names. The callback ' +
      'keeps the outcome that was decided when it came. `refunded_elsewhere` with a part of the money leaves the case open.',
  })
  @ApiWrite(ResolutionBody, HttpStatus.OK, DiscrepancyDetailDocument)
  @ApiProblems(
    'resolved_before',
    'ending_not_allowed',
    'money_refunded',
    'refund_under_way',
    'refund_recorded',
    'exceeds_refundable',
    'not_attachable',
  )
  async resolve(
    @Param('id', CaseId) id: string,
    @Req() request: FastifyRequest,
    @Res() reply: FastifyReply,
  ): Promise<void> {
    await this.writes.handle(
      { request, reply, subject: { discrepancyId: id } },
      ResolutionBody,
      async (tx, body, attribution): Promise<WriteResult> => {
        const { resolution, note, reference = null, paymentNumber = null } = body;
        const amount = body.amount ? Money.of(body.amount.amount, body.amount.currency) : null;
        const request = { id, resolution, note, reference, paymentNumber, amount };
        const resolved = await resolveCase(tx, request, attribution);
        if (typeof resolved !== 'string' && 'id' in resolved) return { status: 200, body: resolved };
        if (typeof resolved !== 'string' && 'endedBefore' in resolved)
          return refused(endedBefore(resolved.endedBefore));
        return refused(resolutionProblem(resolved, request));
      },
    );
  }

  @Post(':id/assign')
  @Needs('operator')
  @ApiOperation({
    operationId: 'assignDiscrepancy',
    summary: 'Says who looks after a case',
  })
  @ApiWrite(AssignmentBody, HttpStatus.OK, DiscrepancyDetailDocument)
  async assign(
    @Param('id', CaseId) id: string,
    @Req() request: FastifyRequest,
    @Res() reply: FastifyReply,
  ): Promise<void> {
    await this.writes.handle(
      { request, reply, subject: { discrepancyId: id } },
      AssignmentBody,
      async (tx, { assignee }, attribution) => {
        const assigned = await assignCase(tx, { id, assignee }, attribution);
        return assigned === 'discrepancy_unknown'
          ? refused(notFound('discrepancy', id).problem)
          : { status: 200, body: assigned };
      },
    );
  }

  @Post(':id/notes')
  @Needs('operator')
  @ApiOperation({
    operationId: 'addDiscrepancyNote',
    summary: 'Adds a note to a case, open or resolved',
  })
  @ApiWrite(NoteBody, HttpStatus.CREATED, DiscrepancyDetailDocument)
  async note(
    @Param('id', CaseId) id: string,
    @Req() request: FastifyRequest,
    @Res() reply: FastifyReply,
  ): Promise<void> {
    await this.writes.handle(
      { request, reply, subject: { discrepancyId: id } },
      NoteBody,
      async (tx, { note }, attribution) => {
        const noted = await addNote(tx, { id, note }, attribution);
        return noted === 'discrepancy_unknown'
          ? refused(notFound('discrepancy', id).problem)
          : { status: 201, body: noted };
      },
    );
  }
}
