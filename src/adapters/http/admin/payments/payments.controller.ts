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
  type LogEntry,
  PaymentQueries,
  type PaymentSummary,
  type PaymentView,
} from '../../../../application/payments/payment-queries.js';
import { TimelineQueries } from '../../../../application/payments/timeline-queries.js';
import { transitionPayment } from '../../../../application/payments/transition-payment.js';
import type { PaymentStatus } from '../../../../domain/payments/payment.js';
import type { Refusal } from '../../../../domain/transitions.js';
import { AdminGuard } from '../../server/admin.guard.js';
import { BoundCursors } from '../../server/bound-cursors.interceptor.js';
import { BoundedReadsInterceptor } from '../../server/bounded-reads.interceptor.js';
import { BUSINESS_NUMBER } from '../../server/field-validators.js';
import { Needs } from '../../server/needs.js';
import { ApiList, ApiOne, ApiProblems, ApiWrite } from '../../server/openapi-routes.js';
import { type List, ListQuery, listOf, pageRequest } from '../../server/pagination.js';
import { PathParameterPipe } from '../../server/path-parameter.pipe.js';
import { type Problem, notFound, problem } from '../../server/problem.js';
import { QueryValidationPipe } from '../../server/validation.js';
import { IdempotentHandler, refused } from '../idempotent-handler.js';
import { PaymentTransitionBody, PaymentsQuery, TimelineQuery } from './bodies.js';
import { type TimelineView, timelineRequest, timelineView } from './timeline-cursor.js';
import { LogEntryDocument, PaymentDocument, PaymentSummaryDocument, TimelineDocument } from './views.js';

const PaymentNumber = new PathParameterPipe(BUSINESS_NUMBER, 'payment');

@ApiTags('payments')
@ApiBearerAuth()
@UseGuards(AdminGuard)
@UseInterceptors(BoundedReadsInterceptor)
@Controller('admin/v1/payments')
export class PaymentsController {
  constructor(
    private readonly queries: PaymentQueries,
    private readonly timelines: TimelineQueries,
    private readonly writes: IdempotentHandler,
  ) {}

  @Get()
  @Needs('viewer')
  @ApiOperation({ operationId: 'listPayments', summary: 'Lists payments, without their logs' })
  @ApiList(PaymentSummaryDocument)
  async list(@Query(QueryValidationPipe) query: PaymentsQuery): Promise<List<PaymentSummary>> {
    const { limit, cursor, ...filter } = query;
    return listOf(await this.queries.list(filter, pageRequest({ limit, cursor })));
  }

  @Get(':paymentNumber')
  @Needs('viewer')
  @ApiOperation({
    operationId: 'getPayment',
    summary: 'Shows a payment with the newest entries of its log',
  })
  @ApiOne(PaymentDocument)
  async show(@Param('paymentNumber', PaymentNumber) paymentNumber: string): Promise<PaymentView> {
    const payment = await this.queries.find(paymentNumber);
    if (!payment) throw notFound('payment', paymentNumber);
    return payment;
  }

  @Get(':paymentNumber/log')
  @Needs('viewer')
  @ApiOperation({ operationId: 'listPaymentLog', summary: 'Lists all entries of the log of a payment' })
  @ApiList(LogEntryDocument)
  async log(
    @Param('paymentNumber', PaymentNumber) paymentNumber: string,
    @Query(QueryValidationPipe) query: ListQuery,
  ): Promise<List<LogEntry>> {
    const log = await this.queries.log(paymentNumber, pageRequest(query));
    if (!log) throw notFound('payment', paymentNumber);
    return listOf(log);
  }

  @Get(':paymentNumber/timeline')
  @Needs('viewer')
  @ApiOperation({
    operationId: 'getPaymentTimeline',
    summary: 'Shows everything that is known about a payment number',
    description:
      'Also for a number that callbacks have named and no payment has. The first page has the newest items. ' +
      'Within a page items are sorted by time, oldest first; `nextCursor` leads to older items.',
  })
  @ApiOne(TimelineDocument)
  @BoundCursors()
  async timeline(
    @Param('paymentNumber', PaymentNumber) paymentNumber: string,
    @Query(QueryValidationPipe) query: TimelineQuery,
  ): Promise<TimelineView> {
    const timeline = await this.timelines.find(paymentNumber, timelineRequest(query));
    if (!timeline) throw notFound('payment', paymentNumber);
    return timelineView(timeline);
  }

  @Post(':paymentNumber/transitions')
  @Needs('operator')
  @ApiOperation({
    operationId: 'transitionPayment',
    summary: 'Reports that a payment was begun or abandoned',
    description: 'All other changes of its status come from the gateway or from the scheduled expiry.',
  })
  @ApiWrite(PaymentTransitionBody, HttpStatus.OK, PaymentDocument)
  @ApiProblems('transition_not_allowed')
  async transition(
    @Param('paymentNumber', PaymentNumber) paymentNumber: string,
    @Req() request: FastifyRequest,
    @Res() reply: FastifyReply,
  ): Promise<void> {
    await this.writes.handle(
      { request, reply, subject: { paymentNumber } },
      PaymentTransitionBody,
      async (tx, { to }, attribution) => {
        const moved = await transitionPayment(tx, { paymentNumber, to }, attribution);
        if (moved === 'payment_unknown') return refused(notFound('payment', paymentNumber).problem);
        return 'refused' in moved ? refused(notAllowed(moved, to)) : { status: 200, body: moved };
      },
    );
  }
}

function notAllowed(
  { status: current, allowedTransitions }: Refusal<PaymentStatus>,
  to: PaymentStatus,
): Problem {
  const detail = `A payment that is ${current} cannot become ${to} by this request; nothing was changed.`;
  return problem(409, detail, { code: 'transition_not_allowed', current, allowedTransitions });
}
