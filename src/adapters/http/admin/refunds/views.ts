import { ApiProperty } from '@nestjs/swagger';
import type { RefundDetail, RefundView } from '../../../../application/refunds/refund-queries.js';
import {
  REFUND_ORIGINS,
  REFUND_STATUSES,
  type RefundOrigin,
  type RefundStatus,
} from '../../../../domain/refunds/refund.js';
import {
  Enum,
  JsonObject,
  MoneyDocument,
  NullableText,
  NullableTime,
  Text,
  Time,
} from '../../server/openapi-fields.js';
import { RefundFailureDocument } from '../callbacks/views.js';

export class RefundDocument implements RefundView {
  @Text('re_1') readonly refundNumber: string;
  @NullableText(
    'The payment that has the money. While the money has not come: the payment that the gateway has named.',
  )
  readonly paymentNumber: string | null;
  @NullableText() readonly orderNumber: string | null;
  @Text('stripe') readonly gateway: string;
  @Text() readonly transactionId: string;
  @NullableText('The discrepancy that it was made for.') readonly discrepancyId: string | null;
  @ApiProperty({ type: MoneyDocument }) readonly amount: MoneyDocument;
  @NullableText() readonly reason: string | null;
  @Enum(REFUND_ORIGINS) readonly origin: RefundOrigin;
  @Enum(REFUND_STATUSES) readonly status: RefundStatus;
  @NullableText() readonly gatewayRefundId: string | null;
  @NullableText('Where a refund that an operator has recorded can be found.') readonly reference:
    string | null;
  @ApiProperty({
    type: RefundFailureDocument,
    nullable: true,
    description: "Why it failed, in the gateway's words.",
  })
  readonly failure: RefundFailureDocument | null;
  @ApiProperty({ type: 'integer', description: 'How often this service has asked the gateway for it.' })
  readonly attempts: number;
  @NullableTime() readonly nextAttemptAt: Date | null;
  @Time() readonly createdAt: Date;
  @Time() readonly updatedAt: Date;
}

export class RefundLogEntryDocument {
  @Time() readonly at: Date;
  @Text('refund.succeeded') readonly event: string;
  @Text('gateway:stripe') readonly actor: string;
  @JsonObject() readonly data: Readonly<Record<string, unknown>>;
}

export class RefundDetailDocument extends RefundDocument implements RefundDetail {
  @ApiProperty({ type: [RefundLogEntryDocument], description: 'The newest 100 entries, oldest first.' })
  readonly log: readonly RefundLogEntryDocument[];
}
