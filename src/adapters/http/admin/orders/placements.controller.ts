import { Controller, HttpStatus, Param, Post, Req, Res, UseGuards } from '@nestjs/common';
import { ApiBearerAuth, ApiOperation, ApiTags } from '@nestjs/swagger';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { SentReply } from '../../../../application/idempotency/idempotency-key-repository.js';
import { PlacementBatcher } from '../../../../application/orders/placement-batcher.js';
import type {
  NewPayment,
  Placement,
  PlacementFault,
  UnfitPayment,
} from '../../../../application/orders/placement.js';
import { Money } from '../../../../domain/money.js';
import { Gateways } from '../../../gateways/registry.js';
import { AdminGuard } from '../../server/admin.guard.js';
import { clientState } from '../../server/client-signal.js';
import { BUSINESS_NUMBER } from '../../server/field-validators.js';
import { Needs } from '../../server/needs.js';
import { ApiProblems, ApiWrite } from '../../server/openapi-routes.js';
import { PathParameterPipe } from '../../server/path-parameter.pipe.js';
import { type Problem, invalid, notFound, problem } from '../../server/problem.js';
import { KEY_PROBLEMS, readKeyed, sendReply, sent } from '../keyed-request.js';
import { PaymentBody } from '../payments/bodies.js';
import { PaymentDocument } from '../payments/views.js';
import { OrderBody } from './bodies.js';
import { OrderDocument } from './views.js';

const OrderNumber = new PathParameterPipe(BUSINESS_NUMBER, 'order');

/**
 * What shops send for every sale. It is a controller of its own, because the interceptor of the reading routes would cost each of these
 * requests as much as its validation.
 */
@ApiTags('orders')
@ApiBearerAuth()
@UseGuards(AdminGuard)
@Controller('admin/v1/orders')
export class PlacementsController {
  constructor(
    private readonly batcher: PlacementBatcher,
    private readonly gateways: Gateways,
  ) {}

  @Post()
  @Needs('operator')
  @ApiOperation({
    operationId: 'placeOrder',
    summary: 'Places an order',
    description:
      'With `payment` it opens a payment for the order as well: both are created, or neither is. An order of zero is `paid` at once.',
  })
  @ApiWrite(OrderBody, HttpStatus.CREATED, OrderDocument)
  @ApiProblems('number_taken')
  create(@Req() request: FastifyRequest, @Res() reply: FastifyReply): Promise<void> {
    const read = readKeyed(request, OrderBody);
    if ('problem' in read) return sendReply(reply, sent(read.problem));
    const { body, keyed, actor } = read;
    const { orderNumber, total, customerId, payment } = body;
    const order = { total: Money.of(total.amount, total.currency), customerId: customerId ?? null };
    return this.place(reply, {
      orderNumber,
      actor,
      keyed,
      order,
      payment: payment ? newPayment(payment) : null,
    });
  }

  @Post(':orderNumber/payments')
  @Needs('operator')
  @ApiOperation({ operationId: 'openPayment', summary: 'Opens a payment for a pending order' })
  @ApiWrite(PaymentBody, HttpStatus.CREATED, PaymentDocument)
  @ApiProblems('number_taken', 'order_not_pending')
  pay(
    @Param('orderNumber', OrderNumber) orderNumber: string,
    @Req() request: FastifyRequest,
    @Res() reply: FastifyReply,
  ): Promise<void> {
    const read = readKeyed(request, PaymentBody);
    if ('problem' in read) return sendReply(reply, sent(read.problem));
    const { body, keyed, actor } = read;
    return this.place(reply, { orderNumber, actor, keyed, order: null, payment: newPayment(body) });
  }

  private async place(reply: FastifyReply, placement: Placement): Promise<void> {
    const result = await this.batcher.place(placement, clientState(reply));
    const isRefused = typeof result === 'string' || 'fault' in result;
    await sendReply(reply, isRefused ? this.refusal(result, placement) : result);
  }

  private refusal(fault: PlacementFault | keyof typeof KEY_PROBLEMS, placement: Placement): SentReply {
    if (typeof fault === 'object') return sent(unfit(fault));
    if (fault === 'gateway_unknown')
      return sent(gatewayUnknown(placement.order ? 'payment.gateway' : 'gateway', this.gateways.names));
    if (fault !== 'payment_number_unfit') return refusal(fault, placement);
    const { gateway } = placement.payment!;
    const { expects } = this.gateways.get(gateway)!.paymentNumberRule!;
    const field = placement.order ? 'payment.paymentNumber' : 'paymentNumber';
    return sent(
      invalid([{ field, message: `must be ${expects}, because ${gateway} carries no other numbers` }]),
    );
  }
}

function newPayment({ gateway, amount, expiresInSeconds, paymentNumber }: PaymentBody): NewPayment {
  return {
    gateway,
    amount: amount ? Money.of(amount.amount, amount.currency) : null,
    expiresInSeconds: expiresInSeconds ?? null,
    paymentNumber: paymentNumber ?? null,
  };
}

type WordedFault = Exclude<PlacementFault, UnfitPayment | 'payment_number_unfit' | 'gateway_unknown'>;

function refusal(fault: WordedFault | keyof typeof KEY_PROBLEMS, placement: Placement): SentReply {
  if (fault === 'key_reused' || fault === 'key_in_flight') return sent(KEY_PROBLEMS[fault]);
  if (fault === 'payment_number_taken') return sent(paymentNumberTaken(placement));
  if (fault === 'order_number_taken') return sent(numberTaken('order', 'orderNumber', placement.orderNumber));
  if (fault === 'order_unknown') return sent(notFound('order', placement.orderNumber).problem);
  return sent(PROBLEMS[fault]);
}

function paymentNumberTaken({ order, payment }: Placement): Problem {
  return numberTaken(
    'payment',
    order ? 'payment.paymentNumber' : 'paymentNumber',
    payment!.paymentNumber ?? '',
  );
}

/** `field` says which of the two numbers it is. */
function numberTaken(what: 'order' | 'payment', field: string, number: string): Problem {
  const fact = `A${what === 'order' ? 'n' : ''} ${what} with the number ${number} exists already; nothing was created.`;
  const advice = `If this repeats your own request, read the ${what}. Otherwise choose another ${what}Number.`;
  return problem(409, `${fact} ${advice}`, { code: 'number_taken', field });
}

/** It lists the gateways, since a gateway that is off is not told from one that does not exist. */
const gatewayUnknown = (field: string, names: readonly string[]): Problem =>
  invalid([
    {
      field,
      message: `must be a gateway that this service is configured for: ${names.join(', ') || 'none'}`,
    },
  ]);

type FixedFault = Exclude<WordedFault, 'order_number_taken' | 'payment_number_taken' | 'order_unknown'>;

const PROBLEMS: Readonly<Record<FixedFault, Problem>> = {
  nothing_due: invalid([
    { field: 'payment', message: 'must be absent, because an order of zero is paid when it is placed' },
  ]),
};

function unfit({ fault, order: { status, total } }: UnfitPayment): Problem {
  if (fault === 'amount_differs') {
    const message = `must equal the order's total, which is ${total.toString()}`;
    return invalid([{ field: 'amount', message }]);
  }
  return problem(
    409,
    `The order is ${status} and not pending any more, so no payment can be opened for it; nothing was created.`,
    { code: 'order_not_pending', current: status },
  );
}
