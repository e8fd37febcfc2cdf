import { ApiProperty } from '@nestjs/swagger';
import type { OrderSummary, OrderView, StatusChange } from '../../../../application/orders/order-queries.js';
import {
  ORDER_MOVES,
  ORDER_STATUSES,
  type OrderMove,
  type OrderStatus,
} from '../../../../domain/orders/order.js';
import { Enum, MoneyDocument, NullableText, Text, Time } from '../../server/openapi-fields.js';
import { PaymentSummaryDocument } from '../payments/views.js';

export class StatusChangeDocument implements StatusChange {
  @Enum(ORDER_STATUSES) readonly from: OrderStatus;
  @Enum(ORDER_STATUSES) readonly to: OrderStatus;
  @Enum(Object.keys(ORDER_MOVES)) readonly move: OrderMove;
  @Text('admin:dev') readonly actor: string;
  @NullableText() readonly note: string | null;
  @Time() readonly at: Date;
}

export class OrderSummaryDocument implements OrderSummary {
  @Text('A-1001') readonly orderNumber: string;
  @Enum(ORDER_STATUSES) readonly status: OrderStatus;
  @ApiProperty({ type: MoneyDocument }) readonly total: MoneyDocument;
  @NullableText() readonly customerId: string | null;
  @ApiProperty({ type: [PaymentSummaryDocument], description: 'The newest 20 payments, newest first.' })
  readonly payments: readonly PaymentSummaryDocument[];
  @ApiProperty({
    enum: ORDER_STATUSES,
    isArray: true,
    description: 'The values that `to` of a transition may have now.',
  })
  readonly allowedTransitions: readonly OrderStatus[];
  @Time() readonly createdAt: Date;
  @Time() readonly updatedAt: Date;
}

export class OrderDocument extends OrderSummaryDocument implements OrderView {
  @ApiProperty({
    type: MoneyDocument,
    description:
      'What refunds that succeeded come to, of the money that paid the order, in the currency of its total. Refunds of other money that ' +
      'came for it, as when a customer has paid twice, do not count here: each payment shows its own in `refunded`.',
  })
  readonly refunded: MoneyDocument;
  @ApiProperty({ type: [PaymentSummaryDocument], description: 'The newest 100 payments, newest first.' })
  declare readonly payments: readonly PaymentSummaryDocument[];
  @ApiProperty({ type: [StatusChangeDocument], description: 'The newest 100 changes, oldest first.' })
  readonly statusHistory: readonly StatusChangeDocument[];
}
