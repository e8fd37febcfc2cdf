import { createHash } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Payload, SignedCallback } from '../../src/sandbox/callback.js';
import { type SandboxKeys, signCallback } from '../../src/sandbox/gateways/registry.js';
import type { Answer, Attempt } from './history.js';
import type { PlannedCallback } from './plan.js';
import { reportPayload } from './report-payloads.js';

/** A little more than the longest time that the service takes for an answer. */
const TIMEOUT_MS = 6_000;
const FIRST_BACKOFF_MS = 100;
const LONGEST_BACKOFF_MS = 3_000;
const PROBE_EVERY_MS = 500;
/** A signature is valid for five minutes either way. A callback that is sent for longer than this is signed again. */
const SIGNED_FOR_MS = 100_000;

/** No report is from the future, whatever the clock of a replica says. */
const REPORTS_BEFORE_MS = 300_000;

export interface SenderSettings {
  readonly keys: SandboxKeys;
  /** The keys of another installation, for forgeries. */
  readonly unknownKeys: SandboxKeys;
  readonly urlOf: (replica: number) => string;
  readonly hasStopped: () => boolean;
}

/** Plays the gateways: sends each callback until it is acknowledged, and records every attempt. */
export class Sender {
  readonly attempts: Attempt[] = [];
  /** The gateways' time of what they report about refunds and disputes. */
  private readonly from = new Date(Date.now() - REPORTS_BEFORE_MS);
  private readonly signed = new Map<
    string,
    { readonly at: number; readonly callback: SignedCallback; readonly digest: string }
  >();

  constructor(private readonly settings: SenderSettings) {}

  /** Resolves when the callback is acknowledged, or rejected if it is forged. */
  async deliver(callback: PlannedCallback, to: number): Promise<void> {
    let backoff = FIRST_BACKOFF_MS;
    for (let replica = to; !this.settings.hasStopped(); replica = 1 - replica) {
      const answer = await this.attempt(callback, replica);
      if (typeof answer === 'number' && (answer < 300 || (callback.forgery && answer === 401))) return;
      await sleep(backoff);
      backoff = Math.min(backoff * 2, LONGEST_BACKOFF_MS);
    }
  }

  /** Sends the callback to one replica only, until it is acknowledged or the time is up. Returns whether it was acknowledged. */
  async deliverTo(callback: PlannedCallback, replica: number, until: number): Promise<boolean> {
    while (!this.settings.hasStopped() && performance.now() < until) {
      const answer = await this.attempt(callback, replica);
      if (typeof answer === 'number' && answer < 300) return true;
      await sleep(PROBE_EVERY_MS);
    }
    return false;
  }

  private async attempt(callback: PlannedCallback, replica: number): Promise<Answer> {
    const { callback: signed, digest } = this.currentlySigned(callback);
    const at = Date.now();
    const since = performance.now();
    const answer = await post(new URL(signed.path, this.settings.urlOf(replica)), signed);
    this.attempts.push({
      callback: callback.key,
      at,
      ms: performance.now() - since,
      replica,
      digest,
      answer,
    });
    return answer;
  }

  /** Repeats have the same bytes while the signature is fresh enough. */
  private currentlySigned(callback: PlannedCallback) {
    const known = this.signed.get(callback.key);
    if (known && Date.now() - known.at < SIGNED_FOR_MS) return known;
    const signed = this.sign(callback);
    const digest = createHash('sha256').update(signed.body).digest('hex');
    const fresh = { at: Date.now(), callback: signed, digest };
    this.signed.set(callback.key, fresh);
    return fresh;
  }

  private sign(callback: PlannedCallback): SignedCallback {
    const { keys, unknownKeys } = this.settings;
    return signPlanned(callback, callback.forgery === 'unknown key' ? unknownKeys : keys, this.from);
  }
}

/** @param from the beginning of the gateways' time of what they report about refunds and disputes. */
export function signPlanned(callback: PlannedCallback, keys: SandboxKeys, from: Date): SignedCallback {
  const { gateway, forgery, ...content } = callback;
  const tamper = forgery === 'tampered';
  const alter = (payload: Payload) => reportPayload(callback, payload, from);
  const signed = signCallback(gateway, keys, { ...content, at: new Date(), tamper, alter });
  return forgery === 'unsigned' ? unsigned(signed) : signed;
}

/** Removes the signature, which Alipay has in the body and the other gateways in a header. */
function unsigned({ path, headers, body }: SignedCallback): SignedCallback {
  const left = Object.entries(headers).filter(([name]) => !name.includes('signature'));
  const bare = body.toString('latin1').replace(/^sign=[^&]*&/, '');
  return { path, headers: Object.fromEntries(left), body: Buffer.from(bare, 'latin1') };
}

async function post(url: URL, { headers, body }: SignedCallback): Promise<Answer> {
  try {
    const signal = AbortSignal.timeout(TIMEOUT_MS);
    const response = await fetch(url, { method: 'POST', headers, body: new Uint8Array(body), signal });
    await response.arrayBuffer();
    return response.status;
  } catch (error) {
    return (error as Error).name === 'TimeoutError' ? 'timed out' : 'cut';
  }
}
