import { ApiProperty } from '@nestjs/swagger';
import {
  DELIVERY_STATUSES,
  ENDPOINT_STATUSES,
  type DeliveryView,
  type EndpointStatus,
  type EndpointView,
} from '../../../../application/events/delivery-queries.js';
import type { TestAttempt } from '../../../../application/events/test-endpoint.js';
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
  @ApiProperty({
    type: String,
    isArray: true,
    description: 'The names of the headers that are sent with each delivery. Their values are never shown.',
  })
  readonly headers: readonly string[];
  @Enum(
    ENDPOINT_STATUSES,
    'Events for a paused endpoint are stored, and are sent when it is resumed. After 7 days it is disabled: what waits ' +
      'is dropped, and nothing is stored for it until it is resumed.',
  )
  readonly status: EndpointStatus;
  @NullableText() readonly pausedBecause: string | null;
  @NullableTime() readonly pausedAt: Date | null;
  @Count('Failed attempts since the last one that succeeded.') readonly failures: number;
  @NullableTime() readonly failingSince: Date | null;
  @NullableTime('The receiver has answered with Retry-After: nothing is sent before this time.')
  readonly heldUntil: Date | null;
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

export class TestAttemptDocument implements TestAttempt {
  @ApiProperty({
    type: String,
    example: 'evt_test_0f5c2c2a9d3b4b1f8e6a7c9d0e1f2a3b',
    description: 'The `webhook-id` of the request.',
  })
  readonly eventId: string;
  @Time() readonly sentAt: Date;
  @Count('Milliseconds until the answer, or until the attempt failed.') readonly durationMs: number;
  @ApiProperty({ type: Boolean, description: 'Whether the answer was 2xx.' }) readonly delivered: boolean;
  @ApiProperty({
    type: 'integer',
    nullable: true,
    description: 'The HTTP status of the answer; null if there was no answer.',
  })
  readonly status: number | null;
  @NullableText() readonly error: string | null;
}

export class ReplayedEventsDocument {
  @Count('Deliveries that are due now. What waited already is not counted.') readonly queued: number;
  @NullableText(
    'Null if the whole range is queued. A very large replay stops after about 100000 deliveries or 15 seconds: send the ' +
      'same request with this text as `cursor`, until it is null.',
  )
  readonly nextCursor: string | null;
}
