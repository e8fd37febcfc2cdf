import { Controller, Get, HttpStatus, Param, Post, Query, Req, Res, UseGuards } from '@nestjs/common';
import { ApiBearerAuth, ApiOperation, ApiTags } from '@nestjs/swagger';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { Answer } from '../../application/idempotent-write.js';
import { Queries, type DiscrepancyDetail, type DiscrepancyView } from '../../application/queries.js';
import {
  noteDiscrepancy,
  resolveDiscrepancy,
  type ResolutionRefusal,
} from '../../application/resolve-discrepancy.js';
import { AdminGuard } from './admin.guard.js';
import { AdminWrites, refused } from './admin-writes.js';
import { NoteBody, ResolutionBody, ROW_ID } from './bodies.js';
import { DiscrepancyDetailDocument } from './case-views.js';
import { CheckedQuery } from './checked.js';
import { ApiList, ApiOne, ApiProblems, ApiWrite } from './documented.js';
import { DiscrepanciesQuery, listOf, pageRequest, type List } from './lists.js';
import { invalid, MONEY_REFUNDED, notFound, problem, type Problem } from './problem.js';
import { DiscrepancyDocument } from './views.js';

const UNKNOWN = notFound('discrepancy').problem;

/** What needs an owner, and how it ends. */
@ApiTags('discrepancies')
@ApiBearerAuth()
@UseGuards(AdminGuard)
@Controller('admin/v1/discrepancies')
export class DiscrepanciesController {
  constructor(
    private readonly queries: Queries,
    private readonly writes: AdminWrites,
  ) {}

  @Get()
  @ApiOperation({ summary: 'Lists money and messages that need an owner' })
  @ApiList(DiscrepancyDocument)
  async list(@Query(CheckedQuery) query: DiscrepanciesQuery): Promise<List<DiscrepancyView>> {
    const { status, kind, paymentNumber } = query;
    return listOf(await this.queries.discrepancies({ status, kind, paymentNumber }, pageRequest(query)));
  }

  @Get(':id')
  @ApiOperation({ summary: 'Shows a case with all that was noted on it' })
  @ApiOne(DiscrepancyDetailDocument)
  async show(@Param('id') id: string): Promise<DiscrepancyDetail> {
    const found = ROW_ID.test(id) ? await this.queries.discrepancy(id) : null;
    if (!found) throw notFound('discrepancy');
    return found;
  }

  @Post(':id/resolve')
  @ApiOperation({
    summary: 'Ends a case',
    description:
      'After `accept` the payment has succeeded with the money that came, and its order is paid if it can be; `reason` tells ' +
      'what it came to, as an outcome. What still stands in the way (`order_not_payable`, `paid_twice`, …) has a case of its ' +
      'own from then on. The callback keeps the outcome that was decided when it came.',
  })
  @ApiWrite(ResolutionBody, HttpStatus.OK, DiscrepancyDetailDocument)
  @ApiProblems(404)
  async resolve(
    @Param('id') id: string,
    @Req() request: FastifyRequest,
    @Res() reply: FastifyReply,
  ): Promise<void> {
    if (!ROW_ID.test(id)) throw notFound('discrepancy');
    await this.writes.answer(request, reply, ResolutionBody, async (stores, body, deed): Promise<Answer> => {
      const { resolution, note, reference = null } = body;
      const resolved = await resolveDiscrepancy(stores, { id, resolution, note, reference }, deed);
      if (typeof resolved === 'string') return refused(REFUSALS[resolved]);
      return 'endedBefore' in resolved
        ? refused(endedBefore(resolved.endedBefore))
        : { status: 200, body: resolved };
    });
  }

  @Post(':id/notes')
  @ApiOperation({ summary: 'Notes a word on a case, open or resolved' })
  @ApiWrite(NoteBody, HttpStatus.CREATED, DiscrepancyDetailDocument)
  @ApiProblems(404)
  async note(
    @Param('id') id: string,
    @Req() request: FastifyRequest,
    @Res() reply: FastifyReply,
  ): Promise<void> {
    if (!ROW_ID.test(id)) throw notFound('discrepancy');
    await this.writes.answer(request, reply, NoteBody, async (stores, { note }, deed) => {
      const noted = await noteDiscrepancy(stores, { id, note }, deed);
      return noted === 'discrepancy_unknown' ? refused(UNKNOWN) : { status: 201, body: noted };
    });
  }
}

const REFUSALS: Readonly<Record<ResolutionRefusal, Problem>> = {
  discrepancy_unknown: UNKNOWN,
  money_refunded: MONEY_REFUNDED,
  not_acceptable: invalid([
    { field: 'resolution', message: 'accept is for paid_late and amount_mismatched only' },
  ]),
  other_currency: invalid([
    { field: 'resolution', message: 'accept is for money in the currency that is due only' },
  ]),
  reference_missing: invalid([{ field: 'reference', message: 'must say where the refund is found' }]),
};

/** Whoever comes second learns what stands. */
function endedBefore({ resolution, resolvedBy, resolvedAt, reason }: DiscrepancyDetail): Problem {
  const detail = `The case was resolved before${resolvedBy === null ? '' : `, by ${resolvedBy}`}.`;
  return problem(409, detail, { code: 'resolved_before', resolution, resolvedBy, resolvedAt, reason });
}
