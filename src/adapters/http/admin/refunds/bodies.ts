import { ApiPropertyOptional } from '@nestjs/swagger';
import { IsOptional } from 'class-validator';
import { REFUND_STATUSES } from '../../../../domain/refunds/refund.js';
import { BUSINESS_NUMBER, IsBusinessNumber, IsText, OneOf } from '../../server/field-validators.js';
import { TimedListQuery } from '../../server/pagination.js';

export class RefundsQuery extends TimedListQuery {
  @ApiPropertyOptional({ enum: REFUND_STATUSES })
  @IsOptional()
  @OneOf(REFUND_STATUSES)
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
}
