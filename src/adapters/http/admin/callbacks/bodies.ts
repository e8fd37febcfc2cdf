import { ApiPropertyOptional } from '@nestjs/swagger';
import { IsOptional } from 'class-validator';
import { OUTCOMES } from '../../../../domain/callbacks/outcome.js';
import { BUSINESS_NUMBER, IsBusinessNumber, IsText, OneOf } from '../../server/field-validators.js';
import { TimedListQuery } from '../../server/pagination.js';

export class CallbacksQuery extends TimedListQuery {
  @ApiPropertyOptional({ maxLength: 64 })
  @IsOptional()
  @IsText(64)
  readonly gateway?: string;

  @ApiPropertyOptional({ enum: OUTCOMES })
  @IsOptional()
  @OneOf(OUTCOMES)
  readonly outcome?: string;

  @ApiPropertyOptional({ pattern: BUSINESS_NUMBER.source })
  @IsOptional()
  @IsBusinessNumber()
  readonly paymentNumber?: string;

  @ApiPropertyOptional({
    pattern: BUSINESS_NUMBER.source,
    description: 'Only callbacks that name a payment of this order.',
  })
  @IsOptional()
  @IsBusinessNumber()
  readonly orderNumber?: string;

  @ApiPropertyOptional({
    maxLength: 128,
    description:
      'The id of a transaction of any gateway: only callbacks that name it. Found are those about the payment that it settled, and those ' +
      'about cases that name it.',
  })
  @IsOptional()
  @IsText(128)
  readonly transactionId?: string;

  @ApiPropertyOptional({ maxLength: 300, description: 'The id of the event at any gateway.' })
  @IsOptional()
  @IsText(300)
  readonly eventId?: string;
}
