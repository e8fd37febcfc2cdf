import { Controller, Get, HttpStatus, Param, Post, Query, Req, Res, UseGuards } from '@nestjs/common';
import { ApiBearerAuth, ApiOperation, ApiTags } from '@nestjs/swagger';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { createOrder } from '../../application/create-order.js';
import { CreatePayment, type PaymentFault } from '../../application/create-payment.js';
import type { Answer } from '../../application/idempotent-write.js';
import { Queries, type OrderView } from '../../application/queries.js';
import { transitionOrder } from '../../application/transition-order.js';
import { Money } from '../../domain/money.js';
import { AdminGuard } from './admin.guard.js';
import { AdminWrites, refused } from './admin-writes.js';
import { NUMBER, OrderBody, OrderTransitionBody, PaymentBody } from './bodies.js';
import { CheckedQuery } from './checked.js';
import { ApiList, ApiOne, ApiProblems, ApiWrite } from './documented.js';
import { listOf, OrdersQuery, pageRequest, type List } from './lists.js';
import { invalid, notFound, problem, type Problem } from './problem.js';
import { OrderDocument, PaymentDocument } from './views.js';

const NUMBER_TAKEN = problem(409, 'The number is taken.', { code: 'number_taken' });
const ORDER_UNKNOWN = notFound('order').problem;

@ApiTags('orders')
@ApiBearerAuth()
@UseGuards(AdminGuard)
@Controller('admin/v1/orders')
export class OrdersController {
  constructor(
    private readonly queries: Queries,
    private readonly writes: AdminWrites,
    private readonly createPayment: CreatePayment,
  ) {}

  @Get()
  @ApiOperation({ summary: 'Lists orders' })
  @ApiList(OrderDocument)
  async list(@Query(CheckedQuery) query: OrdersQuery): Promise<List<OrderView>> {
    const { status, customerId } = query;
    return listOf(await this.queries.orders({ status, customerId }, pageRequest(query)));
  }

  @Get(':orderNumber')
  @ApiOperation({ summary: 'Shows an order with its payments and its history' })
  @ApiOne(OrderDocument)
  async show(@Param('orderNumber') orderNumber: string): Promise<OrderView> {
    const order = NUMBER.test(orderNumber) ? await this.queries.order(orderNumber) : null;
    if (!order) throw notFound('order');
    return order;
  }

  @Post()
  @ApiOperation({ summary: 'Places an order' })
  @ApiWrite(OrderBody, HttpStatus.CREATED, OrderDocument)
  async create(@Req() request: FastifyRequest, @Res() reply: FastifyReply): Promise<void> {
    await this.writes.answer(request, reply, OrderBody, async (stores, body, deed) => {
      const total = Money.of(body.total.amount, body.total.currency);
      const order = { orderNumber: body.orderNumber, total, customerId: body.customerId ?? null };
      const created = await createOrder(stores, order, deed);
      return created === 'number_taken' ? refused(NUMBER_TAKEN) : { status: 201, body: created };
    });
  }

  @Post(':orderNumber/transitions')
  @ApiOperation({ summary: 'Moves an order; only a payment pays one' })
  @ApiWrite(OrderTransitionBody, HttpStatus.OK, OrderDocument)
  @ApiProblems(404)
  async transition(
    @Param('orderNumber') orderNumber: string,
    @Req() request: FastifyRequest,
    @Res() reply: FastifyReply,
  ): Promise<void> {
    if (!NUMBER.test(orderNumber)) throw notFound('order');
    await this.writes.answer(request, reply, OrderTransitionBody, async (stores, { to, note }, deed) => {
      const moved = await transitionOrder(stores, { orderNumber, to }, { ...deed, note: note ?? null });
      if (moved === 'order_unknown') return refused(ORDER_UNKNOWN);
      if (!('refused' in moved)) return { status: 200, body: moved };
      const { status: current, allowedTransitions } = moved;
      const detail =
        to === 'paid' && current === 'pending'
          ? 'Only a payment pays an order.'
          : `An order that is ${current} cannot become ${to}.`;
      return refused(problem(409, detail, { code: 'transition_not_allowed', current, allowedTransitions }));
    });
  }

  @Post(':orderNumber/payments')
  @ApiOperation({ summary: 'Opens a payment for an order that waits for one' })
  @ApiWrite(PaymentBody, HttpStatus.CREATED, PaymentDocument)
  @ApiProblems(404)
  async pay(
    @Param('orderNumber') orderNumber: string,
    @Req() request: FastifyRequest,
    @Res() reply: FastifyReply,
  ): Promise<void> {
    if (!NUMBER.test(orderNumber)) throw notFound('order');
    await this.writes.answer(request, reply, PaymentBody, async (stores, body, deed): Promise<Answer> => {
      const asked = {
        orderNumber,
        gateway: body.gateway,
        amount: body.amount ? Money.of(body.amount.amount, body.amount.currency) : null,
        expiresInSeconds: body.expiresInSeconds ?? null,
        paymentNumber: body.paymentNumber ?? null,
      };
      const created = await this.createPayment.execute(stores, asked, deed);
      return typeof created === 'string'
        ? refused(PAYMENT_PROBLEMS[created])
        : { status: 201, body: created };
    });
  }
}

const PAYMENT_PROBLEMS: Readonly<Record<PaymentFault, Problem>> = {
  gateway_unknown: invalid([
    { field: 'gateway', message: 'must be a gateway that this service is configured for' },
  ]),
  order_unknown: ORDER_UNKNOWN,
  number_taken: NUMBER_TAKEN,
  order_not_pending: problem(409, 'The order does not wait for a payment any more.', {
    code: 'order_not_pending',
  }),
  amount_differs: invalid([{ field: 'amount', message: "must equal the order's total" }]),
};
