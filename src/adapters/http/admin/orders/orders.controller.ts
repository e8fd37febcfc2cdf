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
import type { WriteResult } from '../../../../application/idempotency/idempotent-write.js';
import { createOrder } from '../../../../application/orders/create-order.js';
import {
  OrderQueries,
  type OrderSummary,
  type OrderView,
  type StatusChange,
} from '../../../../application/orders/order-queries.js';
import { transitionOrder } from '../../../../application/orders/transition-order.js';
import { CreatePayment, type PaymentFault } from '../../../../application/payments/create-payment.js';
import { Money } from '../../../../domain/money.js';
import type { OrderStatus } from '../../../../domain/orders/order.js';
import type { Refusal } from '../../../../domain/transitions.js';
import { AdminGuard } from '../../server/admin.guard.js';
import { BoundedReadsInterceptor } from '../../server/bounded-reads.interceptor.js';
import { BUSINESS_NUMBER } from '../../server/field-validators.js';
import { ApiList, ApiOne, ApiProblems, ApiWrite } from '../../server/openapi-routes.js';
import { type List, ListQuery, listOf, pageRequest } from '../../server/pagination.js';
import { PathParameterPipe } from '../../server/path-parameter.pipe.js';
import { type Problem, invalid, notFound, problem } from '../../server/problem.js';
import { QueryValidationPipe } from '../../server/validation.js';
import { IdempotentHandler, refused } from '../idempotent-handler.js';
import { PaymentBody } from '../payments/bodies.js';
import { PaymentDocument } from '../payments/views.js';
import { OrderBody, OrderTransitionBody, OrdersQuery } from './bodies.js';
import { OrderDocument, OrderSummaryDocument, StatusChangeDocument } from './views.js';

const OrderNumber = new PathParameterPipe(BUSINESS_NUMBER, 'order');

@ApiTags('orders')
@ApiBearerAuth()
@UseGuards(AdminGuard)
@UseInterceptors(BoundedReadsInterceptor)
@Controller('admin/v1/orders')
export class OrdersController {
  constructor(
    private readonly queries: OrderQueries,
    private readonly writes: IdempotentHandler,
    private readonly createPayment: CreatePayment,
  ) {}

  @Get()
  @ApiOperation({ summary: 'Lists orders, without their histories' })
  @ApiList(OrderSummaryDocument)
  async list(@Query(QueryValidationPipe) query: OrdersQuery): Promise<List<OrderSummary>> {
    const { status, customerId } = query;
    return listOf(await this.queries.list({ status, customerId }, pageRequest(query)));
  }

  @Get(':orderNumber')
  @ApiOperation({ summary: 'Shows an order with its newest payments and the newest changes of its status' })
  @ApiOne(OrderDocument)
  async show(@Param('orderNumber', OrderNumber) orderNumber: string): Promise<OrderView> {
    const order = await this.queries.find(orderNumber);
    if (!order) throw notFound('order');
    return order;
  }

  @Get(':orderNumber/history')
  @ApiOperation({ summary: 'Lists all changes of the status of an order' })
  @ApiList(StatusChangeDocument)
  @ApiProblems(404)
  async history(
    @Param('orderNumber', OrderNumber) orderNumber: string,
    @Query(QueryValidationPipe) query: ListQuery,
  ): Promise<List<StatusChange>> {
    const history = await this.queries.history(orderNumber, pageRequest(query));
    if (!history) throw notFound('order');
    return listOf(history);
  }

  @Post()
  @ApiOperation({ summary: 'Places an order' })
  @ApiWrite(OrderBody, HttpStatus.CREATED, OrderDocument)
  async create(@Req() request: FastifyRequest, @Res() reply: FastifyReply): Promise<void> {
    await this.writes.handle(
      { request, reply, subject: ({ orderNumber }) => ({ orderNumber }), pipelined: true },
      OrderBody,
      async (tx, body, attribution) => {
        const total = Money.of(body.total.amount, body.total.currency);
        const order = { orderNumber: body.orderNumber, total, customerId: body.customerId ?? null };
        const created = await createOrder(tx, order, attribution);
        return created === 'number_taken' ? refused(ORDER_NUMBER_TAKEN) : { status: 201, body: created };
      },
    );
  }

  @Post(':orderNumber/transitions')
  @ApiOperation({
    summary: 'Changes the status of an order',
    description: 'Only a payment can change it from `pending` to `paid`.',
  })
  @ApiWrite(OrderTransitionBody, HttpStatus.OK, OrderDocument)
  @ApiProblems(404)
  async transition(
    @Param('orderNumber', OrderNumber) orderNumber: string,
    @Req() request: FastifyRequest,
    @Res() reply: FastifyReply,
  ): Promise<void> {
    await this.writes.handle(
      { request, reply, subject: { orderNumber } },
      OrderTransitionBody,
      async (tx, { to, note }, attribution) => {
        const moved = await transitionOrder(tx, { orderNumber, to }, { ...attribution, note: note ?? null });
        if (moved === 'order_unknown') return refused(ORDER_UNKNOWN);
        return 'refused' in moved ? refused(notAllowed(moved, to)) : { status: 200, body: moved };
      },
    );
  }

  @Post(':orderNumber/payments')
  @ApiOperation({ summary: 'Opens a payment for a pending order' })
  @ApiWrite(PaymentBody, HttpStatus.CREATED, PaymentDocument)
  @ApiProblems(404)
  async pay(
    @Param('orderNumber', OrderNumber) orderNumber: string,
    @Req() request: FastifyRequest,
    @Res() reply: FastifyReply,
  ): Promise<void> {
    await this.writes.handle(
      { request, reply, subject: { orderNumber }, pipelined: true },
      PaymentBody,
      async (tx, body, attribution): Promise<WriteResult> => {
        const payment = {
          orderNumber,
          gateway: body.gateway,
          amount: body.amount ? Money.of(body.amount.amount, body.amount.currency) : null,
          expiresInSeconds: body.expiresInSeconds ?? null,
          paymentNumber: body.paymentNumber ?? null,
        };
        const created = await this.createPayment.execute(tx, payment, attribution);
        return typeof created === 'string'
          ? refused(PAYMENT_PROBLEMS[created])
          : { status: 201, body: created };
      },
    );
  }
}

const ORDER_UNKNOWN = notFound('order').problem;

const ORDER_NUMBER_TAKEN = problem(
  409,
  'An order with this number exists already; nothing was created. Choose another orderNumber.',
  { code: 'number_taken' },
);

function notAllowed({ status: current, allowedTransitions }: Refusal<OrderStatus>, to: OrderStatus): Problem {
  const detail =
    to === 'paid' && current === 'pending'
      ? 'Only a payment can make an order paid; nothing was changed. Open a payment for the order.'
      : `An order that is ${current} cannot become ${to}; nothing was changed.`;
  return problem(409, detail, { code: 'transition_not_allowed', current, allowedTransitions });
}

const PAYMENT_PROBLEMS: Readonly<Record<PaymentFault, Problem>> = {
  gateway_unknown: invalid([
    { field: 'gateway', message: 'must be a gateway that this service is configured for' },
  ]),
  order_unknown: ORDER_UNKNOWN,
  number_taken: problem(
    409,
    'A payment with this number exists already; nothing was created. Choose another paymentNumber.',
    { code: 'number_taken' },
  ),
  order_not_pending: problem(
    409,
    'The order is not pending any more, so no payment can be opened for it; nothing was created.',
    { code: 'order_not_pending' },
  ),
  amount_differs: invalid([{ field: 'amount', message: "must equal the order's total" }]),
};
