import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import type {
  LogEntry,
  PaymentSummary,
  PaymentView,
} from '../../../../application/payments/payment-queries.js';
import type { TimelineItem } from '../../../../application/payments/timeline.js';
import type { EndedBy } from '../../../../domain/cases/ended-by.js';
import { PAYMENT_STATUSES, type PaymentStatus } from '../../../../domain/payments/payment.js';
import {
  Enum,
  JsonObject,
  MoneyDocument,
  NullableText,
  NullableTime,
  Text,
  Time,
} from '../../server/openapi-fields.js';
import { EndedByDocument } from '../cases/views.js';
import { DisputeDocument } from '../disputes/views.js';
import { RefundDocument } from '../refunds/views.js';
import type { TimelineView } from './timeline-cursor.js';

export class PaymentSummaryDocument implements PaymentSummary {
  @Text() readonly paymentNumber: string;
  @Text('A-1001') readonly orderNumber: string;
  @Text('stripe') readonly gateway: string;
  @ApiProperty({ type: MoneyDocument }) readonly amount: MoneyDocument;
  @Enum(PAYMENT_STATUSES) readonly status: PaymentStatus;
  @NullableText() readonly transactionId: string | null;
  @Time() readonly expiresAt: Date;
  @NullableTime() readonly paidAt: Date | null;
  @Time() readonly createdAt: Date;
  @Time() readonly updatedAt: Date;
}

export class LogEntryDocument implements LogEntry {
  @Time() readonly at: Date;
  @Text('payment.succeeded') readonly event: string;
  @Text('gateway:stripe') readonly actor: string;
  @JsonObject() readonly data: Readonly<Record<string, unknown>>;
}

export class PaymentDocument extends PaymentSummaryDocument implements PaymentView {
  @ApiProperty({ type: [DisputeDocument], description: 'The newest 20, newest first.' })
  readonly disputes: readonly DisputeDocument[];
  @ApiProperty({ type: MoneyDocument, description: 'What refunds that succeeded come to.' })
  readonly refunded: MoneyDocument;
  @ApiProperty({
    type: MoneyDocument,
    description: 'What can still be refunded. Zero before the payment has succeeded.',
  })
  readonly refundable: MoneyDocument;
  @ApiProperty({
    type: [RefundDocument],
    description: 'The newest 20 refunds that name the payment, newest first.',
  })
  readonly refunds: readonly RefundDocument[];
  @ApiProperty({ type: [LogEntryDocument], description: 'The newest 100 entries, oldest first.' })
  readonly log: readonly LogEntryDocument[];
}

const Optional = (description: string) => ApiPropertyOptional({ type: String, nullable: true, description });

/** The fields of all kinds. Each item has those of its kind. */
export class TimelineItemDocument {
  @Time() readonly at: Date;
  @Enum(['callback', 'event', 'discrepancy', 'note', 'delivery'] satisfies TimelineItem['kind'][])
  readonly kind: TimelineItem['kind'];
  @Text() readonly id: string;
  @Optional('Event or delivery: the type of the event. Discrepancy: `opened` or `resolved`.')
  readonly type?: string;
  @Optional('Event, discrepancy or note: who caused it.') readonly actor?: string | null;
  @Optional('Callback: its gateway.') readonly gateway?: string;
  @Optional("Callback: the gateway's id of the event. Delivery: the id that the subscriber receives.")
  readonly eventId?: string;
  @Optional('Callback: what it reports.') readonly noticeKind?: string;
  @Optional('Callback: its current outcome.') readonly outcome?: string;
  @ApiPropertyOptional({ type: 'integer', description: 'Callback: how often it was received.' })
  readonly deliveries?: number;
  @Optional('Callback: when its outcome was decided.') readonly settledAt?: Date | null;
  @Optional('Event or discrepancy: the callback that caused it.') readonly callbackId?: string | null;
  @ApiPropertyOptional({ type: 'object', additionalProperties: true, description: 'Event: its data.' })
  readonly data?: Readonly<Record<string, unknown>>;
  @Optional('Discrepancy: its kind.') readonly discrepancyKind?: string;
  @Optional('Discrepancy: how an operator ended it.') readonly resolution?: string | null;
  @Optional('Discrepancy: the outcome of an acceptance or an attachment, or why it closed by itself.')
  readonly reason?: string | null;
  @ApiPropertyOptional({
    type: EndedByDocument,
    nullable: true,
    description: 'Discrepancy: what has ended it.',
  })
  readonly endedBy?: EndedBy | null;
  @Optional('Note: the discrepancy that it was added to.') readonly discrepancyId?: string;
  @Optional('Note: its text.') readonly note?: string;
  @Optional('Delivery: the id of the endpoint, or `nats`.') readonly subscriber?: string;
  @Optional('Delivery: its status.') readonly status?: string;
  @ApiPropertyOptional({ type: 'integer', description: 'Delivery: the number of attempts.' })
  readonly attempts?: number;
  @Optional('Delivery: when the subscriber accepted it.') readonly deliveredAt?: Date | null;
}

export class TimelineDocument implements TimelineView {
  @ApiProperty({ type: [TimelineItemDocument], description: 'The items of this page, oldest first.' })
  readonly items: readonly TimelineItem[];
  @NullableText('The `cursor` of the next page, which has older items; null on the last page.')
  readonly nextCursor: string | null;
  @ApiProperty({ type: Boolean, description: 'True if there are older items on the next page.' })
  readonly truncated: boolean;
}
