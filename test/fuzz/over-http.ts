import assert from 'node:assert/strict';
import fc from 'fast-check';
import { Gateways } from '../../src/adapters/gateways/gateways.module.js';
import { SIGNERS, type PlayedGateway } from '../../src/sandbox/sign-callback.js';
import type { Service } from '../e2e/service.js';
import { inputs, type Input } from './callbacks.js';
import { paymentNumbers } from './genuine-payloads.js';
import { commandFor } from './report.js';
import { Seals } from './signing.js';

/** Within this many a signed time stays inside of its window, however slow the machine. */
const AT_ONCE = 500;
const CONNECTIONS = 8;

export interface Delivered {
  readonly sent: number;
  readonly acknowledged: number;
  readonly refused: number;
}

/**
 * Sends so many hostile callbacks with right signatures to the whole service, and looks into the inbox. What the verifier
 * takes is acknowledged and is there, what it refuses is not, and nothing is answered by a fault of the service's own.
 */
export async function sendHostile(
  service: Service,
  gateway: PlayedGateway,
  asked: { readonly inputs: number; readonly seed: number },
): Promise<Delivered> {
  await openPayments(service, gateway);
  const verifier = new Gateways(service.keys.settings).get(gateway)!;
  const eventIds: string[] = [];
  for (let sent = 0; sent < asked.inputs; sent += AT_ONCE) {
    const seals = new Seals(service.keys, new Date());
    const numRuns = Math.min(AT_ONCE, asked.inputs - sent);
    const queue = fc.sample(inputs(gateway, 'signed', seals), { seed: asked.seed + sent, numRuns });
    const connection = async (): Promise<void> => {
      for (let input = queue.shift(); input; input = queue.shift()) {
        const verdict = verifier.verify(input.callback, input.receivedAt);
        await assertAnswered(
          service,
          gateway,
          input,
          'rejected' in verdict ? 401 : verifier.replies.stored.status,
        );
        if (!('rejected' in verdict)) eventIds.push(verdict.eventId);
      }
    };
    await Promise.all(Array.from({ length: CONNECTIONS }, connection));
  }
  await assertStored(service, gateway, eventIds);
  return { sent: asked.inputs, acknowledged: eventIds.length, refused: asked.inputs - eventIds.length };
}

async function assertAnswered(
  service: Service,
  gateway: PlayedGateway,
  input: Input,
  expected: number,
): Promise<void> {
  const headers = input.callback.headers as Record<string, string>;
  const { body } = input.callback;
  const { status } = await service.sendRaw({ path: `/callbacks/${gateway}`, headers, body });
  assert.equal(
    status,
    expected,
    `answered ${status} in place of ${expected}\n${commandFor(gateway, input.callback)}`,
  );
}

/** Copies join their row and conflicts get one of their own, so the deliveries add up to what was acknowledged. */
async function assertStored(service: Service, gateway: string, eventIds: readonly string[]): Promise<void> {
  const rows = await service.sql<{ event_id: string; deliveries: number }>(
    'SELECT event_id, deliveries FROM callbacks WHERE gateway = $1',
    [gateway],
  );
  const stored = new Set(rows.map(({ event_id }) => event_id));
  const missing = eventIds.filter((id) => !stored.has(id));
  assert.deepEqual(missing.slice(0, 3), [], 'acknowledged and not stored');
  const deliveries = rows.reduce((sum, row) => sum + row.deliveries, 0);
  assert.equal(deliveries, eventIds.length, 'not every acknowledged callback is counted');
}

/** So that some of what is said meets a payment, and the settlement behind it. */
async function openPayments(service: Service, gateway: PlayedGateway): Promise<void> {
  const total = { amount: '100.00', currency: SIGNERS[gateway].defaultCurrency };
  for (const paymentNumber of paymentNumbers(gateway)) {
    const orderNumber = `O-${paymentNumber}`;
    await service.admin('POST', '/orders', { orderNumber, total });
    const { status } = await service.admin('POST', `/orders/${orderNumber}/payments`, {
      gateway,
      paymentNumber,
    });
    assert.equal(status, 201);
  }
}
