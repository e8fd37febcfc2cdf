import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import type { CallbackDetail, CallbackView } from '../../../../application/callbacks/callback-queries.js';
import type { CallbackExplanation } from '../../../../application/callbacks/explain-callback.js';
import type { Rejection } from '../../../../application/callbacks/rejection-repository.js';
import type { Replayed } from '../../../../application/callbacks/replay-callback.js';
import type { NotificationKind } from '../../../../domain/callbacks/notification.js';
import { OUTCOMES, type Outcome } from '../../../../domain/callbacks/outcome.js';
import type { Check } from '../../../../domain/settlement/explanation.js';
import { Count, Enum, NullableText, NullableTime, Text, Time } from '../../server/openapi-fields.js';

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

export class CallbackDetailDocument extends CallbackDocument implements Partial<CallbackDetail> {
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
