/** Lists come newest first, by descending id. */
export interface PageRequest {
  readonly limit: number;
  /** The id that ended the previous page; null for the first page. */
  readonly before: string | null;
}

/** May have fewer items than the limit, or none, although there are more: a page examines a limited number of rows. */
export interface Page<Item> {
  readonly items: readonly Item[];
  /** The `before` of the next page; null on the last page. */
  readonly next: string | null;
}

/** Names of filters on a time in ISO 8601 with its offset: rows from this time on, and rows before that time. */
export type TimeFilter = 'from' | 'to';

/** Values that rows must equal, by name, except for those of `TimeFilter`. */
export type Filter<Names extends string> = Readonly<Partial<Record<Names, string>>>;
