import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import type {
  CallbackDetail,
  CallbackView,
  ReportView,
} from '../../../../application/callbacks/callback-queries.js';
import type { CallbackExplanation } from '../../../../application/callbacks/explain-callback.js';
import type { Rejection } from '../../../../application/callbacks/rejection-repository.js';
import type { Replayed } from '../../../../application/callbacks/replay-callback.js';
import {
  DISPUTE_STATUSES,
  REFUND_REPORT_STATUSES,
  type DisputeReport,
  type DisputeStatus,
  type NotificationKind,
  type RefundReport,
  type RefundReportStatus,
} from '../../../../domain/callbacks/notification.js';
import { OUTCOMES, type Outcome } from '../../../../domain/callbacks/outcome.js';
import type { Check } from '../../../../domain/settlement/explanation.js';
import {
  Count,
  Enum,
  MoneyDocument,
  NullableMoney,
  NullableText,
  NullableTime,
  Text,
  Time,
} from '../../server/openapi-fields.js';

export class CallbackDocument implements CallbackView {
  @Text() readonly id: string;
  @Text('stripe') readonly gateway: string;
  @Text() readonly eventId: string;
  @Text('succeeded') readonly kind: NotificationKind;
  @NullableText() readonly paymentNumber: string | null;
  @Enum(OUTCOMES) readonly outcome: Outcome;
  @Count() readonly deliveries: number;
  @Time() readonly receivedAt: Date;
  @NullableTime() readonly settledAt: Date | null;
}

export class RefundFailureDocument {
  @Text('expired_or_canceled_card') readonly code: string;
  @NullableText() readonly message: string | null;
}

export class RefundReportDocument implements ReportView<RefundReport> {
  @NullableText("The merchant's number of the refund.") readonly refundNumber: string | null;
  @NullableText("The gateway's id of the refund.") readonly gatewayRefundId: string | null;
  @NullableMoney('The money of this refund alone.') readonly amount: MoneyDocument | null;
  @Enum(REFUND_REPORT_STATUSES) readonly status: RefundReportStatus;
  @NullableMoney('The sum of all refunds of the transaction so far.')
  readonly cumulative: MoneyDocument | null;
  @NullableMoney('What was paid with the transaction.') readonly paid: MoneyDocument | null;
  @NullableTime("The gateway's time.") readonly at: Date | null;
  @ApiProperty({ type: RefundFailureDocument, nullable: true })
  readonly failure: RefundFailureDocument | null;
}

export class DisputeReportDocument implements ReportView<DisputeReport> {
  @Enum(['dispute', 'fraud_warning'] satisfies DisputeReport['kind'][])
  readonly kind: DisputeReport['kind'];
  @Text() readonly disputeId: string;
  @NullableMoney() readonly amount: MoneyDocument | null;
  @ApiProperty({ enum: DISPUTE_STATUSES, nullable: true, type: String })
  readonly status: DisputeStatus | null;
  @NullableText("In the gateway's words.") readonly reason: string | null;
  @NullableTime('Until when the shop can answer.') readonly dueBy: Date | null;
  @ApiProperty({
    type: Boolean,
    nullable: true,
    description: 'Whether the gateway holds the money of the dispute. Null if the callback does not say.',
  })
  readonly moneyTaken: boolean | null;
  @NullableTime("The gateway's time.") readonly at: Date | null;
}

export class CallbackDetailDocument extends CallbackDocument implements Partial<CallbackDetail> {
  @NullableText("The gateway's id of the money.") readonly transactionId: string | null;
  @NullableMoney('In the currency in which the shop asked for it.') readonly amount: MoneyDocument | null;
  @NullableMoney('What the gateway took from the customer, if it has converted the currency.')
  readonly charged: MoneyDocument | null;
  @ApiProperty({ type: RefundReportDocument, nullable: true, description: 'The refund that it reports.' })
  readonly refund: RefundReportDocument | null;
  @ApiProperty({
    type: DisputeReportDocument,
    nullable: true,
    description: 'The dispute or the fraud warning that it reports.',
  })
  readonly dispute: DisputeReportDocument | null;
  @ApiPropertyOptional({
    type: 'object',
    nullable: true,
    additionalProperties: { type: 'string' },
    description: 'For operators only. Null after they were removed because of their age.',
  })
  readonly headers?: Readonly<Record<string, string>> | null;
  @ApiPropertyOptional({
    type: String,
    nullable: true,
    format: 'byte',
    description:
      'The bytes as they were received. For operators only. Null after they were removed because of their age.',
  })
  readonly bodyBase64?: string | null;
}

export class RejectionDocument implements Rejection {
  @NullableText() readonly gateway: string | null;
  @Text('signature_mismatch') readonly reason: string;
  @NullableText() readonly path: string | null;
  @Time() readonly receivedAt: Date;
  @Text('203.0.113.7') readonly remoteAddress: string;
}

export class ReplayDocument implements Replayed {
  @Text() readonly callbackId: string;
  @Enum(OUTCOMES) readonly storedOutcome: Outcome;
  @Enum(OUTCOMES) readonly outcome: Outcome;
  @ApiProperty({
    type: Boolean,
    description: 'False if the outcome is the same again, or if the stored outcome was final.',
  })
  readonly changed: boolean;
}

export class CheckDocument implements Omit<Check, 'passes'> {
  @Text('in_time') readonly name: string;
  @Text('by 2026-11-23T08:30:00.000Z') readonly expected: string;
  @Text('2026-11-23T08:41:12.305Z') readonly actual: string;
  @ApiProperty({ type: Boolean, description: 'The first check for which this is false decides the outcome.' })
  readonly holds: boolean;
}

export class ExplanationDocument implements Omit<CallbackExplanation, 'checks'> {
  @Text() readonly callbackId: string;
  @Enum(OUTCOMES, 'What was decided at the time.') readonly storedOutcome: Outcome;
  @Enum(OUTCOMES, 'What would be decided now.') readonly outcome: Outcome;
  @Time() readonly judgedAt: Date;
  @ApiProperty({ type: [CheckDocument] }) readonly checks: readonly CheckDocument[];
}
