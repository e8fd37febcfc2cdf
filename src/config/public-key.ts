import { X509Certificate, createPrivateKey, createPublicKey } from 'node:crypto';

/** NIST SP 800-131A: shorter RSA keys no longer protect signatures. */
export const SHORTEST_RSA_BITS = 2048;

/** The fault is a predicate such as "contains a private key". */
type PublicKey = { readonly pem: string } | { readonly fault: string };

const NO_KEY: PublicKey = { fault: 'is not a PEM public key or certificate' };

/**
 * The PEM of an RSA public key or certificate, from each form in which consoles, secret stores and shells give it: PEM, PEM in one line
 * or with `\n` in place of its line breaks, the base64 of its bytes alone, and the base64 of a whole PEM file.
 */
export function publicKeyIn(content: string): PublicKey {
  const pem = pemOf(content);
  if (pem === null) return isPrivateKey(bytesOf(content)) ? { fault: 'contains a private key' } : NO_KEY;
  // Node would derive a public key from a private one, but this service must not have a gateway's private key at all.
  if (pem.includes('PRIVATE KEY')) return { fault: 'contains a private key' };
  try {
    const { asymmetricKeyType, asymmetricKeyDetails } = createPublicKey(pem);
    if (asymmetricKeyType !== 'rsa') return { fault: 'contains a key that is not RSA' };
    const isLong = (asymmetricKeyDetails?.modulusLength ?? 0) >= SHORTEST_RSA_BITS;
    return isLong ? { pem } : { fault: `contains an RSA key of fewer than ${SHORTEST_RSA_BITS} bits` };
  } catch {
    return NO_KEY;
  }
}

/** Whether a text that should be a path is a key itself. A path can be long and have only letters of base64, but it is no key. */
export function isKeyItself(text: string): boolean {
  return text.includes('-----BEGIN ') || pemOf(text) !== null || isPrivateKey(bytesOf(text));
}

function pemOf(content: string): string | null {
  const [block, label, body] =
    /-----BEGIN ([A-Z ]+)-----(.+?)-----END \1-----/s.exec(content.replaceAll(/\\r?\\n|\\n/g, '\n')) ?? [];
  if (block === undefined) return pemOfBytes(bytesOf(content));
  // A PEM that is read as it is stays as it is: it may have more than one block.
  return isReadable(content) ? content : pemBlock(label!, body!.replaceAll(/\s/g, ''));
}

/** From the bytes of a key or certificate (DER), or of a PEM file. Null for anything else. */
function pemOfBytes(bytes: Buffer): string | null {
  if (bytes.length === 0) return null;
  if (bytes.subarray(0, 11).toString('latin1') === '-----BEGIN ') return bytes.toString('utf8');
  const base64 = bytes.toString('base64');
  const forms = ['PUBLIC KEY', 'RSA PUBLIC KEY', 'CERTIFICATE'].map((label) => pemBlock(label, base64));
  return forms.find(isReadable) ?? null;
}

/** Empty unless the text is base64 of a key's length. */
function bytesOf(text: string): Buffer {
  const base64 = text.replaceAll(/\s|\\r|\\n/g, '');
  return /^[A-Za-z0-9+/]{64,}={0,2}$/.test(base64) ? Buffer.from(base64, 'base64') : Buffer.alloc(0);
}

function isReadable(pem: string): boolean {
  try {
    return pem.includes('CERTIFICATE') ? Boolean(new X509Certificate(pem)) : Boolean(createPublicKey(pem));
  } catch {
    return false;
  }
}

function isPrivateKey(bytes: Buffer): boolean {
  return (['pkcs8', 'pkcs1'] as const).some((type) => {
    try {
      return createPrivateKey({ key: bytes, format: 'der', type }).type === 'private';
    } catch {
      return false;
    }
  });
}

function pemBlock(label: string, base64: string): string {
  const lines = base64.match(/.{1,64}/g) ?? [];
  return `-----BEGIN ${label}-----\n${lines.join('\n')}\n-----END ${label}-----\n`;
}
