import { ApiProperty } from '@nestjs/swagger';
import type { OrderView } from '../../../../application/orders/order-queries.js';
import {
  ORDER_MOVES,
  ORDER_STATUSES,
  type OrderMove,
  type OrderStatus,
} from '../../../../domain/orders/order.js';
import { Enum, MoneyDocument, NullableText, Text, Time } from '../../server/openapi-fields.js';
import { PaymentSummaryDocument } from '../payments/views.js';

export class StatusChangeDocument {
  @Enum(ORDER_STATUSES) readonly from: OrderStatus;
  @Enum(ORDER_STATUSES) readonly to: OrderStatus;
  @Enum(Object.keys(ORDER_MOVES)) readonly move: OrderMove;
  @Text('admin:dev') readonly actor: string;
  @NullableText() readonly note: string | null;
  @Time() readonly at: Date;
}

export class OrderDocument implements OrderView {
  @Text('A-1001') readonly orderNumber: string;
  @Enum(ORDER_STATUSES) readonly status: OrderStatus;
  @ApiProperty({ type: MoneyDocument }) readonly total: MoneyDocument;
  @NullableText() readonly customerId: string | null;
  @ApiProperty({ type: [PaymentSummaryDocument] }) readonly payments: readonly PaymentSummaryDocument[];
  @ApiProperty({ type: [StatusChangeDocument] }) readonly statusHistory: readonly StatusChangeDocument[];
  @ApiProperty({
    enum: ORDER_STATUSES,
    isArray: true,
    description: 'The values that `to` of a transition may have now.',
  })
  readonly allowedTransitions: readonly OrderStatus[];
  @Time() readonly createdAt: Date;
  @Time() readonly updatedAt: Date;
}
