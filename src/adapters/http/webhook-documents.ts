import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import { ArrayMaxSize, ArrayMinSize, IsArray, IsIn, IsOptional } from 'class-validator';
import { DELIVERY_STATUSES, type DeliveryView, type EndpointView } from '../../application/outbox.js';
import { PUBLISHED_TYPES, type PublishedType } from '../../domain/published-event.js';
import { IsText } from './bodies.js';

const Time = () => ApiProperty({ type: String, format: 'date-time' });
const MaybeTime = (description?: string) =>
  ApiProperty({ type: String, format: 'date-time', nullable: true, description });
const MaybeText = (description?: string) => ApiProperty({ type: String, nullable: true, description });
const Count = (description?: string) => ApiProperty({ type: 'integer', description });

export class EndpointBody {
  @ApiProperty({
    type: String,
    format: 'uri',
    maxLength: 2048,
    example: 'https://shop.example/hooks/quittance',
    description:
      'https, and no private, loopback or reserved address, unless this installation allows both. Redirects are not followed.',
  })
  @IsText(2048)
  readonly url: string;

  @ApiPropertyOptional({
    enum: PUBLISHED_TYPES,
    isArray: true,
    nullable: true,
    description: 'The types to send; all where absent.',
  })
  @IsOptional()
  @IsArray({ message: 'must be a list' })
  @ArrayMinSize(1, { message: 'must name at least one type' })
  @ArrayMaxSize(PUBLISHED_TYPES.length, { message: 'must name each type once' })
  @IsIn(PUBLISHED_TYPES, { each: true, message: `must hold only ${PUBLISHED_TYPES.join(', ')}` })
  readonly events?: readonly PublishedType[] | null;
}

export class EndpointDocument implements EndpointView {
  @ApiProperty({ type: String }) readonly id: string;
  @ApiProperty({ type: String, format: 'uri' }) readonly url: string;
  @ApiProperty({ enum: PUBLISHED_TYPES, isArray: true, nullable: true, description: 'Null for all.' })
  readonly events: readonly PublishedType[] | null;
  @ApiProperty({
    enum: ['active', 'paused'],
    description: 'A paused endpoint goes on gathering events and gets them when it is resumed.',
  })
  readonly status: 'active' | 'paused';
  @MaybeText() readonly pausedBecause: string | null;
  @MaybeTime() readonly pausedAt: Date | null;
  @Count('Failed attempts since one last succeeded.') readonly failures: number;
  @MaybeTime() readonly failingSince: Date | null;
  @MaybeTime('Until then each request carries a signature by the secret before as well.')
  readonly oldSecretUntil: Date | null;
  @Time() readonly createdAt: Date;
}

export class EndpointWithSecretDocument extends EndpointDocument {
  @ApiProperty({
    type: String,
    example: 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSwMfKQ9r8GKYo=',
    description:
      'Shown here and never again: `whsec_` and 32 random bytes in base64. The service keeps it as it is, because signing needs it.',
  })
  readonly secret: string;
}

export class DeliveryDocument implements DeliveryView {
  @ApiProperty({ type: String, example: 'evt_1042' }) readonly eventId: string;
  @ApiProperty({ enum: PUBLISHED_TYPES }) readonly type: PublishedType;
  @MaybeText() readonly orderNumber: string | null;
  @ApiProperty({ enum: DELIVERY_STATUSES }) readonly status: DeliveryView['status'];
  @Count() readonly attempts: number;
  @MaybeTime() readonly lastAttemptAt: Date | null;
  @ApiProperty({
    type: 'integer',
    nullable: true,
    description: 'The HTTP status of the last answer; null where there was none.',
  })
  readonly lastStatus: number | null;
  @MaybeText() readonly lastError: string | null;
  @MaybeTime('When it is due; while it is sending, when another process may take it over.')
  readonly nextAttemptAt: Date | null;
  @MaybeTime() readonly deliveredAt: Date | null;
}
