import { Agent, request } from 'node:http';
import path from 'node:path';
import { tmpdir } from 'node:os';
import { setTimeout as rest } from 'node:timers/promises';
import { Pool } from 'pg';
import type { SignedCallback } from '../../src/sandbox/callback.js';
import { developmentKeys } from '../../src/sandbox/development-keys.js';
import { signCallback } from '../../src/sandbox/sign-callback.js';
import { unique } from './service.js';

/** A signed success for a payment of its own. */
export interface Shot {
  readonly paymentNumber: string;
  readonly signed: SignedCallback;
}

/** Payments over 100.00 CNY, each of an order of its own, and the callback that says that it is paid. */
export async function shots(databaseUrl: string, count: number): Promise<Shot[]> {
  const keys = await developmentKeys(path.join(tmpdir(), 'quittance-test-keys'));
  const numbers = Array.from({ length: count }, () => unique('P'));
  const pool = new Pool({ connectionString: databaseUrl, max: 1 });
  await pool.query(
    `WITH new AS (INSERT INTO orders (number, total, currency, status)
                  SELECT number, 100, 'CNY', 'pending' FROM unnest($1::text[]) AS asked (number) RETURNING number)
     INSERT INTO payments (number, order_number, gateway, amount, currency, status, expires_at)
     SELECT number, number, 'standard-webhooks', 100, 'CNY', 'init', now() + interval '1 hour' FROM new`,
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
 * Sends one callback after another on each of so many connections until there are none left or `goesOn` says no. Returns what came of each
 * that was sent: the status, or null where the connection broke before the answer.
 */
export async function fire(
  url: string,
  queue: Shot[],
  goesOn: () => boolean = () => true,
): Promise<Map<string, number | null>> {
  const answers = new Map<string, number | null>();
  const agent = new Agent({ keepAlive: true, maxSockets: CONNECTIONS });
  const connection = async (): Promise<void> => {
    for (let shot = queue.shift(); shot; shot = goesOn() ? queue.shift() : undefined)
      answers.set(shot.paymentNumber, await send(url, shot, agent));
  };
  await Promise.all(Array.from({ length: CONNECTIONS }, connection));
  agent.destroy();
  return answers;
}

const CONNECTIONS = 16;

/** Asks until it is so, with a rest in between that leaves the machine to those who are asked about. */
export async function until(isSo: () => Promise<boolean>): Promise<void> {
  while (!(await isSo())) await rest(25);
}

function send(url: string, { signed }: Shot, agent: Agent): Promise<number | null> {
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
