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
  OrderQueries,
  type OrderSummary,
  type OrderView,
  type StatusChange,
} from '../../../../application/orders/order-queries.js';
import { transitionOrder } from '../../../../application/orders/transition-order.js';
import type { OrderStatus } from '../../../../domain/orders/order.js';
import type { Refusal } from '../../../../domain/transitions.js';
import { AdminGuard } from '../../server/admin.guard.js';
import { BoundedReadsInterceptor } from '../../server/bounded-reads.interceptor.js';
import { BUSINESS_NUMBER } from '../../server/field-validators.js';
import { Needs } from '../../server/needs.js';
import { ApiList, ApiOne, ApiProblems, ApiWrite } from '../../server/openapi-routes.js';
import { type List, ListQuery, listOf, pageRequest } from '../../server/pagination.js';
import { PathParameterPipe } from '../../server/path-parameter.pipe.js';
import { type Problem, notFound, problem } from '../../server/problem.js';
import { QueryValidationPipe } from '../../server/validation.js';
import { IdempotentHandler, refused } from '../idempotent-handler.js';
import { OrderTransitionBody, OrdersQuery } from './bodies.js';
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
  ) {}

  @Get()
  @Needs('viewer')
  @ApiOperation({ operationId: 'listOrders', summary: 'Lists orders, without their histories' })
  @ApiList(OrderSummaryDocument)
  async list(@Query(QueryValidationPipe) query: OrdersQuery): Promise<List<OrderSummary>> {
    const { limit, cursor, ...filter } = query;
    return listOf(await this.queries.list(filter, pageRequest({ limit, cursor })));
  }

  @Get(':orderNumber')
  @Needs('viewer')
  @ApiOperation({
    operationId: 'getOrder',
    summary: 'Shows an order with its newest payments and the newest changes of its status',
  })
  @ApiOne(OrderDocument)
  async show(@Param('orderNumber', OrderNumber) orderNumber: string): Promise<OrderView> {
    const order = await this.queries.find(orderNumber);
    if (!order) throw notFound('order', orderNumber);
    return order;
  }

  @Get(':orderNumber/history')
  @Needs('viewer')
  @ApiOperation({
    operationId: 'listOrderHistory',
    summary: 'Lists all changes of the status of an order',
  })
  @ApiList(StatusChangeDocument)
  async history(
    @Param('orderNumber', OrderNumber) orderNumber: string,
    @Query(QueryValidationPipe) query: ListQuery,
  ): Promise<List<StatusChange>> {
    const history = await this.queries.history(orderNumber, pageRequest(query));
    if (!history) throw notFound('order', orderNumber);
    return listOf(history);
  }

  @Post(':orderNumber/transitions')
  @Needs('operator')
  @ApiOperation({
    operationId: 'transitionOrder',
    summary: 'Changes the status of an order',
    description: 'Only a payment can change it from `pending` to `paid`.',
  })
  @ApiWrite(OrderTransitionBody, HttpStatus.OK, OrderDocument)
  @ApiProblems('transition_not_allowed', 'refund_under_way')
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
        if (moved === 'order_unknown') return refused(notFound('order', orderNumber).problem);
        if (moved === 'refund_under_way') return refused(REFUND_UNDER_WAY);
        return 'refused' in moved ? refused(notAllowed(moved, to)) : { status: 200, body: moved };
      },
    );
  }
}

const REFUND_UNDER_WAY = problem(
  409,
  'A refund of the payment that paid the order is under way, and its result is not known yet; nothing was changed. The order follows the ' +
    'result by itself.',
  { code: 'refund_under_way' },
);

function notAllowed({ status: current, allowedTransitions }: Refusal<OrderStatus>, to: OrderStatus): Problem {
  const detail =
    to === 'paid' && current === 'pending'
      ? 'Only a payment can make an order paid; nothing was changed. Open a payment for the order.'
      : `An order that is ${current} cannot become ${to}; nothing was changed.`;
  return problem(409, detail, { code: 'transition_not_allowed', current, allowedTransitions });
}
