import { applyDecorators } from '@nestjs/common';
import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import { ArrayMaxSize, ArrayMinSize, IsArray, IsIn, IsOptional, Matches, ValidateIf } from 'class-validator';
import type { HeaderValues } from '../../../../application/events/subscriber-repository.js';
import { PUBLISHED_TYPES, type PublishedType } from '../../../../domain/events/published-event.js';
import { IsText, IsTime } from '../../server/field-validators.js';
import { IsEndpointHeaders } from './endpoint-headers.js';

const URL_FIELD = {
  type: String,
  format: 'uri',
  maxLength: 2048,
  example: 'https://shop.example/hooks/quittance',
  description:
    'Must be https, and no private, loopback or reserved address, unless this service is configured to ' +
    'allow both. Redirects are not followed. It is stored in its normal form: `https://SHOP.example:443` becomes `https://shop.example/`.',
};

const IsEventTypes = (description: string) =>
  applyDecorators(
    ApiPropertyOptional({ enum: PUBLISHED_TYPES, isArray: true, nullable: true, description }),
    IsOptional(),
    IsArray({ message: 'must be a list' }),
    ArrayMinSize(1, { message: 'must contain at least one type' }),
    ArrayMaxSize(PUBLISHED_TYPES.length, { message: 'must contain each type once' }),
    IsIn(PUBLISHED_TYPES, { each: true, message: `must contain only ${PUBLISHED_TYPES.join(', ')}` }),
  );

const IsHeaders = (description: string) =>
  applyDecorators(
    ApiPropertyOptional({
      type: 'object',
      additionalProperties: { type: 'string', minLength: 1, maxLength: 2048 },
      maxProperties: 10,
      nullable: true,
      writeOnly: true,
      example: { 'X-Shop-Token': 'a-long-random-text' },
      description: `${description} At most 10. Values are visible ASCII, and no answer shows them. \`host\`, \`content-*\`, \`webhook-*\` and the headers of the connection are refused.`,
    }),
    IsOptional(),
    IsEndpointHeaders(),
  );

export class EndpointBody {
  @ApiProperty(URL_FIELD)
  @IsText(2048)
  readonly url: string;

  @IsEventTypes('The types of events to send. All types if it is absent.')
  readonly events?: readonly PublishedType[] | null;

  @IsHeaders('Headers that are sent with each delivery.')
  readonly headers?: HeaderValues | null;
}

/** Fields that are absent stay as they are. */
export class EndpointChangeBody {
  @ApiPropertyOptional(URL_FIELD)
  @ValidateIf((_, url) => url !== undefined)
  @IsText(2048)
  readonly url?: string;

  @IsEventTypes('The types of events to send from now on. Null for all types.')
  readonly events?: readonly PublishedType[] | null;

  @IsHeaders('They replace all headers of the endpoint. Null or an empty object removes them.')
  readonly headers?: HeaderValues | null;
}

const IsReplayTime = (description: string) =>
  applyDecorators(
    ApiProperty({ type: String, format: 'date-time', example: '2026-11-26T08:00:00Z', description }),
    IsTime(),
  );

export class ReplayBody {
  @IsReplayTime('Events that happened at this time or later. ISO 8601 with its offset.')
  readonly from: string;

  @IsReplayTime(
    'Events that happened before this time, at most 31 days after `from`. ISO 8601 with its offset.',
  )
  readonly to: string;

  @ApiPropertyOptional({
    type: String,
    nullable: true,
    description: 'The `nextCursor` of the answer to the same request, if it was not null.',
  })
  @IsOptional()
  @Matches(/^evt_[1-9]\d{0,17}$/, { message: 'must be the nextCursor of a replay' })
  readonly cursor?: string | null;
}
