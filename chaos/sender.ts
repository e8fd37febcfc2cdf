import { createHash } from 'node:crypto';
import { setTimeout as rest } from 'node:timers/promises';
import type { SignedCallback } from '../src/sandbox/callback.js';
import type { DevelopmentKeys } from '../src/sandbox/development-keys.js';
import { signCallback } from '../src/sandbox/sign-callback.js';
import type { Answer, Attempt } from './history.js';
import type { PlannedCallback } from './plan.js';

/** A little more than the service takes at most for any answer. */
const PATIENCE_MS = 6_000;
const FIRST_BACKOFF_MS = 100;
const LONGEST_BACKOFF_MS = 3_000;
/** A signature holds for five minutes, either way; what goes on for longer is signed anew. */
const SIGNED_FOR_MS = 100_000;

/** The gateways: what is not acknowledged they send again until it is, and write down all that they did and heard. */
export class Sender {
  readonly attempts: Attempt[] = [];
  private readonly signed = new Map<
    string,
    { readonly at: number; readonly callback: SignedCallback; readonly digest: string }
  >();

  constructor(
    private readonly keys: DevelopmentKeys,
    /** Of another installation, for forgeries. */
    private readonly strangeKeys: DevelopmentKeys,
    private readonly urlOf: (replica: number) => string,
    private readonly gaveUp: () => boolean,
  ) {}

  /** Until it is acknowledged, or where it is forged refused. */
  async deliver(callback: PlannedCallback, to: number): Promise<void> {
    let backoff = FIRST_BACKOFF_MS;
    for (let replica = to; !this.gaveUp(); replica = 1 - replica) {
      const answer = await this.attempt(callback, replica);
      if (typeof answer === 'number' && (answer < 300 || (callback.forgery && answer === 401))) return;
      await rest(backoff);
      backoff = Math.min(backoff * 2, LONGEST_BACKOFF_MS);
    }
  }

  private async attempt(callback: PlannedCallback, replica: number): Promise<Answer> {
    const { callback: signed, digest } = this.signedNow(callback);
    const at = Date.now();
    const since = performance.now();
    const answer = await post(new URL(signed.path, this.urlOf(replica)), signed);
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

  /** Repeats are the same bytes. */
  private signedNow(callback: PlannedCallback) {
    const known = this.signed.get(callback.key);
    if (known && Date.now() - known.at < SIGNED_FOR_MS) return known;
    const signed = this.sign(callback);
    const digest = createHash('sha256').update(signed.body).digest('hex');
    const fresh = { at: Date.now(), callback: signed, digest };
    this.signed.set(callback.key, fresh);
    return fresh;
  }

  private sign({ gateway, forgery, ...content }: PlannedCallback): SignedCallback {
    const keys = forgery === 'strange key' ? this.strangeKeys : this.keys;
    const tamper = forgery === 'tampered';
    const signed = signCallback(gateway, keys, { ...content, at: new Date(), tamper });
    return forgery === 'unsigned' ? unsigned(signed) : signed;
  }
}

/** The same without its signature, wherever the gateway carries it. */
function unsigned({ path, headers, body }: SignedCallback): SignedCallback {
  const left = Object.entries(headers).filter(([name]) => !name.includes('signature'));
  const bare = body.toString('latin1').replace(/^sign=[^&]*&/, '');
  return { path, headers: Object.fromEntries(left), body: Buffer.from(bare, 'latin1') };
}

async function post(url: URL, { headers, body }: SignedCallback): Promise<Answer> {
  try {
    const signal = AbortSignal.timeout(PATIENCE_MS);
    const response = await fetch(url, { method: 'POST', headers, body: new Uint8Array(body), signal });
    await response.arrayBuffer();
    return response.status;
  } catch (error) {
    return (error as Error).name === 'TimeoutError' ? 'timed out' : 'cut';
  }
}
