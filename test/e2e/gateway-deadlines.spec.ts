import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { setTimeout as rest } from 'node:timers/promises';
import { Client } from 'pg';
import { TcpProxy } from '../../tools/chaos/tcp-proxy.js';
import { type FreshDatabase, freshDatabase } from '../database.js';
import { stopwatch } from '../stopwatch.js';
import { type Service, startService } from './service.js';
import { toyCallback, toyGateway, toySettings } from './toy-gateway.js';

// Both differ from the five seconds of the real gateways.
const QUICK_MS = 3_000;
const PATIENT_MS = 9_000;
/** Longer than a gateway that waits for five seconds would let a callback wait for a lock. */
const LOCKED_MS = 4_000;

let database: FreshDatabase;
let proxy: TcpProxy;
let service: Service;
let direct: Client;
beforeAll(async () => {
  database = await freshDatabase();
  const proxied = await TcpProxy.before(database.url);
  proxy = proxied.proxy;
  service = await startService(
    { databaseUrl: proxied.url, gateways: toySettings(['quick-pay', 'patient-pay']) },
    { gateways: [toyGateway('quick-pay', QUICK_MS), toyGateway('patient-pay', PATIENT_MS)] },
  );
  direct = new Client({ connectionString: database.url });
  await direct.connect();
});
afterAll(async () => {
  await direct.end();
  // Otherwise the stop would wait for the silent connections.
  proxy.cut();
  await service.close();
  await proxy.close();
  await database.drop();
});

async function outcomeOf(paymentNumber: string): Promise<string | undefined> {
  const sql = 'SELECT outcome FROM callbacks WHERE payment_number = $1';
  return (await direct.query<{ outcome: string }>(sql, [paymentNumber])).rows[0]?.outcome;
}

/** Delivers a callback. Resolves to the status of the answer and the milliseconds that it took. */
async function deliver(gateway: string, paymentNumber: string): Promise<{ status: number; ms: number }> {
  const elapsed = stopwatch();
  const { status } = await service.sendRaw(toyCallback(gateway, paymentNumber));
  return { status, ms: elapsed() };
}

test("a callback waits for a lock until its own gateway's deadline, not until a common one", async () => {
  const quick = await service.openPayment('quick-pay');
  const patient = await service.openPayment('patient-pay');
  const numbers = [quick.paymentNumber, patient.paymentNumber];
  await direct.query('BEGIN');
  await direct.query('SELECT FROM payments WHERE number = ANY($1) FOR UPDATE', [numbers]);
  const elapsed = stopwatch();
  const patientAnswer = deliver('patient-pay', patient.paymentNumber);
  const quickAnswer = await deliver('quick-pay', quick.paymentNumber);
  expect(quickAnswer.status).toBe(200);
  expect(quickAnswer.ms).toBeLessThan(QUICK_MS);
  expect(await outcomeOf(quick.paymentNumber)).toBe('pending');

  while (elapsed() < LOCKED_MS) await rest(50);
  await direct.query('COMMIT');
  const { status, ms } = await patientAnswer;
  expect(status).toBe(200);
  expect(ms).toBeGreaterThanOrEqual(LOCKED_MS);
  // It was still waiting when the lock was released, so it is settled before it is answered.
  expect(await outcomeOf(patient.paymentNumber)).toBe('settled');
});

test("if the network goes silent, a callback is answered within its own gateway's time", async () => {
  const { paymentNumber } = await service.openPayment('quick-pay');
  proxy.silence();
  const { status, ms } = await deliver('quick-pay', paymentNumber);
  expect([200, 503]).toContain(status);
  expect(ms).toBeLessThan(QUICK_MS);
});
