import { RejectionQueries } from '../../../src/application/callbacks/rejection-queries.js';
import type { Rejection } from '../../../src/application/callbacks/rejection-repository.js';
import type { Filter, Page, PageRequest, TimeFilter } from '../../../src/application/page.js';
import { inRange, listPage } from './list-page.js';
import type { Tables } from './tables.js';

export class MemoryRejectionQueries extends RejectionQueries {
  constructor(private readonly tables: () => Tables) {
    super();
  }

  override async list(filter: Filter<TimeFilter>, page: PageRequest): Promise<Page<Rejection>> {
    const { rows } = inRange(this.tables().rejections, ({ receivedAt }) => receivedAt, filter);
    return listPage(rows, viewOf, {}, page);
  }
}

function viewOf({ gateway, reason, path, receivedAt, remoteAddress }: Rejection): Rejection {
  return { gateway, reason, path, receivedAt, remoteAddress };
}
