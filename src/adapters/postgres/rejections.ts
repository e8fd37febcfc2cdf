import type { BeforeApplicationShutdown } from '@nestjs/common';
import type { DataSource } from 'typeorm';
import type { Rejection, RejectionRepository } from '../../application/callbacks/rejection-repository.js';
import type { RejectionQueries } from '../../application/callbacks/rejection-queries.js';
import type { Filter, Page, PageRequest, TimeFilter } from '../../application/page.js';
import { boundedSql } from './engine/bounded-query.js';
import type { PlainSql } from './engine/sql.js';
import { listPage, type List } from './list-page.js';

/** An unauthenticated client can cause rows here, so what it sends must grow neither the table nor the memory. */
const BUFFER_LIMIT = 200;
const ROW_LIMIT = 2_000;
const FLUSH_MS = 1_000;
const WRITE_WITHIN_MS = 2_000;

/** Writes at most once a second, and no request waits for it. Beyond the buffer only the metric counts rejections. */
export class PostgresRejections implements RejectionRepository, BeforeApplicationShutdown {
  private readonly sql: PlainSql;
  private buffer: Rejection[] = [];
  private timer: NodeJS.Timeout | undefined;
  private writing: Promise<void> = Promise.resolve();

  constructor(dataSource: DataSource) {
    this.sql = boundedSql(dataSource, WRITE_WITHIN_MS);
  }

  record(rejection: Rejection): void {
    if (this.buffer.length >= BUFFER_LIMIT) return;
    this.buffer.push(rejection);
    // The process does not wait for it: a stop writes the buffer at once.
    this.timer ??= setTimeout(() => void this.flush(), FLUSH_MS).unref();
  }

  async beforeApplicationShutdown(): Promise<void> {
    await this.flush();
  }

  /** Writes the buffer. A failure loses these rows, which only inform the operator. */
  async flush(): Promise<void> {
    clearTimeout(this.timer);
    this.timer = undefined;
    const rows = this.buffer.splice(0);
    if (rows.length) this.writing = this.writing.then(() => this.write(rows)).catch(() => undefined);
    await this.writing;
  }

  private async write(rows: readonly Rejection[]): Promise<void> {
    await this.sql.execute(
      `INSERT INTO rejections (gateway, reason, received_at, remote_address, path)
       SELECT * FROM unnest($1::text[], $2::text[], $3::timestamptz[], $4::text[], $5::text[])`,
      [
        rows.map(({ gateway }) => gateway),
        rows.map(({ reason }) => reason),
        rows.map(({ receivedAt }) => receivedAt),
        rows.map(({ remoteAddress }) => remoteAddress),
        rows.map(({ path }) => path),
      ],
    );
    await this.sql.execute('DELETE FROM rejections WHERE id <= (SELECT max(id) - $1 FROM rejections)', [
      ROW_LIMIT,
    ]);
  }
}

const LIST: List = {
  table: 'rejections',
  columns: 'gateway, reason, path, received_at AS "receivedAt", remote_address AS "remoteAddress"',
  time: 'received_at',
  filters: {},
  walks: [],
};

export class PostgresRejectionQueries implements RejectionQueries {
  constructor(private readonly sql: PlainSql) {}

  list(filter: Filter<TimeFilter>, page: PageRequest): Promise<Page<Rejection>> {
    return listPage(this.sql, LIST, filter, page);
  }
}
