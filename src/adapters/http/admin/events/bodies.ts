import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import { ArrayMaxSize, ArrayMinSize, IsArray, IsIn, IsOptional } from 'class-validator';
import { PUBLISHED_TYPES, type PublishedType } from '../../../../domain/events/published-event.js';
import { IsText } from '../../server/field-validators.js';

export class EndpointBody {
  @ApiProperty({
    type: String,
    format: 'uri',
    maxLength: 2048,
    example: 'https://shop.example/hooks/quittance',
    description:
      'Must be https, and no private, loopback or reserved address, unless this service is configured to ' +
      'allow both. Redirects are not followed.',
  })
  @IsText(2048)
  readonly url: string;

  @ApiPropertyOptional({
    enum: PUBLISHED_TYPES,
    isArray: true,
    nullable: true,
    description: 'The types of events to send. All types if it is absent.',
  })
  @IsOptional()
  @IsArray({ message: 'must be a list' })
  @ArrayMinSize(1, { message: 'must contain at least one type' })
  @ArrayMaxSize(PUBLISHED_TYPES.length, { message: 'must contain each type once' })
  @IsIn(PUBLISHED_TYPES, { each: true, message: `must contain only ${PUBLISHED_TYPES.join(', ')}` })
  readonly events?: readonly PublishedType[] | null;
}
