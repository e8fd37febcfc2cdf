import { RejectionQueries } from '../../../src/application/callbacks/rejection-queries.js';
import type { Rejection } from '../../../src/application/callbacks/rejection-repository.js';
import type { Page, PageRequest } from '../../../src/application/page.js';
import { listPage } from './list-page.js';
import type { Tables } from './tables.js';

export class MemoryRejectionQueries extends RejectionQueries {
  constructor(private readonly tables: () => Tables) {
    super();
  }

  override async list(page: PageRequest): Promise<Page<Rejection>> {
    return listPage(this.tables().rejections, viewOf, {}, page);
  }
}

function viewOf({ gateway, reason, receivedAt, remoteAddress }: Rejection): Rejection {
  return { gateway, reason, receivedAt, remoteAddress };
}
