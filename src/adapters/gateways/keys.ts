import {
  createHash,
  createHmac,
  createPublicKey,
  createSecretKey,
  verify,
  type KeyObject,
} from 'node:crypto';
import { equalInConstantTime } from './gateway.js';

/** A key that verifies at present, and the name by which logs and the inbox may know it. */
export interface LiveKey {
  readonly id: string;
  readonly key: KeyObject;
}

/** NIST SP 800-131A: shorter RSA keys no longer sign anything that money hangs on. */
const SHORTEST_RSA_BITS = 2048;

/**
 * @throws Error that names the setting, never a value, where it is empty: a gateway without keys must not
 * start.
 */
export function required<Value>(setting: string, values: readonly Value[]): readonly Value[] {
  if (values.length === 0) throw new Error(`${setting} names no key`);
  return values;
}

/** @throws Error that names the setting where the key's bytes are not there. */
export function hmacKey(setting: string, secret: string, bytes: Buffer): LiveKey {
  if (bytes.length === 0) throw new Error(`${setting} holds a secret that is empty or not well formed`);
  return { id: `whsec:${fingerprint(secret)}`, key: createSecretKey(bytes) };
}

/**
 * From a PEM public key or certificate. The operator names each certificate, so it is believed for the key
 * that it carries; neither its chain nor its dates are asked.
 * @throws Error that names the setting where the PEM is no RSA key of at least 2048 bits.
 */
export function rsaKey(setting: string, pem: string): LiveKey {
  const key = publicKeyOf(pem);
  const bits = key?.asymmetricKeyType === 'rsa' ? (key.asymmetricKeyDetails?.modulusLength ?? 0) : 0;
  if (!key || bits < SHORTEST_RSA_BITS) {
    throw new Error(
      `${setting} holds something that is no RSA public key of at least ${SHORTEST_RSA_BITS} bits`,
    );
  }
  return { id: `rsa:${fingerprint(key.export({ type: 'spki', format: 'der' }))}`, key };
}

/** The key whose HMAC-SHA256 over the parts is among the signatures, each compared as the text that it is. */
export function hmacKeyOf(
  keys: readonly LiveKey[],
  parts: readonly (string | Buffer)[],
  encoding: 'hex' | 'base64',
  signatures: readonly string[],
): LiveKey | undefined {
  return keys.find(({ key }) => {
    const hmac = createHmac('sha256', key);
    // Node reads header bytes as latin1, so latin1 gives back the bytes that were signed.
    for (const part of parts) hmac.update(typeof part === 'string' ? Buffer.from(part, 'latin1') : part);
    const expected = Buffer.from(hmac.digest(encoding));
    return signatures.some((signature) => equalInConstantTime(Buffer.from(signature), expected));
  });
}

/** Whether the base64 signature is the key's, by SHA256withRSA (PKCS#1 v1.5). */
export function rsaVerifies({ key }: LiveKey, signed: Buffer, signature: string): boolean {
  return verify('RSA-SHA256', signed, key, Buffer.from(signature, 'base64'));
}

function publicKeyOf(pem: string): KeyObject | undefined {
  try {
    return createPublicKey(pem);
  } catch {
    return undefined;
  }
}

function fingerprint(value: string | Buffer): string {
  return createHash('sha256').update(value).digest('hex').slice(0, 8);
}
