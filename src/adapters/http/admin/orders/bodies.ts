import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import { IsIn, IsOptional } from 'class-validator';
import type { Amount } from '../../../../domain/money.js';
import {
  MOVES_BY_HAND,
  ORDER_MOVES,
  ORDER_STATUSES,
  type OrderStatus,
} from '../../../../domain/orders/order.js';
import {
  BUSINESS_NUMBER,
  IsBody,
  IsBusinessNumber,
  IsMoneyOrZero,
  IsText,
  OneOf,
} from '../../server/field-validators.js';
import { MoneyDocument } from '../../server/openapi-fields.js';
import { TimedListQuery } from '../../server/pagination.js';
import { OrderPaymentBody } from '../payments/bodies.js';

export class OrdersQuery extends TimedListQuery {
  @ApiPropertyOptional({ enum: ORDER_STATUSES })
  @IsOptional()
  @OneOf(ORDER_STATUSES)
  readonly status?: string;

  @ApiPropertyOptional({ maxLength: 64 })
  @IsOptional()
  @IsText(64)
  readonly customerId?: string;

  @ApiPropertyOptional({ pattern: BUSINESS_NUMBER.source })
  @IsOptional()
  @IsBusinessNumber()
  readonly orderNumber?: string;

  @ApiPropertyOptional({
    maxLength: 128,
    description:
      'The id of a transaction of any gateway: only the order of the payment that it settled, and the orders of the cases that name it.',
  })
  @IsOptional()
  @IsText(128)
  readonly transactionId?: string;
}

export class OrderBody {
  @ApiProperty({ pattern: BUSINESS_NUMBER.source, example: 'A-1001' })
  @IsBusinessNumber()
  readonly orderNumber: string;

  @ApiProperty({
    type: MoneyDocument,
    description: 'An order of zero is paid when it is placed, and takes no payment.',
  })
  @IsMoneyOrZero()
  readonly total: Amount;

  @ApiPropertyOptional({ type: String, nullable: true, maxLength: 64 })
  @IsOptional()
  @IsText(64)
  readonly customerId?: string | null;

  @ApiPropertyOptional({
    type: OrderPaymentBody,
    nullable: true,
    description: 'Opens a payment for the total in the same transaction: both are created, or neither is.',
  })
  @IsOptional()
  @IsBody(OrderPaymentBody)
  readonly payment?: OrderPaymentBody | null;
}

const TARGETS = ORDER_STATUSES.filter((status) =>
  MOVES_BY_HAND.some((move) => ORDER_MOVES[move].to === status),
);

export class OrderTransitionBody {
  // A status that exists but is not allowed is answered 409 with the allowed ones.
  @ApiProperty({
    enum: ORDER_STATUSES,
    description:
      'One of the `allowedTransitions` of the order. No request makes an order `pending`, and none makes a `pending` order `paid`.',
  })
  @IsIn(ORDER_STATUSES, { message: `must be one of ${TARGETS.join(', ')}` })
  readonly to: OrderStatus;

  @ApiPropertyOptional({ type: String, nullable: true, maxLength: 1000 })
  @IsOptional()
  @IsText(1000)
  readonly note?: string | null;
}
