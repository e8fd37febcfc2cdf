import { chmodSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { Client } from 'pg';
import { migrate } from '../../src/adapters/persistence/data-source.js';
import { startPostgres, type EmbeddedPostgres } from '../../src/adapters/persistence/embedded-postgres.js';
import { startService, type Answered, type Service } from './service.js';

let folder: string;
let postgres: EmbeddedPostgres;
let service: Service;
beforeAll(async () => {
  folder = mkdtempSync(path.join(tmpdir(), 'quittance-outage-'));
  // PostgreSQL never runs as root, and its user has to pass through.
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
 * As a machine that loses power: nothing is flushed, nobody is told. Without their postmaster the backends would end,
 * too, but each at the moment when it notices, and one that has not may still commit a callback.
 */
async function pullThePlug(): Promise<void> {
  const backends = await service.sql<{ pid: number }>('SELECT pid FROM pg_stat_activity');
  process.kill(postgres.pid, 'SIGKILL');
  for (const { pid } of backends) endAtOnce(pid);
}

function endAtOnce(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
  }
}

async function plugIn(): Promise<void> {
  postgres = await startPostgres({ dir: path.join(folder, 'postgres') });
}

async function ready(): Promise<void> {
  while ((await fetch(`${service.url}/health/ready`)).status !== 200)
    await new Promise((resolve) => setImmediate(resolve));
}

const NOT_STORED: [number, string | null] = [503, '1'];
const replyOf = ({ status, headers }: Answered) => [status, headers.get('retry-after')];

test('a database that dies in mid-settlement: not stored, nothing half-written, and the copy that is sent again settles', async () => {
  const { paymentNumber, orderNumber } = await service.given('wechat-pay');
  const signed = service.sign('wechat-pay', { paymentNumber });
  const stranger = new Client({ connectionString: postgres.url() });
  stranger.on('error', () => undefined);
  await stranger.connect();
  await stranger.query('BEGIN');
  await stranger.query('LOCK TABLE events IN ACCESS EXCLUSIVE MODE');

  const answer = service.sendRaw(signed);
  // Payment, order and receipt are written by then, and the log waits.
  const waits = `SELECT FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND query LIKE 'INSERT INTO events%'`;
  while ((await service.sql(waits)).length === 0);
  await pullThePlug();
  await plugIn();

  const answered = await answer;
  expect(replyOf(answered)).toEqual(NOT_STORED);
  expect(JSON.parse(answered.body)).toMatchObject({ code: 'FAIL' });
  await ready();
  expect(await service.sql('SELECT count(*)::int FROM callbacks')).toEqual([{ count: 0 }]);
  const { body } = await service.admin('GET', `/orders/${orderNumber}`);
  expect(body).toMatchObject({ status: 'pending', payments: [{ status: 'init' }], statusHistory: [] });

  expect((await service.sendRaw(signed)).status).toBe(204);
  expect((await service.admin('GET', `/orders/${orderNumber}`)).body).toMatchObject({ status: 'paid' });
});

test('while the database is away every gateway is told to send again, readiness says why, and it is ready once it is back', async () => {
  const { paymentNumber } = await service.given('stripe');
  await pullThePlug();
  const answers = [
    await service.deliver('stripe', { paymentNumber }),
    await service.deliver('wechat-pay', { paymentNumber }),
    await service.deliver('alipay', { paymentNumber }),
    await service.deliver('standard-webhooks', { paymentNumber }),
  ];
  expect(answers.map(replyOf)).toEqual(answers.map(() => NOT_STORED));
  expect(answers[2]!.body).toBe('fail');
  const unready = await fetch(`${service.url}/health/ready`);
  expect([unready.status, await unready.text()]).toEqual([
    503,
    expect.stringContaining('the database cannot be reached'),
  ]);
  expect((await fetch(`${service.url}/health/live`)).status).toBe(200);

  await plugIn();
  await ready();
  expect((await service.deliver('stripe', { paymentNumber })).status).toBe(200);
  expect((await service.admin('GET', `/payments/${paymentNumber}`)).body).toMatchObject({
    status: 'succeeded',
  });
});
