import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import { IsOptional } from 'class-validator';
import { RESOLUTIONS, type Resolution } from '../../../../domain/cases/endings.js';
import { CASE_KINDS } from '../../../../domain/cases/kinds.js';
import { BUSINESS_NUMBER, IsBusinessNumber, IsText, OneOf } from '../../server/field-validators.js';
import { TimedListQuery } from '../../server/pagination.js';

export class DiscrepanciesQuery extends TimedListQuery {
  @ApiPropertyOptional({ enum: ['open', 'resolved'] })
  @IsOptional()
  @OneOf(['open', 'resolved'])
  readonly status?: string;

  @ApiPropertyOptional({ enum: CASE_KINDS })
  @IsOptional()
  @OneOf(CASE_KINDS)
  readonly kind?: string;

  @ApiPropertyOptional({ pattern: BUSINESS_NUMBER.source })
  @IsOptional()
  @IsBusinessNumber()
  readonly paymentNumber?: string;

  @ApiPropertyOptional({ pattern: BUSINESS_NUMBER.source })
  @IsOptional()
  @IsBusinessNumber()
  readonly orderNumber?: string;

  @ApiPropertyOptional({
    maxLength: 128,
    description: 'The id of a transaction of any gateway.',
  })
  @IsOptional()
  @IsText(128)
  readonly transactionId?: string;
}

export class ResolutionBody {
  @ApiProperty({
    enum: RESOLUTIONS,
    description:
      '`accept` takes the money: only for `paid_late` and `amount_mismatched`, and only in the currency ' +
      'that is due. `refunded_elsewhere`: the money was refunded by another way. `dismiss`: nothing needs ' +
      'to be done.',
  })
  @OneOf(RESOLUTIONS)
  readonly resolution: Resolution;

  @ApiProperty({
    maxLength: 1000,
    description: 'The reason. It is stored with the case and is never sent in an event.',
  })
  @IsText(1000)
  readonly note: string;

  @ApiPropertyOptional({
    type: String,
    nullable: true,
    maxLength: 255,
    description:
      'Where the refund can be found, for example its id at the gateway. Required for ' +
      '`refunded_elsewhere`. It is sent in an event, so it must not contain personal data.',
  })
  @IsOptional()
  @IsText(255)
  readonly reference?: string | null;
}

export class NoteBody {
  @ApiProperty({ maxLength: 1000 })
  @IsText(1000)
  readonly note: string;
}
