import { Agent, request } from 'node:http';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { Pool } from 'pg';
import type { SignedCallback } from '../../src/sandbox/callback.js';
import { signCallback } from '../../src/sandbox/gateways/registry.js';
import { sandboxKeys } from '../../src/sandbox/keys.js';
import { unique } from './service.js';

/** A signed callback that says that its payment has succeeded. */
export interface PreparedCallback {
  readonly paymentNumber: string;
  readonly signed: SignedCallback;
}

/** Creates orders over 100.00 CNY, each with one payment, and signs the callback of each payment. */
export async function prepareCallbacks(databaseUrl: string, count: number): Promise<PreparedCallback[]> {
  const keys = await sandboxKeys(path.join(tmpdir(), 'quittance-test-keys'));
  const numbers = Array.from({ length: count }, () => unique('P'));
  const pool = new Pool({ connectionString: databaseUrl, max: 1 });
  await pool.query(
    `WITH placed AS (INSERT INTO orders (number, total, currency, status)
                     SELECT number, 100, 'CNY', 'pending' FROM unnest($1::text[]) AS new (number) RETURNING number)
     INSERT INTO payments (number, order_number, gateway, amount, currency, status, expires_at)
     SELECT number, number, 'standard-webhooks', 100, 'CNY', 'init', now() + interval '1 hour' FROM placed`,
    [numbers],
  );
  await pool.end();
  return numbers.map((paymentNumber) => {
    const ids = { transactionId: `T-${paymentNumber}`, eventId: `E-${paymentNumber}` };
    const content = { ...ids, paymentNumber, amount: '100.00', currency: 'CNY', at: new Date() };
    return {
      paymentNumber,
      signed: signCallback('standard-webhooks', keys, { ...content, status: 'succeeded' }),
    };
  });
}

/**
 * Sends the callbacks of the queue over 16 connections, until the queue is empty or `goesOn` returns false. Returns the answer
 * to each callback that was sent, by payment number: its status, or null if the connection broke first.
 */
export async function sendAll(
  url: string,
  queue: PreparedCallback[],
  goesOn: () => boolean = () => true,
): Promise<Map<string, number | null>> {
  const answers = new Map<string, number | null>();
  const agent = new Agent({ keepAlive: true, maxSockets: CONNECTIONS });
  const connection = async (): Promise<void> => {
    for (let next = queue.shift(); next; next = goesOn() ? queue.shift() : undefined)
      answers.set(next.paymentNumber, await send(url, next, agent));
  };
  await Promise.all(Array.from({ length: CONNECTIONS }, connection));
  agent.destroy();
  return answers;
}

const CONNECTIONS = 16;

function send(url: string, { signed }: PreparedCallback, agent: Agent): Promise<number | null> {
  return new Promise((resolve) => {
    const options = { method: 'POST', headers: signed.headers, agent };
    const sent = request(new URL(signed.path, url), options, (response) => {
      response.resume();
      response.on('end', () => resolve(response.statusCode!));
      response.on('error', () => resolve(null));
    });
    sent.on('error', () => resolve(null));
    sent.end(signed.body);
  });
}
