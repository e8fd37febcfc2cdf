import type { DataSource } from 'typeorm';
import { Rejections, type Rejection } from '../../application/ports.js';
import { boundedSource } from './bounded-query.js';

/** A stranger can cause rows here, so neither they nor the memory behind them may grow with what he sends. */
const BUFFER_LIMIT = 200;
const ROWS_KEPT = 2_000;
const FLUSH_MS = 1_000;
const WRITE_WITHIN_MS = 2_000;

/** Written at most once a second, and never while a request waits. Beyond the buffer rejections are only counted, by the metric. */
export class SqlRejections extends Rejections {
  private buffer: Rejection[] = [];
  private timer: NodeJS.Timeout | undefined;
  private writing: Promise<void> = Promise.resolve();

  private readonly source: ReturnType<typeof boundedSource>;

  constructor(dataSource: DataSource) {
    super();
    this.source = boundedSource(dataSource, WRITE_WITHIN_MS);
  }

  note(rejection: Rejection): void {
    if (this.buffer.length >= BUFFER_LIMIT) return;
    this.buffer.push(rejection);
    this.timer ??= setTimeout(() => void this.flush(), FLUSH_MS);
  }

  /** Writes what is buffered. A failure loses rows that only ever were a courtesy to the operator. */
  async flush(): Promise<void> {
    clearTimeout(this.timer);
    this.timer = undefined;
    const rows = this.buffer.splice(0);
    if (rows.length) this.writing = this.writing.then(() => this.write(rows)).catch(() => undefined);
    await this.writing;
  }

  private async write(rows: readonly Rejection[]): Promise<void> {
    await this.source.query(
      `INSERT INTO rejections (gateway, reason, received_at, remote_address)
       SELECT * FROM unnest($1::text[], $2::text[], $3::timestamptz[], $4::text[])`,
      [
        rows.map(({ gateway }) => gateway),
        rows.map(({ reason }) => reason),
        rows.map(({ receivedAt }) => receivedAt),
        rows.map(({ remoteAddress }) => remoteAddress),
      ],
    );
    await this.source.query('DELETE FROM rejections WHERE id <= (SELECT max(id) - $1 FROM rejections)', [
      ROWS_KEPT,
    ]);
  }
}
