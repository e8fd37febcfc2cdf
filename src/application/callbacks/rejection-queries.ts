import type { Page, PageRequest } from '../page.js';
import type { Rejection } from './rejection-repository.js';

/** Reads without locks. */
export abstract class RejectionQueries {
  abstract list(page: PageRequest): Promise<Page<Rejection>>;
}
