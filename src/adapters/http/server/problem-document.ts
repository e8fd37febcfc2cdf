import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import { OUTCOMES, type Outcome } from '../../../domain/callbacks/outcome.js';
import { RESOLUTIONS, type Resolution } from '../../../domain/cases/endings.js';
import { ORDER_STATUSES, type OrderStatus } from '../../../domain/orders/order.js';
import { PAYMENT_STATUSES, type PaymentStatus } from '../../../domain/payments/payment.js';
import { CheckDocument } from '../admin/callbacks/views.js';
import { AllowedResolutionDocument } from '../admin/cases/views.js';
import { MoneyDocument, Text } from './openapi-fields.js';

/** A problem may be about an order or about a payment. */
const STATUSES = [...new Set([...ORDER_STATUSES, ...PAYMENT_STATUSES])];

export class FieldFaultDocument {
  @Text('total.amount') readonly field: string;
  @Text('must be greater than zero') readonly message: string;
}

/** A problem as OpenAPI describes it. */
export class ProblemDocument {
  @Text('about:blank') readonly type: string;
  @Text('Unprocessable Entity') readonly title: string;
  @ApiProperty({ type: 'integer', example: 422 }) readonly status: number;
  @Text() readonly detail: string;
  @ApiPropertyOptional({
    type: String,
    description: 'For programs: a code is never renamed. Later releases may add codes.',
    example: 'number_taken',
  })
  readonly code?: string;
  @ApiPropertyOptional({
    type: [FieldFaultDocument],
    description:
      'With `invalid`: all faults that the request alone shows, one for each field, at most 20. If there are none, one fault that depends ' +
      'on the configuration or on what is stored, such as a gateway that is not configured.',
  })
  readonly errors?: readonly FieldFaultDocument[];
  @ApiPropertyOptional({
    type: String,
    description:
      'With `number_taken`: the field of the request that has the number. `placeOrder`: `orderNumber` if the order exists, otherwise ' +
      '`payment.paymentNumber`. `openPayment`: `paymentNumber`.',
    example: 'payment.paymentNumber',
  })
  readonly field?: string;
  @ApiPropertyOptional({
    enum: STATUSES,
    isArray: true,
    description:
      'With `transition_not_allowed`: the values that `to` may have now. They are statuses of an order or of a payment, as the request is.',
  })
  readonly allowedTransitions?: readonly (OrderStatus | PaymentStatus)[];
  @ApiPropertyOptional({
    enum: STATUSES,
    description:
      'With `transition_not_allowed` and `order_not_pending`: the status now, of the order or of the payment.',
  })
  readonly current?: OrderStatus | PaymentStatus;
  @ApiPropertyOptional({
    type: [AllowedResolutionDocument],
    description: 'With `ending_not_allowed`: how the discrepancy can end now.',
  })
  readonly allowedResolutions?: readonly AllowedResolutionDocument[];
  @ApiPropertyOptional({
    type: MoneyDocument,
    nullable: true,
    description: 'With `exceeds_refundable`: what is left to refund; null if nothing is.',
  })
  readonly refundable?: MoneyDocument | null;
  @ApiPropertyOptional({
    enum: OUTCOMES,
    description: 'With `not_attachable`: the outcome that the money would have for the payment.',
  })
  readonly outcome?: Outcome;
  @ApiPropertyOptional({
    type: [CheckDocument],
    description: 'With `not_attachable`: what was checked. The first check that does not hold says why.',
  })
  readonly checks?: readonly CheckDocument[];
  @ApiPropertyOptional({
    enum: RESOLUTIONS,
    nullable: true,
    description: 'With `resolved_before`: how the discrepancy has ended; null if no operator has ended it.',
  })
  readonly resolution?: Resolution | null;
  @ApiPropertyOptional({
    type: String,
    nullable: true,
    description: 'With `resolved_before`: the name of the token that has ended it; null if no operator has.',
  })
  readonly resolvedBy?: string | null;
  @ApiPropertyOptional({
    type: String,
    format: 'date-time',
    nullable: true,
    description: 'With `resolved_before`: when it ended.',
  })
  readonly resolvedAt?: Date | null;
  @ApiPropertyOptional({
    type: String,
    nullable: true,
    description: 'With `resolved_before`: as `reason` of the discrepancy.',
  })
  readonly reason?: string | null;
  @ApiPropertyOptional({
    type: [String],
    description: 'Of `/health/ready`: why callbacks cannot be stored, for people.',
  })
  readonly faults?: readonly string[];
  @ApiPropertyOptional({ type: [String], description: 'Of `/health/ready`: the same, for programs.' })
  readonly codes?: readonly string[];
}
