import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { Client } from 'pg';
import { OWN_FUNCTIONS, OWN_SEQUENCES, OWN_TABLES } from '../../src/adapters/postgres/own-tables.js';
import { type FreshDatabase, freshDatabase } from '../database.js';
import { type Service, startService, unique } from './service.js';
import { waitUntil } from './wait-until.js';

let database: FreshDatabase;
let owner: Client;
let role: string;
let service: Service;
beforeAll(async () => {
  database = await freshDatabase();
  owner = new Client({ connectionString: database.url });
  await owner.connect();
  const url = new URL(database.url);
  role = url.pathname.slice(1);
  await owner.query(`CREATE ROLE ${role} LOGIN PASSWORD '${role}'`);
  for (const [table, { rights }] of Object.entries(OWN_TABLES))
    await owner.query(`GRANT ${rights.join(', ')} ON ${table} TO ${role}`);
  for (const [sequence, rights] of Object.entries(OWN_SEQUENCES))
    await owner.query(`GRANT ${rights.join(', ')} ON SEQUENCE ${sequence} TO ${role}`);
  for (const [name, rights] of Object.entries(OWN_FUNCTIONS))
    await owner.query(`GRANT ${rights.join(', ')} ON FUNCTION ${name} TO ${role}`);
  url.username = role;
  url.password = role;
  service = await startService({ databaseUrl: url.href, logLevel: 'debug', cancelUnpaidOrders: true });
});
afterAll(async () => {
  await service.close();
  await owner.query(`DROP OWNED BY ${role}`);
  await owner.query(`DROP ROLE ${role}`);
  await owner.end();
  await database.drop();
});

const hasRows = async (text: string): Promise<boolean> => ((await owner.query(text)).rowCount ?? 0) > 0;

async function change(path: string, body?: unknown): Promise<void> {
  const key = { 'idempotency-key': unique('K') };
  expect((await service.admin('POST', path, body, key)).status).toBeLessThan(300);
}

test('the rights that a probe asks for are enough for gateways, operators and workers', async () => {
  await owner.query(
    `INSERT INTO idempotency_keys SELECT 'dev', 'POST', '/', 'old', '', 200, '', now() - interval '2 days'`,
  );
  const paid = await service.openPayment('stripe');
  const success = service.sign('stripe', { paymentNumber: paid.paymentNumber });
  for (const callback of [success, success, service.sign('stripe', { paymentNumber: unique('P') })])
    expect((await service.sendRaw(callback)).status).toBe(200);
  expect((await service.sendRaw({ ...success, body: Buffer.from('{}') })).status).toBe(401);

  type Rows = { items: { id: string }[] };
  const { body: cases } = await service.admin<Rows>('GET', '/discrepancies');
  await change(`/discrepancies/${cases.items[0]!.id}/notes`, { note: 'asked the customer' });
  await change(`/discrepancies/${cases.items[0]!.id}/resolve`, { resolution: 'dismiss', note: 'not ours' });
  await change(`/orders/${paid.orderNumber}/transitions`, { to: 'shipped' });
  const { body: callbacks } = await service.admin<Rows>('GET', '/callbacks');
  await change(`/callbacks/${callbacks.items[0]!.id}/replay`);
  for (const list of [
    'orders',
    'payments',
    'rejections',
    'webhook-endpoints',
    `payments/${paid.paymentNumber}/timeline`,
  ])
    expect((await service.admin('GET', `/${list}`)).status).toBe(200);
  expect(await (await fetch(`${service.url}/metrics`)).text()).toMatch(/^quittance_inbox_pending \d/m);

  // The scheduled expiry, and the line of rejections, which is written in the background.
  const { orderNumber } = await service.openPayment('alipay');
  await owner.query(`UPDATE payments SET expires_at = now() - interval '1 hour' WHERE status = 'init'`);
  await waitUntil(() =>
    hasRows(`SELECT FROM orders WHERE number = '${orderNumber}' AND status = 'cancelled'`),
  );
  await waitUntil(() => hasRows('SELECT FROM rejections'));
  expect(service.log.lines.filter(({ text }) => text.includes('permission denied'))).toEqual([]);
});
