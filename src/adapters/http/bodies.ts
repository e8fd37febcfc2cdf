import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import { IsIn, IsInt, IsOptional, Matches, Max, Min, ValidateBy } from 'class-validator';
import type { MoneyView } from '../../application/queries.js';
import { Money } from '../../domain/money.js';
import { ORDER_STATUSES, type OrderStatus } from '../../domain/order.js';
import { PAYMENT_STATUSES, type PaymentStatus } from '../../domain/payment.js';
import { RESOLUTIONS, type Resolution } from '../../domain/resolution.js';
import { isText } from '../gateways/gateway.js';
import { MoneyDocument } from './views.js';

/** Order and payment numbers: what every gateway can carry, and no URL needs to escape. */
export const NUMBER = /^[A-Za-z0-9_-]{1,64}$/;
/** Ids of callbacks and discrepancies, as rows are numbered. */
export const ROW_ID = /^[1-9]\d{0,17}$/;
const IsNumber = () => Matches(NUMBER, { message: 'must be 1 to 64 of letters, digits, _ and -' });
const YEAR_SECONDS = 31_536_000;

/** Text that says something and that PostgreSQL can hold: no NUL, no lone surrogate. */
export const IsText = (maxLength: number) =>
  ValidateBy({
    name: 'isText',
    validator: {
      validate: (value: unknown) => isText(value, maxLength) && /\S/.test(value),
      defaultMessage: () => `must be text of 1 to ${maxLength} characters without NUL or lone surrogates`,
    },
  });

const IsMoney = () =>
  ValidateBy({
    name: 'isMoney',
    validator: {
      validate: (value: unknown) => moneyFault(value) === null,
      defaultMessage: (validation) => moneyFault(validation?.value) ?? '',
    },
  });

/**
 * Of an object and nothing else: class-validator's nested validation would let an empty array pass for
 * money.
 */
function moneyFault(value: unknown): string | null {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    return 'must be an object such as {"amount":"100.00","currency":"CNY"}';
  }
  const { amount, currency, ...others } = value as Partial<Record<string, unknown>>;
  return Object.keys(others).length > 0
    ? 'must have amount and currency only'
    : Money.fault(amount, currency);
}

export class OrderBody {
  @ApiProperty({ pattern: NUMBER.source, example: 'A-1001' })
  @IsNumber()
  readonly orderNumber: string;

  @ApiProperty({ type: MoneyDocument })
  @IsMoney()
  readonly total: MoneyView;

  @ApiPropertyOptional({ type: String, nullable: true, maxLength: 64 })
  @IsOptional()
  @IsText(64)
  readonly customerId?: string | null;
}

export class PaymentBody {
  @ApiProperty({
    description: 'A gateway that this service is configured for.',
    example: 'stripe',
    maxLength: 64,
  })
  @IsText(64)
  readonly gateway: string;

  @ApiPropertyOptional({
    type: MoneyDocument,
    nullable: true,
    description: "The order's total, which is the default.",
  })
  @IsOptional()
  @IsMoney()
  readonly amount?: MoneyView | null;

  @ApiPropertyOptional({ type: 'integer', nullable: true, minimum: 1, maximum: YEAR_SECONDS })
  @IsOptional()
  @IsInt({ message: 'must be a whole number' })
  @Min(1, { message: 'must be at least 1' })
  @Max(YEAR_SECONDS, { message: `must be at most ${YEAR_SECONDS}` })
  readonly expiresInSeconds?: number | null;

  @ApiPropertyOptional({
    type: String,
    nullable: true,
    pattern: NUMBER.source,
    description: 'Made up where absent.',
  })
  @IsOptional()
  @IsNumber()
  readonly paymentNumber?: string | null;
}

export class OrderTransitionBody {
  @ApiProperty({ enum: ORDER_STATUSES })
  @IsIn(ORDER_STATUSES, { message: `must be one of ${ORDER_STATUSES.join(', ')}` })
  readonly to: OrderStatus;

  @ApiPropertyOptional({ type: String, nullable: true, maxLength: 1000 })
  @IsOptional()
  @IsText(1000)
  readonly note?: string | null;
}

export class ResolutionBody {
  @ApiProperty({
    enum: RESOLUTIONS,
    description:
      '`accept` takes the money: for `paid_late` and `amount_mismatched`, in the currency that is due. ' +
      '`refunded_elsewhere`: it was given back by another way. `dismiss`: nothing needs to be done.',
  })
  @IsIn(RESOLUTIONS, { message: `must be one of ${RESOLUTIONS.join(', ')}` })
  readonly resolution: Resolution;

  @ApiProperty({ maxLength: 1000, description: 'Why. It stays with the case and is in no event.' })
  @IsText(1000)
  readonly note: string;

  @ApiPropertyOptional({
    type: String,
    nullable: true,
    maxLength: 255,
    description:
      'Where the refund is found; required for `refunded_elsewhere`. It is in the event, so it names no person.',
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

export class PaymentTransitionBody {
  @ApiProperty({ enum: ['processing', 'cancelled'] satisfies PaymentStatus[] })
  @IsIn(PAYMENT_STATUSES, { message: 'must be processing or cancelled' })
  readonly to: PaymentStatus;
}
