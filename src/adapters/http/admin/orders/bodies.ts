import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import { IsOptional } from 'class-validator';
import type { Amount } from '../../../../domain/money.js';
import { ORDER_STATUSES, type OrderStatus } from '../../../../domain/orders/order.js';
import { BUSINESS_NUMBER, IsBusinessNumber, IsMoney, IsText, OneOf } from '../../server/field-validators.js';
import { MoneyDocument } from '../../server/openapi-fields.js';
import { ListQuery } from '../../server/pagination.js';

export class OrdersQuery extends ListQuery {
  @ApiPropertyOptional({ enum: ORDER_STATUSES })
  @IsOptional()
  @OneOf(ORDER_STATUSES)
  readonly status?: string;

  @ApiPropertyOptional({ maxLength: 64 })
  @IsOptional()
  @IsText(64)
  readonly customerId?: string;
}

export class OrderBody {
  @ApiProperty({ pattern: BUSINESS_NUMBER.source, example: 'A-1001' })
  @IsBusinessNumber()
  readonly orderNumber: string;

  @ApiProperty({ type: MoneyDocument })
  @IsMoney()
  readonly total: Amount;

  @ApiPropertyOptional({ type: String, nullable: true, maxLength: 64 })
  @IsOptional()
  @IsText(64)
  readonly customerId?: string | null;
}

export class OrderTransitionBody {
  @ApiProperty({ enum: ORDER_STATUSES })
  @OneOf(ORDER_STATUSES)
  readonly to: OrderStatus;

  @ApiPropertyOptional({ type: String, nullable: true, maxLength: 1000 })
  @IsOptional()
  @IsText(1000)
  readonly note?: string | null;
}
