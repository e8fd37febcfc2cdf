import fc from 'fast-check';
import type { RawCallback } from '../../src/adapters/gateways/gateway.js';
import type { FuzzSigner } from './fuzz-signer.js';
import { genuinePayload } from './genuine-payloads.js';
import { type Parameter, SPELLINGS, hostileForm } from './hostile-form.js';
import { hostileJson } from './hostile-json.js';
import type { FuzzedGateway } from './keys.js';
import { changeOfBytes, oddText } from './odd-values.js';

/** Bytes without a valid signature; genuine callbacks changed after signing; hostile content with a valid signature. */
export const SORTS = ['unsigned', 'tampered', 'signed'] as const;
export type Sort = (typeof SORTS)[number];

export interface Input {
  readonly callback: RawCallback;
  readonly receivedAt: Date;
  /** For a tampered callback: the original, and when it was signed. */
  readonly genuine?: RawCallback & { readonly at: Date };
  /** The signature is valid and the gateway has no other reason to reject it. */
  readonly mustVerify?: boolean;
}

/** Anything larger is refused before a verifier gets it: bodies by the service, headers by Node. */
const BODY_LIMIT_BYTES = 256 * 1024;
const HEADERS_LIMIT_BYTES = 16 * 1024;

type Headers = RawCallback['headers'];

export function inputs(gateway: FuzzedGateway, sort: Sort, signer: FuzzSigner): fc.Arbitrary<Input> {
  const all = { signed, tampered, unsigned }[sort](gateway, signer);
  return all.filter(
    ({ callback: { headers, body } }) =>
      body.length <= BODY_LIMIT_BYTES && lengthOf(headers) <= HEADERS_LIMIT_BYTES,
  );
}

function lengthOf(headers: Headers): number {
  const values = Object.values(headers ?? {}).flat();
  return values.reduce<number>((sum, value) => sum + (typeof value === 'string' ? value.length : 0), 0);
}

/** Valid signatures over hostile content. */
function signed(gateway: FuzzedGateway, signer: FuzzSigner): fc.Arbitrary<Input> {
  const payload = genuinePayload(gateway, signer);
  const valid = (callback: RawCallback): Input => ({ callback, receivedAt: signer.at, mustVerify: true });
  switch (gateway) {
    case 'stripe':
      return hostileJson(payload).map((body) => valid(signer.stripe(body)));
    case 'wechat-pay':
      return wechatPayBody(payload, signer).map((body) => valid(signer.wechatPay(body)));
    case 'standard-webhooks':
      return fc
        .tuple(hostileJson(payload), webhookId)
        .map(([body, id]) => valid(signer.standardWebhooks(body, id)));
    case 'alipay':
      break;
  }
  return fc.tuple(hostileForm(payload), fc.constantFrom(...SPELLINGS)).map(([form, spelling]) => ({
    ...valid(signer.alipay(form, spelling)),
    mustVerify: isPlainForm(form),
  }));
}

