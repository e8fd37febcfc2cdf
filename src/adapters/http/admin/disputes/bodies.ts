import { ApiPropertyOptional } from '@nestjs/swagger';
import { IsOptional } from 'class-validator';
import { DISPUTE_STATUSES } from '../../../../domain/callbacks/notification.js';
import { BUSINESS_NUMBER, IsBusinessNumber, IsText, OneOf } from '../../server/field-validators.js';
import { TimedListQuery } from '../../server/pagination.js';

export class DisputesQuery extends TimedListQuery {
  @ApiPropertyOptional({ enum: DISPUTE_STATUSES })
  @IsOptional()
  @OneOf(DISPUTE_STATUSES)
  readonly status?: string;

  @ApiPropertyOptional({ maxLength: 64 })
  @IsOptional()
  @IsText(64)
  readonly gateway?: string;

  @ApiPropertyOptional({ pattern: BUSINESS_NUMBER.source })
  @IsOptional()
  @IsBusinessNumber()
  readonly paymentNumber?: string;

  @ApiPropertyOptional({ maxLength: 128, description: 'The id of a transaction of any gateway.' })
  @IsOptional()
  @IsText(128)
  readonly transactionId?: string;

  @ApiPropertyOptional({ maxLength: 128, description: "The gateway's id of a dispute." })
  @IsOptional()
  @IsText(128)
  readonly disputeId?: string;
}
