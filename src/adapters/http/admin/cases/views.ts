import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import type { CaseDetail, CaseView, NoteView } from '../../../../application/cases/case-queries.js';
import { DISPUTE_STATUSES, type DisputeStatus } from '../../../../domain/callbacks/notification.js';
import { OUTCOMES, type Outcome } from '../../../../domain/callbacks/outcome.js';
import { ENDED_BY, type EndedBy } from '../../../../domain/cases/ended-by.js';
import { RESOLUTIONS, type AllowedResolution, type Resolution } from '../../../../domain/cases/endings.js';
import { CASE_KINDS } from '../../../../domain/cases/kinds.js';
import {
  Enum,
  JsonObject,
  MoneyDocument,
  NullableText,
  NullableTime,
  Text,
  Time,
} from '../../server/openapi-fields.js';

export class AllowedResolutionDocument implements AllowedResolution {
  @Enum(RESOLUTIONS) readonly resolution: Resolution;
  @ApiProperty({ type: [String], description: 'The fields that the request must have.' })
  readonly needs: readonly string[];
  @ApiProperty({ type: String, description: 'What happens then, for a person.' })
  readonly consequence: string;
}

export class EndedByDocument {
  @ApiProperty({
    enum: ENDED_BY,
    description:
      '`settlement`: the money has settled a payment. `refunds`: refunds came to its amount. `decision`: an operator dismissed it. ' +
      '`successor`: another discrepancy has the money now. `outcome`: its callback was decided after all. `dispute`: the dispute ' +
      'that it is about was won or withdrawn.',
  })
  readonly by: EndedBy['by'];
  @ApiPropertyOptional({ description: 'Of a `settlement`.' }) readonly paymentNumber?: string;
  @ApiPropertyOptional({ type: String, nullable: true, description: 'Of `refunds`: the last one.' })
  readonly refundNumber?: string | null;
  @ApiPropertyOptional({
    type: String,
    nullable: true,
    description:
      'Of a `successor`. Null if the refund or the dispute of an old report was recorded, or if a release before 0.8.0 has ended the discrepancy.',
  })
  readonly discrepancyId?: string | null;
  @ApiPropertyOptional({ enum: OUTCOMES, description: 'Of an `outcome`.' }) readonly outcome?: Outcome;
  @ApiPropertyOptional({ description: "Of a `dispute`: the gateway's id." }) readonly disputeId?: string;
  @ApiPropertyOptional({ enum: DISPUTE_STATUSES, description: 'Of a `dispute`.' })
  readonly status?: DisputeStatus;
}

export class DiscrepancyDocument implements CaseView {
  @Text() readonly id: string;
  @Enum(CASE_KINDS) readonly kind: CaseView['kind'];
  @Enum(['open', 'resolved']) readonly status: 'open' | 'resolved';
  @Text('stripe') readonly gateway: string;
  @NullableText() readonly paymentNumber: string | null;
  @NullableText() readonly orderNumber: string | null;
  @NullableText() readonly transactionId: string | null;
  @NullableText() readonly callbackId: string | null;
  @ApiProperty({
    type: MoneyDocument,
    nullable: true,
    description:
      'The money that came, the smallest amount if it came with several; null if no notification has named any.',
  })
  readonly amount: MoneyDocument | null;
  @ApiProperty({
    type: MoneyDocument,
    nullable: true,
    description:
      'What has gone back of the money that the discrepancy owns, or what was recorded for the refund that has failed; null if nothing was.',
  })
  readonly refunded: MoneyDocument | null;
  @NullableText('The newest refund that was made for it, or the refund that it is about.')
  readonly refundNumber: string | null;
  @NullableTime() readonly dueBy: Date | null;
  @NullableText('Who looks after it: the name of a token.') readonly assignee: string | null;
  @ApiProperty({
    type: [AllowedResolutionDocument],
    description: 'How an operator may end it. Empty if it has ended.',
  })
  readonly allowedResolutions: readonly AllowedResolutionDocument[];
  @JsonObject() readonly details: Readonly<Record<string, unknown>>;
  @Time() readonly openedAt: Date;
  @NullableTime() readonly resolvedAt: Date | null;
  @ApiProperty({ enum: RESOLUTIONS, nullable: true }) readonly resolution: Resolution | null;
  @NullableText() readonly resolvedBy: string | null;
  @NullableText() readonly reference: string | null;
  @NullableText('The outcome of an acceptance or an attachment, or why the case closed by itself.')
  readonly reason: string | null;
  @ApiProperty({ type: EndedByDocument, nullable: true, description: 'Null while it is open.' })
  readonly endedBy: EndedBy | null;
}

export class NoteDocument implements NoteView {
  @Time() readonly at: Date;
  @Text('admin:dev') readonly actor: string;
  @Text() readonly note: string;
}

export class DiscrepancyDetailDocument extends DiscrepancyDocument implements CaseDetail {
  @NullableText() readonly note: string | null;
  @ApiProperty({ type: [NoteDocument] }) readonly notes: readonly NoteDocument[];
}