/** Node decodes each byte of a header as one character, so no other character is possible. */
const webhookId = fc.oneof(
  fc.nat().map((nth) => `msg_${nth}`),
  fc
    .string({
      unit: fc
        .integer({ min: 0x21, max: 0xff })
        .filter((code) => code !== 0x7f)
        .map((code) => String.fromCharCode(code)),
      minLength: 1,
      maxLength: 300,
    })
    .filter((id) => /^[^{\s]+$/.test(id)),
);

/** Changes inside the encrypted resource, outside it, or both. */
function wechatPayBody(
  payload: fc.Arbitrary<Record<string, unknown>>,
  signer: FuzzSigner,
): fc.Arbitrary<Buffer> {
  const envelope = payload.chain((whole) => {
    const inside = fc.oneof(
      { weight: 4, arbitrary: hostileJson(fc.constant(whole['resource'])) },
      { weight: 1, arbitrary: fc.constant(Buffer.from(JSON.stringify(whole['resource']))) },
    );
    const kind = String(whole['event_type']).startsWith('REFUND') ? 'refund' : 'transaction';
    return inside.map((plain) => ({ ...whole, resource: signer.wechatPayResource(plain, kind) }));
  });
  const unchanged = envelope.map((whole) => Buffer.from(JSON.stringify(whole)));
  return fc.oneof({ weight: 3, arbitrary: unchanged }, { weight: 2, arbitrary: hostileJson(envelope) });
}

/** The names are simple, unique and not too many, and the `sign_type` is supported. */
function isPlainForm(form: readonly Parameter[]): boolean {
  const names = form.map(([name]) => name);
  const areUnique = new Set([...names, 'sign']).size === names.length + 1;
  const types = form.flatMap(([name, value]) => (name === 'sign_type' ? [value.toString('latin1')] : []));
  return (
    areUnique &&
    names.length < 200 &&
    names.every((name) => /^[\w.-]+$/.test(name)) &&
    types.every((type) => type === 'RSA2')
  );
}

/** A genuine callback with up to four changes that were made after signing. */
function tampered(gateway: FuzzedGateway, signer: FuzzSigner): fc.Arbitrary<Input> {
  const genuine = fc.constantFrom(...genuineCallbacks(gateway, signer));
  const headers = fc.array(changeOfHeaders, { maxLength: 2 });
  const bodies = fc.array(changeOfBytes, { maxLength: 2 });
  const delays = [0, 0, 0, 0, -300_001, -300_000, 299_999, 300_000, 300_001, 1e12, -1e12];
  return fc
    .tuple(genuine, headers, bodies, fc.constantFrom(...delays))
    .map(([original, changesOfHeaders, changesOfBody, delay]) => ({
      genuine: { ...original, at: signer.at },
      receivedAt: new Date(signer.at.getTime() + delay),
      callback: {
        headers: changesOfHeaders.reduce((changed, change) => change(changed), original.headers),
        body: changesOfBody.reduce((changed, change) => change(changed), original.body),
      },
    }));
}

/** A few callbacks, made beforehand. To sign a new one for each input would cost more than the rest of the work. */
function genuineCallbacks(gateway: FuzzedGateway, signer: FuzzSigner): RawCallback[] {
  const payloads = fc.sample(genuinePayload(gateway, signer), { numRuns: 40, seed: 1 });
  return payloads.map((payload, nth) => {
    const json = Buffer.from(JSON.stringify(payload));
    if (gateway === 'stripe') return signer.stripe(json);
    if (gateway === 'standard-webhooks') return signer.standardWebhooks(json, `msg_${nth}`);
    if (gateway === 'alipay') {
      const form = Object.entries(payload).map(([name, text]): Parameter => [
        name,
        Buffer.from(String(text)),
      ]);
      return signer.alipay(form, SPELLINGS[nth % SPELLINGS.length]!);
    }
    const plain = Buffer.from(JSON.stringify(payload['resource']));
    const resource = signer.wechatPayResource(plain, 'transaction');
    return signer.wechatPay(Buffer.from(JSON.stringify({ ...payload, resource })));
  });
}

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
  // Moves a timestamp across the limits of its window, and to a value that is not a date.
  fc
    .constantFrom(-301, -300, -1, 1, 300, 301, 1e12, NaN)
    .map((by) => (value: string) => value.replace(/\d{10}/, (seconds) => String(Number(seconds) + by))),
  changeOfBytes.map((change) => (value: string) => change(Buffer.from(value, 'latin1')).toString('latin1')),
);

const changeOfHeaders = fc
  .tuple(fc.nat(), changeOfValue)
  .map(([place, change]) => (headers: Headers): Headers => {
    const names = Object.keys(headers);
    const name = names[place % names.length]!;
    const value = headers[name];
    return typeof value === 'string' ? { ...headers, [name]: change(value) } : headers;
  });

/** Bodies that were never signed, with any headers. */
function unsigned(gateway: FuzzedGateway, signer: FuzzSigner): fc.Arbitrary<Input> {
  const known = genuineCallbacks(gateway, signer);
  const body = fc.oneof(
    fc.uint8Array({ maxLength: 2_000 }).map((bytes) => Buffer.from(bytes)),
    hostileJson(genuinePayload(gateway, signer)),
    fc
      .tuple(fc.constantFrom('sign=', 'a=1&sign=', 'sign&', 'sign_type=RSA2&sign=%'), oddText)
      .map(([start, text]) => Buffer.from(start + text)),
  );
  // By chance the body may be one that was signed.
  const unknown = body.filter((bytes) => known.every((genuine) => !genuine.body.equals(bytes)));
  return fc.tuple(anyHeaders(known, signer), unknown).map(([headers, bytes]) => ({
    receivedAt: signer.at,
    callback: { headers: headers as Headers, body: bytes },
  }));
}

/** The signature headers of the gateway with odd values, the headers of a genuine callback, and values that are no headers. */
function anyHeaders(known: readonly RawCallback[], signer: FuzzSigner): fc.Arbitrary<unknown> {
  const names = known.flatMap(({ headers }) => Object.keys(headers));
  const { timestamp } = signer;
  const prefixes = fc.constantFrom(
    `t=${timestamp},v1=`,
    `t=${timestamp},`,
    'v1,',
    timestamp,
    ',',
    'WECHATPAY/SIGNTEST/',
  );
  const value = fc.oneof(
    oddText,
    prefixes,
    fc.tuple(prefixes, fc.base64String()).map((parts) => parts.join('')),
    fc.anything(),
  );
  return fc.oneof(
    fc.dictionary(fc.constantFrom(...names, '__proto__', 'content-length'), value),
    fc
      .tuple(
        fc.constantFrom(...known.map(({ headers }) => headers)),
        fc.dictionary(fc.constantFrom(...names), value, { maxKeys: 1 }),
      )
      .map(([genuine, odd]) => ({ ...genuine, ...odd })),
    fc.constantFrom(undefined, null, []),
  );
}
