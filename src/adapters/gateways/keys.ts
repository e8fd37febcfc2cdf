import { SHORTEST_RSA_BITS } from '../../config/variable.js';
import {
  type KeyObject,
  createHash,
  createHmac,
  createPublicKey,
  createSecretKey,
  verify,
} from 'node:crypto';
import { equalInConstantTime } from './parsing.js';

/** A key that verifies callbacks now. The id, which logs and the inbox show, does not reveal the key. */
export interface LiveKey {
  readonly id: string;
  readonly key: KeyObject;
}

/** @throws Error that names the variable, never a value, where the list is empty: a gateway without keys must not start. */
export function required<Value>(variable: string, values: readonly Value[]): readonly Value[] {
  if (values.length === 0) throw new Error(`${variable} names no key`);
  return values;
}

/** @throws Error that names the variable where `bytes` is empty. */
export function makeHmacKey(variable: string, secret: string, bytes: Buffer): LiveKey {
  if (bytes.length === 0) throw new Error(`${variable} contains a secret that is empty or not well formed`);
  return { id: `whsec:${fingerprint(secret)}`, key: createSecretKey(bytes) };
}

/**
 * From a PEM public key or certificate. The operator names each certificate, so its key is trusted; neither its chain nor its
 * dates are checked.
 * @throws Error that names the variable where the PEM is not an RSA key of at least 2048 bits.
 */
export function rsaKey(variable: string, pem: string): LiveKey {
  const key = publicKeyOf(pem);
  const bits = key?.asymmetricKeyType === 'rsa' ? (key.asymmetricKeyDetails?.modulusLength ?? 0) : 0;
  if (!key || bits < SHORTEST_RSA_BITS) {
    throw new Error(
      `${variable} contains something that is not an RSA public key of at least ${SHORTEST_RSA_BITS} bits`,
    );
  }
  return { id: `rsa:${fingerprint(key.export({ type: 'spki', format: 'der' }))}`, key };
}

/** The key whose HMAC-SHA256 over the parts is among the signatures. Signatures are compared as text. */
export function findHmacKey(
  keys: readonly LiveKey[],
  parts: readonly (string | Buffer)[],
  encoding: 'hex' | 'base64',
  signatures: readonly string[],
): LiveKey | undefined {
  return keys.find(({ key }) => {
    const hmac = createHmac('sha256', key);
    // Node decodes header bytes as latin1, so encoding as latin1 restores the bytes that were signed.
    for (const part of parts) {
      if (typeof part === 'string') hmac.update(part, 'latin1');
      else hmac.update(part);
    }
    const expected = Buffer.from(hmac.digest(encoding));
    return signatures.some((signature) => equalInConstantTime(Buffer.from(signature), expected));
  });
}

/** Whether the base64 signature was made with the key, by SHA256withRSA (PKCS#1 v1.5). */
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
