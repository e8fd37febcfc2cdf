import { applyDecorators } from '@nestjs/common';
import { ApiPropertyOptional } from '@nestjs/swagger';
import { Transform } from 'class-transformer';
import { IsOptional, Matches } from 'class-validator';
import type { Page, PageRequest } from '../../../application/page.js';
import { IsNotBefore, IsTime, IsWholeNumber, ROW_ID } from './field-validators.js';
import { ProblemError, problem } from './problem.js';

const NOT_A_CURSOR = 'must be the nextCursor of a page of this list with the same filters';

/** The query parameter `limit`. The initial value of its property is the default. */
export const IsLimit = (defaultLimit: number) =>
  applyDecorators(
    ApiPropertyOptional({ type: 'integer', minimum: 1, maximum: 200, default: defaultLimit }),
    Transform(({ value }) =>
      typeof value === 'string' && /^\d{1,9}$/.test(value) ? Number(value) : (value as unknown),
    ),
    IsWholeNumber(1, 200),
  );

/** The query parameter `cursor`. */
export const IsCursor = (maxLength: number) =>
  applyDecorators(
    ApiPropertyOptional({ description: 'The `nextCursor` of the previous page.' }),
    IsOptional(),
    Matches(new RegExp(`^[\\w-]{1,${maxLength}}$`), { message: NOT_A_CURSOR }),
  );

export class ListQuery {
  @IsLimit(50)
  readonly limit: number = 50;

  @IsCursor(32)
  readonly cursor?: string;
}

/** A query parameter that is the begin or the end of a range of time. */
export const IsEndOfRange = (description: string) =>
  applyDecorators(
    ApiPropertyOptional({
      type: String,
      format: 'date-time',
      description,
      example: '2026-11-26T08:00:00Z',
    }),
    IsOptional(),
    IsTime(),
  );

/** A list whose items have a time. */
export class TimedListQuery extends ListQuery {
  @IsEndOfRange(
    'Only items of this time or later: by `receivedAt`, `openedAt` or `createdAt`, whichever an item has. ISO 8601 with its offset.',
  )
  readonly from?: string;

  @IsEndOfRange(
    'Only items before this time, which is not included. ISO 8601 with its offset. Not before `from`.',
  )
  @IsNotBefore('from')
  readonly to?: string;
}

/** The page that a query asks for. Here a cursor is the id that ended the previous page; `BoundCursors` adds the list to it. */
export function pageRequest({ limit, cursor }: Pick<ListQuery, 'limit' | 'cursor'>): PageRequest {
  if (cursor === undefined) return { limit, before: null };
  const before = textOf(cursor);
  if (!ROW_ID.test(before) || cursorOf(before) !== cursor) throw invalidCursor();
  return { limit, before };
}

export interface List<Item> {
  readonly items: readonly Item[];
  readonly nextCursor: string | null;
}

export function listOf<Item>({ items, next }: Page<Item>): List<Item> {
  return { items, nextCursor: next === null ? null : cursorOf(next) };
}

export function cursorOf(text: string): string {
  return Buffer.from(text, 'latin1').toString('base64url');
}

export function textOf(cursor: string): string {
  return Buffer.from(cursor, 'base64url').toString('latin1');
}

export function invalidCursor(): ProblemError {
  return new ProblemError(BAD_CURSOR);
}

const BAD_CURSOR = problem(
  422,
  'The cursor was not made by this list with these filters, or an earlier release has made it. Start again without a cursor.',
  { code: 'bad_cursor', errors: [{ field: 'cursor', message: NOT_A_CURSOR }] },
);
