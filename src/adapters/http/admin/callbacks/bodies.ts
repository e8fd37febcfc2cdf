import { ApiPropertyOptional } from '@nestjs/swagger';
import { IsOptional } from 'class-validator';
import { OUTCOMES } from '../../../../domain/callbacks/outcome.js';
import { BUSINESS_NUMBER, IsBusinessNumber, IsText, OneOf } from '../../server/field-validators.js';
import { ListQuery } from '../../server/pagination.js';

export class CallbacksQuery extends ListQuery {
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
}
