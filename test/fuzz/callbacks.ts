import fc from 'fast-check';
import type { RawCallback } from '../../src/adapters/gateways/gateway.js';
import type { PlayedGateway } from '../../src/sandbox/sign-callback.js';
import { genuinePayload } from './genuine-payloads.js';
import { hostileForm, SPELLINGS, type Parameter } from './hostile-form.js';
import { hostileJson } from './hostile-json.js';
import { changeOfBytes, oddText } from './odd-values.js';
import type { Seals } from './signing.js';

/** What a stranger sends, what is made of a genuine callback, and what a gateway signs that has lost its mind. */
export const SORTS = ['unsigned', 'tampered', 'signed'] as const;
export type Sort = (typeof SORTS)[number];

export interface Input {
  readonly callback: RawCallback;
  readonly receivedAt: Date;
  /** What a tampered callback was made of, and when that was signed. */
  readonly genuine?: RawCallback & { readonly at: Date };
  /** The signature is right and nothing else can refuse it, so it has to be verified. */
  readonly isSound?: boolean;
}

/** What is longer is refused before a verifier sees it: bodies by the service, headers by Node. */
const BODY_LIMIT_BYTES = 256 * 1024;
const HEADERS_LIMIT_BYTES = 16 * 1024;

export function inputs(gateway: PlayedGateway, sort: Sort, seals: Seals): fc.Arbitrary<Input> {
  const all = { signed, tampered, unsigned }[sort](gateway, seals);
  return all.filter(
    ({ callback: { headers, body } }) =>
      body.length <= BODY_LIMIT_BYTES && lengthOf(headers) <= HEADERS_LIMIT_BYTES,
  );
}

function lengthOf(headers: Headers): number {
  const values = Object.values(headers ?? {}).flat();
  return values.reduce<number>((sum, value) => sum + (typeof value === 'string' ? value.length : 0), 0);
}

/** Right signatures over hostile content. */
function signed(gateway: PlayedGateway, seals: Seals): fc.Arbitrary<Input> {
  const payload = genuinePayload(gateway, seals);
  const sound = (callback: RawCallback): Input => ({ callback, receivedAt: seals.at, isSound: true });
  switch (gateway) {
    case 'stripe':
      return hostileJson(payload).map((body) => sound(seals.stripe(body)));
    case 'wechat-pay':
      return wechatPayBody(payload, seals).map((body) => sound(seals.wechatPay(body)));
    case 'standard-webhooks':
      return fc
        .tuple(hostileJson(payload), webhookId)
        .map(([body, id]) => sound(seals.standardWebhooks(body, id)));
    case 'alipay':
      break;
  }
  return fc.tuple(hostileForm(payload), fc.constantFrom(...SPELLINGS)).map(([form, spelling]) => ({
    ...sound(seals.alipay(form, spelling)),
    isSound: isPlainForm(form),
  }));
}

