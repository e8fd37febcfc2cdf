import { Controller, Get, HttpStatus, Param, Post, Query, Req, Res, UseGuards } from '@nestjs/common';
import { ApiBearerAuth, ApiOperation, ApiTags } from '@nestjs/swagger';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { Queries, type PaymentView } from '../../application/queries.js';
import type { Timeline } from '../../application/timeline.js';
import { transitionPayment } from '../../application/transition-payment.js';
import { AdminGuard } from './admin.guard.js';
import { AdminWrites, refused } from './admin-writes.js';
import { NUMBER, PaymentTransitionBody } from './bodies.js';
import { TimelineDocument } from './case-views.js';
import { CheckedQuery } from './checked.js';
import { ApiList, ApiOne, ApiProblems, ApiWrite } from './documented.js';
import { listOf, pageRequest, PaymentsQuery, type List } from './lists.js';
import { notFound, problem } from './problem.js';
import { PaymentDocument } from './views.js';

@ApiTags('payments')
@ApiBearerAuth()
@UseGuards(AdminGuard)
@Controller('admin/v1/payments')
export class PaymentsController {
  constructor(
    private readonly queries: Queries,
    private readonly writes: AdminWrites,
  ) {}

  @Get()
  @ApiOperation({ summary: 'Lists payments' })
  @ApiList(PaymentDocument)
  async list(@Query(CheckedQuery) query: PaymentsQuery): Promise<List<PaymentView>> {
    const { status, gateway, orderNumber } = query;
    return listOf(await this.queries.payments({ status, gateway, orderNumber }, pageRequest(query)));
  }

  @Get(':paymentNumber')
  @ApiOperation({ summary: 'Shows a payment with its log' })
  @ApiOne(PaymentDocument)
  async show(@Param('paymentNumber') paymentNumber: string): Promise<PaymentView> {
    const payment = NUMBER.test(paymentNumber) ? await this.queries.payment(paymentNumber) : null;
    if (!payment) throw notFound('payment');
    return payment;
  }

  @Get(':paymentNumber/timeline')
  @ApiOperation({
    summary: 'Tells all that happened about a payment number, oldest first',
    description: 'Also for a number that callbacks have named and no payment has.',
  })
  @ApiOne(TimelineDocument)
  async timeline(@Param('paymentNumber') paymentNumber: string): Promise<Timeline> {
    const timeline = NUMBER.test(paymentNumber) ? await this.queries.timeline(paymentNumber) : null;
    if (!timeline) throw notFound('payment');
    return timeline;
  }

  @Post(':paymentNumber/transitions')
  @ApiOperation({ summary: 'Says that a payment was begun or given up; the gateway says the rest' })
  @ApiWrite(PaymentTransitionBody, HttpStatus.OK, PaymentDocument)
  @ApiProblems(404)
  async transition(
    @Param('paymentNumber') paymentNumber: string,
    @Req() request: FastifyRequest,
    @Res() reply: FastifyReply,
  ): Promise<void> {
    if (!NUMBER.test(paymentNumber)) throw notFound('payment');
    await this.writes.answer(request, reply, PaymentTransitionBody, async (stores, { to }, deed) => {
      const moved = await transitionPayment(stores, { paymentNumber, to }, deed);
      if (moved === 'payment_unknown') return refused(notFound('payment').problem);
      if (!('refused' in moved)) return { status: 200, body: moved };
      const { status: current, allowedTransitions } = moved;
      const detail = `A payment that is ${current} cannot become ${to} by this call.`;
      return refused(problem(409, detail, { code: 'transition_not_allowed', current, allowedTransitions }));
    });
  }
}
