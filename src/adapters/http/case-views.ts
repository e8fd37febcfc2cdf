import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import type { CallbackExplanation } from '../../application/explain-callback.js';
import type { DiscrepancyDetail, NoteView } from '../../application/queries.js';
import type { Replayed } from '../../application/replay-callback.js';
import type { Timeline, TimelineItem } from '../../application/timeline.js';
import type { Check } from '../../domain/explanation.js';
import { OUTCOMES, type Outcome } from '../../domain/notice.js';
import { DiscrepancyDocument, MaybeText, One, Text, Time } from './views.js';

export class NoteDocument implements NoteView {
  @Time() readonly at: Date;
  @Text('admin:dev') readonly actor: string;
  @Text() readonly note: string;
}

export class DiscrepancyDetailDocument extends DiscrepancyDocument implements DiscrepancyDetail {
  @MaybeText() readonly note: string | null;
  @ApiProperty({ type: [NoteDocument] }) readonly notes: readonly NoteDocument[];
}

export class ReplayDocument implements Replayed {
  @Text() readonly callbackId: string;
  @One(OUTCOMES) readonly storedOutcome: Outcome;
  @One(OUTCOMES) readonly outcome: Outcome;
  @ApiProperty({
    type: Boolean,
    description: 'False where it came to the same, or had come to its end before.',
  })
  readonly changed: boolean;
}

export class CheckDocument implements Check {
  @Text('in_time') readonly name: string;
  @Text('by 2026-11-23T08:30:00.000Z') readonly expected: string;
  @Text('2026-11-23T08:41:12.305Z') readonly actual: string;
  @ApiProperty({ type: Boolean, description: 'The first check that does not hold decides the outcome.' })
  readonly holds: boolean;
}

export class ExplanationDocument implements CallbackExplanation {
  @Text() readonly callbackId: string;
  @ApiProperty({ enum: OUTCOMES, description: 'What was decided when it was decided.' })
  readonly storedOutcome: Outcome;
  @ApiProperty({ enum: OUTCOMES, description: 'What would be decided now.' })
  readonly outcome: Outcome;
  @Time() readonly judgedAt: Date;
  @ApiProperty({ type: [CheckDocument] }) readonly checks: readonly CheckDocument[];
}

const Told = (description: string) => ApiPropertyOptional({ type: String, nullable: true, description });

/** Every kind's fields; each item has those of its kind. */
export class TimelineItemDocument {
  @Time() readonly at: Date;
  @One(['callback', 'event', 'discrepancy', 'note', 'delivery'] satisfies TimelineItem['kind'][])
  readonly kind: TimelineItem['kind'];
  @Text() readonly id: string;
  @Told('Of an event or delivery, its type; of a discrepancy, `opened` or `resolved`.')
  readonly type?: string;
  @Told('Of everything that somebody did.') readonly actor?: string | null;
  @Told('Of a callback.') readonly gateway?: string;
  @Told("Of a callback: the gateway's id. Of a delivery: the id that is sent.") readonly eventId?: string;
  @Told('Of a callback: what it says.') readonly noticeKind?: string;
  @Told('Of a callback: what has become of it by now.') readonly outcome?: string;
  @ApiPropertyOptional({ type: 'integer', description: 'Of a callback.' }) readonly deliveries?: number;
  @Told('Of a callback.') readonly settledAt?: Date | null;
  @Told('Of an event or a discrepancy: the callback that brought it.') readonly callbackId?: string | null;
  @ApiPropertyOptional({ type: 'object', additionalProperties: true, description: 'Of an event.' })
  readonly data?: Readonly<Record<string, unknown>>;
  @Told('Of a discrepancy.') readonly discrepancyKind?: string;
  @Told('Of a discrepancy.') readonly resolution?: string | null;
  @Told('Of a discrepancy.') readonly reason?: string | null;
  @Told('Of a note.') readonly discrepancyId?: string;
  @Told('Of a note.') readonly note?: string;
  @Told('Of a delivery: the id of the endpoint, or `nats`.') readonly subscriber?: string;
  @Told('Of a delivery.') readonly status?: string;
  @ApiPropertyOptional({ type: 'integer', description: 'Of a delivery.' }) readonly attempts?: number;
  @Told('Of a delivery.') readonly deliveredAt?: Date | null;
}

export class TimelineDocument implements Timeline {
  @ApiProperty({ type: [TimelineItemDocument], description: 'Oldest first; the newest thousand.' })
  readonly items: readonly TimelineItem[];
  @ApiProperty({ type: Boolean, description: 'There was more before the first of these.' })
  readonly truncated: boolean;
}
