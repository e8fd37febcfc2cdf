import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import type {
  CallbackDetail,
  CallbackView,
  DiscrepancyView,
  MoneyView,
  OrderView,
  PaymentSummary,
  PaymentView,
  RejectionView,
} from '../../application/queries.js';
import { DISCREPANCY_KINDS } from '../../domain/discrepancy.js';
import { OUTCOMES, type NoticeKind, type Outcome } from '../../domain/notice.js';
import { ORDER_MOVES, ORDER_STATUSES, type OrderMove, type OrderStatus } from '../../domain/order.js';
import { PAYMENT_STATUSES, type PaymentStatus } from '../../domain/payment.js';
import { RESOLUTIONS, type Resolution } from '../../domain/resolution.js';

// What the API's answers look like, for its OpenAPI document. The compiler holds them to the views that are
// sent.

export const Text = (example?: string) => ApiProperty({ type: String, example });
export const MaybeText = () => ApiProperty({ type: String, nullable: true });
export const Time = () => ApiProperty({ type: String, format: 'date-time' });
export const MaybeTime = () => ApiProperty({ type: String, format: 'date-time', nullable: true });
export const One = (values: readonly string[]) => ApiProperty({ enum: values });
export const Fields = () => ApiProperty({ type: 'object', additionalProperties: true });

export class MoneyDocument implements MoneyView {
  @ApiProperty({
    type: String,
    description: "A decimal string in the currency's decimals.",
    example: '100.00',
  })
  readonly amount: string;
  @ApiProperty({ type: String, description: 'ISO 4217', example: 'CNY' })
  readonly currency: string;
}

export class PaymentSummaryDocument implements PaymentSummary {
  @Text() readonly paymentNumber: string;
  @Text('A-1001') readonly orderNumber: string;
  @Text('stripe') readonly gateway: string;
  @ApiProperty({ type: MoneyDocument }) readonly amount: MoneyDocument;
  @One(PAYMENT_STATUSES) readonly status: PaymentStatus;
  @MaybeText() readonly transactionId: string | null;
  @Time() readonly expiresAt: Date;
  @MaybeTime() readonly paidAt: Date | null;
  @Time() readonly createdAt: Date;
  @Time() readonly updatedAt: Date;
}

export class LogEntryDocument {
  @Time() readonly at: Date;
  @Text('payment.succeeded') readonly event: string;
  @Text('gateway:stripe') readonly actor: string;
  @Fields() readonly data: Readonly<Record<string, unknown>>;
}

export class PaymentDocument extends PaymentSummaryDocument implements PaymentView {
  @ApiProperty({ type: [LogEntryDocument] }) readonly log: readonly LogEntryDocument[];
}

export class StatusChangeDocument {
  @One(ORDER_STATUSES) readonly from: OrderStatus;
  @One(ORDER_STATUSES) readonly to: OrderStatus;
  @One(Object.keys(ORDER_MOVES)) readonly move: OrderMove;
  @Text('admin:dev') readonly actor: string;
  @MaybeText() readonly note: string | null;
  @Time() readonly at: Date;
}

export class OrderDocument implements OrderView {
  @Text('A-1001') readonly orderNumber: string;
  @One(ORDER_STATUSES) readonly status: OrderStatus;
  @ApiProperty({ type: MoneyDocument }) readonly total: MoneyDocument;
  @MaybeText() readonly customerId: string | null;
  @ApiProperty({ type: [PaymentSummaryDocument] }) readonly payments: readonly PaymentSummaryDocument[];
  @ApiProperty({ type: [StatusChangeDocument] }) readonly statusHistory: readonly StatusChangeDocument[];
  @ApiProperty({ enum: ORDER_STATUSES, isArray: true, description: 'What `to` may be now.' })
  readonly allowedTransitions: readonly OrderStatus[];
  @Time() readonly createdAt: Date;
  @Time() readonly updatedAt: Date;
}

export class CallbackDocument implements CallbackView {
  @Text() readonly id: string;
  @Text('stripe') readonly gateway: string;
  @Text() readonly eventId: string;
  @Text('succeeded') readonly kind: NoticeKind;
  @MaybeText() readonly paymentNumber: string | null;
  @One(OUTCOMES) readonly outcome: Outcome;
  @ApiProperty({ type: 'integer' }) readonly deliveries: number;
  @Time() readonly receivedAt: Date;
  @MaybeTime() readonly settledAt: Date | null;
}

export class CallbackDetailDocument extends CallbackDocument implements Partial<CallbackDetail> {
  @ApiPropertyOptional({
    type: 'object',
    nullable: true,
    additionalProperties: { type: 'string' },
    description: 'For operators. Null once it is no longer kept.',
  })
  readonly headers?: Readonly<Record<string, string>> | null;
  @ApiPropertyOptional({
    type: String,
    nullable: true,
    format: 'byte',
    description: 'The bytes as they came. For operators. Null once they are no longer kept.',
  })
  readonly bodyBase64?: string | null;
}

export class DiscrepancyDocument implements DiscrepancyView {
  @Text() readonly id: string;
  @One(DISCREPANCY_KINDS) readonly kind: DiscrepancyView['kind'];
  @One(['open', 'resolved']) readonly status: 'open' | 'resolved';
  @Text('stripe') readonly gateway: string;
  @MaybeText() readonly paymentNumber: string | null;
  @MaybeText() readonly orderNumber: string | null;
  @MaybeText() readonly transactionId: string | null;
  @MaybeText() readonly callbackId: string | null;
  @Fields() readonly details: Readonly<Record<string, unknown>>;
  @Time() readonly openedAt: Date;
  @MaybeTime() readonly resolvedAt: Date | null;
  @ApiProperty({ enum: RESOLUTIONS, nullable: true }) readonly resolution: Resolution | null;
  @MaybeText() readonly resolvedBy: string | null;
  @MaybeText() readonly reference: string | null;
  @ApiProperty({
    type: String,
    nullable: true,
    description: 'What an acceptance came to, as an outcome, or why the case has closed by itself.',
  })
  readonly reason: string | null;
}

export class RejectionDocument implements RejectionView {
  @Text('stripe') readonly gateway: string;
  @Text('signature_mismatch') readonly reason: string;
  @Time() readonly receivedAt: Date;
  @Text('203.0.113.7') readonly remoteAddress: string;
}

export class FieldFaultDocument {
  @Text('total') readonly field: string;
  @Text('amount must be greater than zero') readonly message: string;
}

export class ProblemDocument {
  @Text('about:blank') readonly type: string;
  @Text('Unprocessable Entity') readonly title: string;
  @ApiProperty({ type: 'integer', example: 422 }) readonly status: number;
  @Text() readonly detail: string;
  @ApiPropertyOptional({ type: String, description: 'Stable, for programs.', example: 'number_taken' })
  readonly code?: string;
  @ApiPropertyOptional({ type: [FieldFaultDocument] }) readonly errors?: readonly FieldFaultDocument[];
  @ApiPropertyOptional({ type: [String], description: 'With a refused transition.' })
  readonly allowedTransitions?: readonly string[];
}
