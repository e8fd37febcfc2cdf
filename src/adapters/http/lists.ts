import { ApiPropertyOptional } from '@nestjs/swagger';
import { Transform } from 'class-transformer';
import { IsIn, IsInt, IsOptional, Matches, Max, Min } from 'class-validator';
import type { Page, PageRequest } from '../../application/queries.js';
import { DISCREPANCY_KINDS } from '../../domain/discrepancy.js';
import { ORDER_STATUSES } from '../../domain/order.js';
import { PAYMENT_STATUSES } from '../../domain/payment.js';
import { IsText, NUMBER } from './bodies.js';
import { invalid, ProblemError } from './problem.js';
import { OUTCOMES } from '../../domain/notice.js';

const OneOf = (values: readonly string[]) => IsIn(values, { message: `must be one of ${values.join(', ')}` });
const IsNumber = () => Matches(NUMBER, { message: 'must be 1 to 64 of letters, digits, _ and -' });

export class ListQuery {
  @ApiPropertyOptional({ type: 'integer', minimum: 1, maximum: 200, default: 50 })
  @Transform(({ value }) =>
    typeof value === 'string' && /^\d{1,9}$/.test(value) ? Number(value) : (value as unknown),
  )
  @IsInt({ message: 'must be a whole number' })
  @Min(1, { message: 'must be at least 1' })
  @Max(200, { message: 'must be at most 200' })
  readonly limit: number = 50;

  @ApiPropertyOptional({ description: 'The nextCursor of the page before.' })
  @IsOptional()
  @Matches(/^[\w-]{1,32}$/, { message: 'must be the nextCursor of a page' })
  readonly cursor?: string;
}

export class OrdersQuery extends ListQuery {
  @ApiPropertyOptional({ enum: ORDER_STATUSES })
  @IsOptional()
  @OneOf(ORDER_STATUSES)
  readonly status?: string;

  @ApiPropertyOptional({ maxLength: 64 })
  @IsOptional()
  @IsText(64)
  readonly customerId?: string;
}

export class PaymentsQuery extends ListQuery {
  @ApiPropertyOptional({ enum: PAYMENT_STATUSES })
  @IsOptional()
  @OneOf(PAYMENT_STATUSES)
  readonly status?: string;

  @ApiPropertyOptional({ maxLength: 64 })
  @IsOptional()
  @IsText(64)
  readonly gateway?: string;

  @ApiPropertyOptional({ pattern: NUMBER.source })
  @IsOptional()
  @IsNumber()
  readonly orderNumber?: string;
}

export class CallbacksQuery extends ListQuery {
  @ApiPropertyOptional({ maxLength: 64 })
  @IsOptional()
  @IsText(64)
  readonly gateway?: string;

  @ApiPropertyOptional({ enum: OUTCOMES })
  @IsOptional()
  @OneOf(OUTCOMES)
  readonly outcome?: string;

  @ApiPropertyOptional({ pattern: NUMBER.source })
  @IsOptional()
  @IsNumber()
  readonly paymentNumber?: string;
}

export class DiscrepanciesQuery extends ListQuery {
  @ApiPropertyOptional({ enum: ['open', 'resolved'] })
  @IsOptional()
  @OneOf(['open', 'resolved'])
  readonly status?: string;

  @ApiPropertyOptional({ enum: DISCREPANCY_KINDS })
  @IsOptional()
  @OneOf(DISCREPANCY_KINDS)
  readonly kind?: string;

  @ApiPropertyOptional({ pattern: NUMBER.source })
  @IsOptional()
  @IsNumber()
  readonly paymentNumber?: string;
}

/** The page that a query asks for. A cursor is opaque: today it is the id that the page before ended with. */
export function pageRequest({ limit, cursor }: ListQuery): PageRequest {
  if (cursor === undefined) return { limit, before: null };
  const before = Buffer.from(cursor, 'base64url').toString('latin1');
  if (!/^[1-9]\d{0,17}$/.test(before) || cursorOf(before) !== cursor) {
    throw new ProblemError(invalid([{ field: 'cursor', message: 'must be the nextCursor of a page' }]));
  }
  return { limit, before };
}

export interface List<Item> {
  readonly items: readonly Item[];
  readonly nextCursor: string | null;
}

export function listOf<Item>({ items, next }: Page<Item>): List<Item> {
  return { items, nextCursor: next === null ? null : cursorOf(next) };
}

function cursorOf(id: string): string {
  return Buffer.from(id, 'latin1').toString('base64url');
}
