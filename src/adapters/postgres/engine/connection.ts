import { Client, type Connection as Wire, type Pool } from 'pg';
import type { DataSource, QueryRunner } from 'typeorm';

/** A connection to PostgreSQL that can be corked and cut. The pool makes its connections of this class (`extra.Client`). */
export class Connection extends Client {
  // Two fields of the driver that its types leave out.
  declare readonly connection: Wire;
  /** The process id of its backend on the server. */
  declare readonly processID: number;

  private isCorked = false;

  private readonly uncork = (): void => {
    this.isCorked = false;
    this.connection.stream.uncork();
  };

  /** Holds back what is written in this turn of the event loop, so that it leaves in one packet. */
  cork(): void {
    if (this.isCorked) return;
    this.isCorked = true;
    this.connection.stream.cork();
    process.nextTick(this.uncork);
  }

  /** Ends the connection at once, on this side. What waits for an answer fails, and the pool opens a new connection. */
  cut(): void {
    this.connection.stream.destroy(new Error('Connection terminated: out of time'));
    // The pool learns of the destroyed socket one tick later. Until then this keeps it from lending the connection again.
    void this.end();
  }
}

/** The connection of a query runner. */
export async function connectionOf(runner: QueryRunner): Promise<Connection> {
  const connection: unknown = await runner.connect();
  if (!(connection instanceof Connection)) throw new Error('The pool has a connection of another class.');
  return connection;
}

/**
 * Ends the idle connections. Whatever has silenced one connection, a failover or a firewall, has probably silenced the idle
 * ones too, and each of them would cost a transaction all its time.
 */
export function cutIdle({ driver }: DataSource): void {
  // TypeORM's name for the pool. Nothing else reaches into it.
  const { master: pool } = driver as unknown as { readonly master: Pool };
  for (let idle = pool.idleCount; idle > 0; idle -= 1) void cutNext(pool);
}

async function cutNext(pool: Pool): Promise<void> {
  const client = await pool.connect().catch(() => undefined);
  if (client instanceof Connection) client.cut();
  client?.release(true);
}
