import fc from 'fast-check';
import assert from 'node:assert/strict';
import type { VerifiedCallback } from '../../src/adapters/gateways/gateway.js';
import { partEventId } from '../../src/adapters/gateways/part-event-id.js';
import { Gateways } from '../../src/adapters/gateways/registry.js';
import { SIGNERS } from '../../src/sandbox/gateways/registry.js';
import type { Service } from '../../test/e2e/service.js';
import { gatewaySettings } from '../../test/gateway-settings.js';
import { type Input, inputs } from './callbacks.js';
import { paymentNumbers } from './genuine-payloads.js';
import { commandFor } from './report.js';
import { FuzzSigner } from './fuzz-signer.js';
import type { FuzzedGateway } from './keys.js';

/** Inputs that are signed at the same time. They are sent before their timestamps leave the window, however slow the machine is. */
const SIGNED_TOGETHER = 500;
const CONNECTIONS = 8;

export interface Delivered {
  readonly sent: number;
  readonly acknowledged: number;
  readonly rejected: number;
}

/**
 * Sends hostile callbacks with valid signatures to the whole service, and reads the inbox afterwards. What the verifier accepts
 * must be acknowledged and stored, what it rejects must not, and no answer may be a 5xx.
 */
export async function sendHostile(
  service: Service,
  gateway: FuzzedGateway,
  options: { readonly inputs: number; readonly seed: number },
): Promise<Delivered> {
  await openPayments(service, gateway);
  const verifier = new Gateways(gatewaySettings(service.keys)).get(gateway)!;
  const eventIds: string[] = [];
  let acknowledged = 0;
  for (let sent = 0; sent < options.inputs; sent += SIGNED_TOGETHER) {
    const signer = new FuzzSigner(service.keys, new Date());
    const numRuns = Math.min(SIGNED_TOGETHER, options.inputs - sent);
    const queue = fc.sample(inputs(gateway, 'signed', signer), { seed: options.seed + sent, numRuns });
    const connection = async (): Promise<void> => {
      for (let input = queue.shift(); input; input = queue.shift()) {
        const verdict = verifier.verify(input.callback, input.receivedAt);
        await assertAnswered(
          service,
          gateway,
          input,
          'rejected' in verdict ? 401 : verifier.replies.stored.status,
        );
        if ('rejected' in verdict) continue;
        acknowledged += 1;
        eventIds.push(...eventIdsOf(verdict));
      }
    };
    await Promise.all(Array.from({ length: CONNECTIONS }, connection));
  }
  await assertStored(service, gateway, eventIds);
  return { sent: options.inputs, acknowledged, rejected: options.inputs - acknowledged };
}

/** A callback with several notifications has a row for each. */
function eventIdsOf({ eventId, further = [] }: VerifiedCallback): string[] {
  return [eventId, ...further.map((_, index) => partEventId(eventId, index + 2))];
}

async function assertAnswered(
  service: Service,
  gateway: FuzzedGateway,
  input: Input,
  expected: number,
): Promise<void> {
  const headers = input.callback.headers as Record<string, string>;
  const { body } = input.callback;
  const { status } = await service.sendRaw({ path: `/callbacks/${gateway}`, headers, body });
  assert.equal(
    status,
    expected,
    `answered ${status} instead of ${expected}\n${commandFor(gateway, input.callback)}`,
  );
}

/** A copy is counted in the row of the first callback, and a conflict gets its own row. So the deliveries add up. */
async function assertStored(service: Service, gateway: string, eventIds: readonly string[]): Promise<void> {
  const rows = await service.sql<{ event_id: string; deliveries: number }>(
    'SELECT event_id, deliveries FROM callbacks WHERE gateway = $1',
    [gateway],
  );
  const stored = new Set(rows.map(({ event_id }) => event_id));
  const missing = eventIds.filter((id) => !stored.has(id));
  assert.deepEqual(missing.slice(0, 3), [], 'acknowledged, but not stored');
  const deliveries = rows.reduce((sum, row) => sum + row.deliveries, 0);
  assert.equal(deliveries, eventIds.length, 'the deliveries do not add up to the acknowledged callbacks');
}

/** So that some callbacks meet a payment and are settled. */
async function openPayments(service: Service, gateway: FuzzedGateway): Promise<void> {
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
