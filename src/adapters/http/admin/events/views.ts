import { ApiProperty } from '@nestjs/swagger';
import {
  DELIVERY_STATUSES,
  type DeliveryView,
  type EndpointView,
} from '../../../../application/events/delivery-queries.js';
import { PUBLISHED_TYPES, type PublishedType } from '../../../../domain/events/published-event.js';
import { Count, Enum, NullableText, NullableTime, Text, Time } from '../../server/openapi-fields.js';

export class EndpointDocument implements EndpointView {
  @Text() readonly id: string;
  @ApiProperty({ type: String, format: 'uri' }) readonly url: string;
  @ApiProperty({
    enum: PUBLISHED_TYPES,
    isArray: true,
    nullable: true,
    description: 'The types of events that are sent. Null for all types.',
  })
  readonly events: readonly PublishedType[] | null;
  @Enum(['active', 'paused'], 'Events for a paused endpoint are stored, and are sent when it is resumed.')
  readonly status: 'active' | 'paused';
  @NullableText() readonly pausedBecause: string | null;
  @NullableTime() readonly pausedAt: Date | null;
  @Count('Failed attempts since the last one that succeeded.') readonly failures: number;
  @NullableTime() readonly failingSince: Date | null;
  @NullableTime('Until then requests are signed with the previous secret as well.')
  readonly oldSecretUntil: Date | null;
  @Time() readonly createdAt: Date;
}

export class EndpointWithSecretDocument extends EndpointDocument {
  @ApiProperty({
    type: String,
    example: 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSwMfKQ9r8GKYo=',
    description:
      'Shown only in this answer: `whsec_` and 32 random bytes in base64. The service stores it ' +
      'unencrypted, because signing needs it.',
  })
  readonly secret: string;
}

export class DeliveryDocument implements DeliveryView {
  @Text('evt_1042') readonly eventId: string;
  @Enum(PUBLISHED_TYPES) readonly type: PublishedType;
  @NullableText() readonly orderNumber: string | null;
  @Enum(DELIVERY_STATUSES) readonly status: DeliveryView['status'];
  @Count() readonly attempts: number;
  @NullableTime() readonly lastAttemptAt: Date | null;
  @ApiProperty({
    type: 'integer',
    nullable: true,
    description: 'The HTTP status of the last answer; null if there was no answer.',
  })
  readonly lastStatus: number | null;
  @NullableText() readonly lastError: string | null;
  @NullableTime('When the next attempt is due. For `sending`: when another process may take over.')
  readonly nextAttemptAt: Date | null;
  @NullableTime() readonly deliveredAt: Date | null;
}
