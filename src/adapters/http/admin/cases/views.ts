import { ApiProperty } from '@nestjs/swagger';
import type { CaseDetail, CaseView, NoteView } from '../../../../application/cases/case-queries.js';
import { RESOLUTIONS, type Resolution } from '../../../../domain/cases/endings.js';
import { CASE_KINDS } from '../../../../domain/cases/kinds.js';
import { Enum, JsonObject, NullableText, NullableTime, Text, Time } from '../../server/openapi-fields.js';

export class DiscrepancyDocument implements CaseView {
  @Text() readonly id: string;
  @Enum(CASE_KINDS) readonly kind: CaseView['kind'];
  @Enum(['open', 'resolved']) readonly status: 'open' | 'resolved';
  @Text('stripe') readonly gateway: string;
  @NullableText() readonly paymentNumber: string | null;
  @NullableText() readonly orderNumber: string | null;
  @NullableText() readonly transactionId: string | null;
  @NullableText() readonly callbackId: string | null;
  @JsonObject() readonly details: Readonly<Record<string, unknown>>;
  @Time() readonly openedAt: Date;
  @NullableTime() readonly resolvedAt: Date | null;
  @ApiProperty({ enum: RESOLUTIONS, nullable: true }) readonly resolution: Resolution | null;
  @NullableText() readonly resolvedBy: string | null;
  @NullableText() readonly reference: string | null;
  @NullableText('The outcome of an acceptance, or why the case closed by itself.')
  readonly reason: string | null;
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
