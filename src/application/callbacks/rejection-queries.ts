import type { Filter, Page, PageRequest, TimeFilter } from '../page.js';
import type { Rejection } from './rejection-repository.js';

/** Reads without locks. */
export abstract class RejectionQueries {
  /** The times are those of the receipt. */
  abstract list(filter: Filter<TimeFilter>, page: PageRequest): Promise<Page<Rejection>>;
}