/** Node reads each byte of a header as a character, so no other one comes in. */
const webhookId = fc.oneof(
  fc.nat().map((nth) => `msg_${nth}`),
  fc.string({ unit: fc.integer({ min: 0x21, max: 0xff }).filter((code) => code !== 0x7f).map((code) => String.fromCharCode(code)), minLength: 1, maxLength: 300 })
    .filter((id) => /^[^{\s]+$/.test(id)),
); // prettier-ignore

/** Wrong inside of the seal, or outside, or both. */
function wechatPayBody(payload: fc.Arbitrary<Record<string, unknown>>, seals: Seals): fc.Arbitrary<Buffer> {
  const envelope = payload.chain((whole) => {
    const inside = fc.oneof(
      { weight: 4, arbitrary: hostileJson(fc.constant(whole['resource'])) },
      { weight: 1, arbitrary: fc.constant(Buffer.from(JSON.stringify(whole['resource']))) },
    );
    const kind = String(whole['event_type']).startsWith('REFUND') ? 'refund' : 'transaction';
    return inside.map((plain) => ({ ...whole, resource: seals.wechatPayResource(plain, kind) }));
  });
  const untouched = envelope.map((whole) => Buffer.from(JSON.stringify(whole)));
  return fc.oneof({ weight: 3, arbitrary: untouched }, { weight: 2, arbitrary: hostileJson(envelope) });
}

/** Names that are plain and come once, not too many, and a sign_type that is verified here. */
function isPlainForm(form: readonly Parameter[]): boolean {
  const names = form.map(([name]) => name);
  const isOnce = new Set([...names, 'sign']).size === names.length + 1;
  const types = form.flatMap(([name, value]) => (name === 'sign_type' ? [value.toString('latin1')] : []));
  return isOnce && names.length < 200 && names.every((name) => /^[\w.-]+$/.test(name)) && types.every((type) => type === 'RSA2');
} // prettier-ignore

/** A genuine callback and up to four changes that its sender knew nothing of. */
function tampered(gateway: PlayedGateway, seals: Seals): fc.Arbitrary<Input> {
  const genuine = fc.constantFrom(...genuineCallbacks(gateway, seals));
  const headers = fc.array(changeOfHeaders, { maxLength: 2 });
  const bodies = fc.array(changeOfBytes, { maxLength: 2 });
  const delays = [0, 0, 0, 0, -300_001, -300_000, 299_999, 300_000, 300_001, 1e12, -1e12];
  return fc
    .tuple(genuine, headers, bodies, fc.constantFrom(...delays))
    .map(([genuine, changesOfHeaders, changesOfBody, delay]) => ({
      genuine: { ...genuine, at: seals.at },
      receivedAt: new Date(seals.at.getTime() + delay),
      callback: {
        headers: changesOfHeaders.reduce((kept, change) => change(kept), genuine.headers),
        body: changesOfBody.reduce((kept, change) => change(kept), genuine.body),
      },
    }));
}

/** A few, made beforehand: signing each anew would cost more than all that is done to it. */
function genuineCallbacks(gateway: PlayedGateway, seals: Seals): RawCallback[] {
  const payloads = fc.sample(genuinePayload(gateway, seals), { numRuns: 40, seed: 1 });
  return payloads.map((payload, nth) => {
    const json = Buffer.from(JSON.stringify(payload));
    if (gateway === 'stripe') return seals.stripe(json);
    if (gateway === 'standard-webhooks') return seals.standardWebhooks(json, `msg_${nth}`);
    if (gateway === 'alipay') {
      const form = Object.entries(payload).map(([name, text]): Parameter => [
        name,
        Buffer.from(String(text)),
      ]);
      return seals.alipay(form, SPELLINGS[nth % SPELLINGS.length]!);
    }
    const plain = Buffer.from(JSON.stringify(payload['resource']));
    const resource = seals.wechatPayResource(plain, 'transaction');
    return seals.wechatPay(Buffer.from(JSON.stringify({ ...payload, resource })));
  });
}

type Headers = RawCallback['headers'];

const changeOfValue: fc.Arbitrary<(value: string) => string | string[] | undefined> = fc.oneof(
  fc.constantFrom(
    () => undefined,
    (value: string) => [value, value],
    (value: string) => `${value}, ${value}`,
    (value: string) => `${value} ${value}`,
    (value: string) => `${value},${value}`,
    (value: string) => ` ${value} `,
    (value: string) => value.toUpperCase(),
    (value: string) => value.replace(/=*$/, ''),
    (value: string) => value.replaceAll('+', '-').replaceAll('/', '_'),
    (value: string) => `${value}${'A'.repeat(15_000)}`,
    (value: string) => value.repeat(100),
  ),
  oddText.map((text) => () => text),
  // A time is moved across the edges of its window, and out of every calendar.
  fc.constantFrom(-301, -300, -1, 1, 300, 301, 1e12, NaN).map((by) => (value: string) =>
    value.replace(/\d{10}/, (seconds) => String(Number(seconds) + by)),
  ),
  changeOfBytes.map((change) => (value: string) => change(Buffer.from(value, 'latin1')).toString('latin1')),
); // prettier-ignore

const changeOfHeaders = fc.tuple(fc.nat(), changeOfValue).map(([place, change]) => (headers: Headers): Headers => {
  const names = Object.keys(headers);
  const name = names[place % names.length]!;
  const value = headers[name];
  return typeof value === 'string' ? { ...headers, [name]: change(value) } : headers;
}); // prettier-ignore

/** Nobody's bytes under anybody's headers. */
function unsigned(gateway: PlayedGateway, seals: Seals): fc.Arbitrary<Input> {
  const known = genuineCallbacks(gateway, seals);
  const names = known.flatMap(({ headers }) => Object.keys(headers));
  const prefixes = fc.constantFrom(`t=${seals.timestamp},v1=`, `t=${seals.timestamp},`, 'v1,', seals.timestamp, ',', 'WECHATPAY/SIGNTEST/');
  const value = fc.oneof(oddText, prefixes, fc.tuple(prefixes, fc.base64String()).map((parts) => parts.join('')), fc.anything());
  const own = fc.constantFrom(...known.map(({ headers }) => headers));
  const headers = fc.oneof(
    fc.dictionary(fc.constantFrom(...names, '__proto__', 'content-length'), value),
    fc.tuple(own, fc.dictionary(fc.constantFrom(...names), value, { maxKeys: 1 })).map(([genuine, odd]) => ({ ...genuine, ...odd })),
    fc.constantFrom(undefined, null, []),
  );
  const body = fc.oneof(
    fc.uint8Array({ maxLength: 2_000 }).map((bytes) => Buffer.from(bytes)),
    hostileJson(genuinePayload(gateway, seals)),
    fc.tuple(fc.constantFrom('sign=', 'a=1&sign=', 'sign&', 'sign_type=RSA2&sign=%'), oddText).map(([start, text]) => Buffer.from(start + text)),
  );
  // By chance the body may be one that was signed.
  const unknown = body.filter((bytes) => known.every((genuine) => !genuine.body.equals(bytes)));
  return fc.tuple(headers, unknown).map(([odd, bytes]) => ({
    receivedAt: seals.at,
    callback: { headers: odd as Headers, body: bytes },
  }));
} // prettier-ignore
