import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { chmodSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { Client } from 'pg';
import { migrate } from '../../src/adapters/postgres/schema.js';
import { type EmbeddedPostgres, startPostgres } from '../../src/development/embedded-postgres.js';
import { type HttpReply, type Service, startService } from './service.js';
import { waitUntil } from './wait-until.js';

let folder: string;
let postgres: EmbeddedPostgres;
let service: Service;
beforeAll(async () => {
  folder = mkdtempSync(path.join(tmpdir(), 'quittance-outage-'));
  // PostgreSQL does not run as root, and its user must be able to enter the folder.
  chmodSync(folder, 0o755);
  postgres = await startPostgres({ dir: path.join(folder, 'postgres') });
  await migrate(postgres.url());
  service = await startService({ databaseUrl: postgres.url() });
});
afterAll(async () => {
  await service.close();
  await postgres.stop();
  rmSync(folder, { recursive: true, force: true });
});

/**
 * Kills the server as a power failure does: nothing is flushed, no connection is closed. Backends without a postmaster end by
 * themselves, but only when they notice it, and until then one may still commit a callback. So each is killed.
 */
async function killDatabase(): Promise<void> {
  const backends = await service.sql<{ pid: number }>('SELECT pid FROM pg_stat_activity');
  process.kill(postgres.pid, 'SIGKILL');
  for (const { pid } of backends) kill(pid);
}

function kill(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
  }
}

async function startDatabase(): Promise<void> {
  postgres = await startPostgres({ dir: path.join(folder, 'postgres') });
}

async function waitUntilReady(): Promise<void> {
  await waitUntil(async () => (await fetch(`${service.url}/health/ready`)).status === 200);
}

const NOT_STORED: [number, string | null] = [503, '1'];
const statusOf = ({ status, headers }: HttpReply) => [status, headers.get('retry-after')];

test('the database crashes during a settlement: nothing is stored, and the callback settles when it is sent again', async () => {
  const { paymentNumber, orderNumber } = await service.openPayment('wechat-pay');
  const signed = service.sign('wechat-pay', { paymentNumber });
  const otherSession = new Client({ connectionString: postgres.url() });
  otherSession.on('error', () => undefined);
  await otherSession.connect();
  await otherSession.query('BEGIN');
  await otherSession.query('LOCK TABLE events IN ACCESS EXCLUSIVE MODE');

  const answer = service.sendRaw(signed);
  // At that moment payment, order and receipt are written, and the insert into the log waits.
  const waitingForLog = `SELECT FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND query LIKE 'INSERT INTO events%'`;
  await waitUntil(async () => (await service.sql(waitingForLog)).length > 0);
  await killDatabase();
  await startDatabase();

  const reply = await answer;
  expect(statusOf(reply)).toEqual(NOT_STORED);
  expect(JSON.parse(reply.body)).toMatchObject({ code: 'FAIL' });
  await waitUntilReady();
  expect(await service.sql('SELECT count(*)::int FROM callbacks')).toEqual([{ count: 0 }]);
  const { body } = await service.admin('GET', `/orders/${orderNumber}`);
  expect(body).toMatchObject({ status: 'pending', payments: [{ status: 'init' }], statusHistory: [] });

  expect((await service.sendRaw(signed)).status).toBe(204);
  expect((await service.admin('GET', `/orders/${orderNumber}`)).body).toMatchObject({ status: 'paid' });
});

test('while the database is down, every gateway gets its 503 and readiness names the cause; both recover when the database is up', async () => {
  const { paymentNumber } = await service.openPayment('stripe');
  await killDatabase();
  const answers = [
    await service.deliver('stripe', { paymentNumber }),
    await service.deliver('wechat-pay', { paymentNumber }),
    await service.deliver('alipay', { paymentNumber }),
    await service.deliver('standard-webhooks', { paymentNumber }),
  ];
  expect(answers.map(statusOf)).toEqual(answers.map(() => NOT_STORED));
  expect(answers[2]!.body).toBe('fail');
  const readiness = () => fetch(`${service.url}/health/ready`);
  expect((await readiness()).status).toBe(503);
  await waitUntil(async () => (await (await readiness()).text()).includes('the database cannot be reached'));
  expect((await fetch(`${service.url}/health/live`)).status).toBe(200);

  await startDatabase();
  await waitUntilReady();
  expect((await service.deliver('stripe', { paymentNumber })).status).toBe(200);
  expect((await service.admin('GET', `/payments/${paymentNumber}`)).body).toMatchObject({
    status: 'succeeded',
  });
});
