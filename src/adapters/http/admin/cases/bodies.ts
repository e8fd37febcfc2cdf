import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import { IsOptional, ValidateIf } from 'class-validator';
import { RESOLUTIONS, type Resolution } from '../../../../domain/cases/endings.js';
import { CASE_KINDS } from '../../../../domain/cases/kinds.js';
import type { Amount } from '../../../../domain/money.js';
import { BUSINESS_NUMBER, IsBusinessNumber, IsMoney, IsText, OneOf } from '../../server/field-validators.js';
import { MoneyDocument } from '../../server/openapi-fields.js';
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
      '`accept` takes the money, in the currency that is due only. `attach` gives it to another payment. `refunded_elsewhere`: ' +
      'the money, or a part of it, was refunded by another way. `dismiss`: nothing needs to be done. `refund` is not available ' +
      'yet. `allowedResolutions` of the discrepancy lists those that it allows.',
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

  @ApiPropertyOptional({
    type: String,
    nullable: true,
    pattern: BUSINESS_NUMBER.source,
    description: 'The payment that gets the money. Required for `attach`, and for it only.',
  })
  @IsOptional()
  @IsBusinessNumber()
  readonly paymentNumber?: string | null;

  @ApiPropertyOptional({
    type: MoneyDocument,
    nullable: true,
    description:
      'What was refunded: only for `refunded_elsewhere`, and at most what is left. By default all that is left. After a part the ' +
      'discrepancy stays open for the rest.',
  })
  @IsOptional()
  @IsMoney()
  readonly amount?: Amount | null;
}

export class AssignmentBody {
  @ApiProperty({
    type: String,
    nullable: true,
    maxLength: 64,
    description: 'The name of the token that looks after the discrepancy; null for nobody.',
  })
  @ValidateIf((_, value) => value !== null)
  @IsText(64)
  readonly assignee: string | null;
}

export class NoteBody {
  @ApiProperty({ maxLength: 1000 })
  @IsText(1000)
  readonly note: string;
}
