import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { Client } from 'pg';
import { FAULTS } from '../../src/adapters/postgres/engine/explain-fault.js';
import { type FreshDatabase, freshDatabase } from '../database.js';
import { freePort } from '../free-port.js';
import { startService } from './service.js';
import { waitUntil } from './wait-until.js';

const PROGRAM = 'pgbouncer';
const isInstalled = spawnSync(PROGRAM, ['--version']).status === 0;
const condition = isInstalled ? PROGRAM : `${PROGRAM}, which is not installed here`;

(isInstalled ? describe : describe.skip)(`a connection pooler: ${condition}`, () => {
  const folder = mkdtempSync(path.join(tmpdir(), 'quittance-pooler-'));
  const running: ChildProcess[] = [];
  let database: FreshDatabase;
  beforeAll(async () => {
    database = await freshDatabase();
    // It does not run as root, and its user must be able to read the configuration.
    chmodSync(folder, 0o755);
  });
  afterAll(async () => {
    for (const child of running) {
      child.kill('SIGKILL');
      if (child.exitCode === null && child.signalCode === null) await once(child, 'exit');
    }
    await database.drop();
    rmSync(folder, { recursive: true });
  });

  /** The URL of the database behind a pooler of this mode. */
  async function poolerOf(mode: 'transaction' | 'session'): Promise<string> {
    const port = await freePort();
    const { hostname, port: serverPort, username, password, pathname } = new URL(database.url);
    const access = `host=${hostname} port=${serverPort || 5432} user=${username} password=${password}`;
    const configuration = path.join(folder, `${mode}.ini`);
    writeFileSync(
      configuration,
      `[databases]
* = ${access}
[pgbouncer]
listen_addr = 127.0.0.1
listen_port = ${port}
unix_socket_dir =
auth_type = any
pool_mode = ${mode}
`,
      { mode: 0o644 },
    );
    const user = process.getuid?.() === 0 ? ['-u', 'nobody'] : [];
    running.push(spawn(PROGRAM, ['-q', ...user, configuration], { stdio: 'ignore' }));
    const url = `postgres://${username}@127.0.0.1:${port}${pathname}`;
    await waitUntil(() => answers(url));
    return url;
  }

  test('in transaction mode is refused at the start, because it lends one session to several clients', async () => {
    await expect(startService({ databaseUrl: await poolerOf('transaction') })).rejects.toThrow(FAULTS.pooler);
  });

  test('in session mode serves the service, which settles callbacks through it', async () => {
    const service = await startService({ databaseUrl: await poolerOf('session') });
    const { paymentNumber, orderNumber } = await service.openPayment('stripe');
    expect((await service.deliver('stripe', { paymentNumber })).status).toBe(200);
    expect((await service.admin('GET', `/orders/${orderNumber}`)).body).toMatchObject({ status: 'paid' });
    expect((await fetch(`${service.url}/health/ready`)).status).toBe(200);
    await service.close();
  });
});

async function answers(url: string): Promise<boolean> {
  const client = new Client({ connectionString: url });
  client.on('error', () => undefined);
  try {
    await client.connect();
    await client.query('SELECT 1');
    return true;
  } catch {
    return false;
  } finally {
    await client.end().catch(() => undefined);
  }
}
