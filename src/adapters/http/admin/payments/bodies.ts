import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import { IsIn, IsOptional } from 'class-validator';
import type { Amount } from '../../../../domain/money.js';
import { PAYMENT_STATUSES, type PaymentStatus } from '../../../../domain/payments/payment.js';
import {
  BUSINESS_NUMBER,
  IsBusinessNumber,
  IsMoney,
  IsText,
  IsWholeNumber,
  OneOf,
} from '../../server/field-validators.js';
import { MoneyDocument } from '../../server/openapi-fields.js';
import { IsCursor, IsLimit, TimedListQuery } from '../../server/pagination.js';

export class PaymentsQuery extends TimedListQuery {
  @ApiPropertyOptional({ enum: PAYMENT_STATUSES })
  @IsOptional()
  @OneOf(PAYMENT_STATUSES)
  readonly status?: string;

  @ApiPropertyOptional({ maxLength: 64 })
  @IsOptional()
  @IsText(64)
  readonly gateway?: string;

  @ApiPropertyOptional({ pattern: BUSINESS_NUMBER.source })
  @IsOptional()
  @IsBusinessNumber()
  readonly orderNumber?: string;

  @ApiPropertyOptional({
    maxLength: 128,
    description: 'The id of a transaction of any gateway: only the payment that it settled.',
  })
  @IsOptional()
  @IsText(128)
  readonly transactionId?: string;
}

export class TimelineQuery {
  @IsLimit(200)
  readonly limit: number = 200;

  @IsCursor(256)
  readonly cursor?: string;
}

const YEAR_SECONDS = 31_536_000;

/** The payment that is opened with its order. Its amount is the order's total. */
export class OrderPaymentBody {
  @ApiProperty({
    description: 'A gateway that this service is configured for.',
    example: 'stripe',
    maxLength: 64,
  })
  @IsText(64)
  readonly gateway: string;

  @ApiPropertyOptional({ type: 'integer', nullable: true, minimum: 1, maximum: YEAR_SECONDS })
  @IsOptional()
  @IsWholeNumber(1, YEAR_SECONDS)
  readonly expiresInSeconds?: number | null;

  @ApiPropertyOptional({
    type: String,
    nullable: true,
    pattern: BUSINESS_NUMBER.source,
    description: 'Generated if it is absent.',
  })
  @IsOptional()
  @IsBusinessNumber()
  readonly paymentNumber?: string | null;
}

export class PaymentBody extends OrderPaymentBody {
  @ApiPropertyOptional({
    type: MoneyDocument,
    nullable: true,
    description: "Must equal the order's total, which is the default.",
  })
  @IsOptional()
  @IsMoney()
  readonly amount?: Amount | null;
}

export class PaymentTransitionBody {
  // A status that exists but is not allowed here is answered 409 with the allowed ones.
  @ApiProperty({ enum: ['processing', 'cancelled'] satisfies PaymentStatus[] })
  @IsIn(PAYMENT_STATUSES, { message: 'must be processing or cancelled' })
  readonly to: PaymentStatus;
}
