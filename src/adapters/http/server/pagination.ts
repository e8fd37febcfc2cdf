import { ApiPropertyOptional } from '@nestjs/swagger';
import { Transform } from 'class-transformer';
import { IsInt, IsOptional, Matches, Max, Min } from 'class-validator';
import type { Page, PageRequest } from '../../../application/page.js';
import { ROW_ID } from './field-validators.js';
import { ProblemError, invalid } from './problem.js';

export class ListQuery {
  @ApiPropertyOptional({ type: 'integer', minimum: 1, maximum: 200, default: 50 })
  @Transform(({ value }) =>
    typeof value === 'string' && /^\d{1,9}$/.test(value) ? Number(value) : (value as unknown),
  )
  @IsInt({ message: 'must be a whole number' })
  @Min(1, { message: 'must be at least 1' })
  @Max(200, { message: 'must be at most 200' })
  readonly limit: number = 50;

  @ApiPropertyOptional({ description: 'The `nextCursor` of the previous page.' })
  @IsOptional()
  @Matches(/^[\w-]{1,32}$/, { message: 'must be the nextCursor of a page' })
  readonly cursor?: string;
}

/** The page that a query asks for. Clients must not interpret a cursor. It is the id that ended the previous page. */
export function pageRequest({ limit, cursor }: ListQuery): PageRequest {
  if (cursor === undefined) return { limit, before: null };
  const before = Buffer.from(cursor, 'base64url').toString('latin1');
  if (!ROW_ID.test(before) || cursorOf(before) !== cursor) {
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
