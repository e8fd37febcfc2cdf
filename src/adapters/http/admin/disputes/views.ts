import { ApiProperty } from '@nestjs/swagger';
import type {
  DisputeDetail,
  DisputeLogEntry,
  DisputeView,
} from '../../../../application/disputes/dispute-queries.js';
import { DISPUTE_STATUSES } from '../../../../domain/callbacks/notification.js';
import {
  Enum,
  JsonObject,
  MoneyDocument,
  NullableMoney,
  NullableText,
  NullableTime,
  Text,
  Time,
} from '../../server/openapi-fields.js';

export class DisputeDocument implements DisputeView {
  @Text('17') readonly id: string;
  @Text('stripe') readonly gateway: string;
  @ApiProperty({ type: String, description: "The gateway's id of the dispute.", example: 'du_1Test' })
  readonly disputeId: string;
  @NullableText('Null as long as the money that it is about is not known.')
  readonly paymentNumber: string | null;
  @NullableText() readonly orderNumber: string | null;
  @Text('pi_1Test') readonly transactionId: string;
  @NullableMoney('What is disputed; null if no report has named it.') readonly amount: MoneyDocument | null;
  @NullableText("In the gateway's words.") readonly reason: string | null;
  @Enum(DISPUTE_STATUSES) readonly status: DisputeView['status'];
  @NullableTime('Until when the shop can answer.') readonly dueBy: Date | null;
  @ApiProperty({ type: Boolean, description: 'The gateway holds the money now.' })
  readonly moneyTaken: boolean;
  @Time() readonly openedAt: Date;
  @NullableTime() readonly closedAt: Date | null;
}

export class DisputeLogEntryDocument implements DisputeLogEntry {
  @Time() readonly at: Date;
  @Text('dispute.updated') readonly event: string;
  @Text('gateway:stripe') readonly actor: string;
  @JsonObject() readonly data: Readonly<Record<string, unknown>>;
}

export class DisputeDetailDocument extends DisputeDocument implements DisputeDetail {
  @ApiProperty({ type: [DisputeLogEntryDocument], description: 'The newest 100 entries, oldest first.' })
  readonly log: readonly DisputeLogEntryDocument[];
}
