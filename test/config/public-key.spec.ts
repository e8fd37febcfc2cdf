import { describe, expect, test } from '@jest/globals';
import { createPublicKey, generateKeyPairSync } from 'node:crypto';
import { rsaPublicKeyFile } from '../../src/config/variable.js';
import { CERTIFICATE } from '../fixtures/tls-certificate.js';

const { publicKey, privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
const spki = publicKey.export({ type: 'spki', format: 'pem' }) as string;
const base64 = (der: Buffer): string => der.toString('base64');
const bare = base64(publicKey.export({ type: 'spki', format: 'der' }));

/** What a console, a secret store or a shell makes of one key. */
const FORMS: Readonly<Record<string, string>> = {
  PEM: spki,
  'bare base64 in one line': bare,
  'bare base64 in lines': `${bare.match(/.{1,64}/g)!.join('\n')}\n`,
  'bare base64 of a PKCS#1 key': base64(publicKey.export({ type: 'pkcs1', format: 'der' })),
  'PEM whose line breaks are \\n': spki.replaceAll('\n', '\\n'),
  'PEM whose line breaks are spaces': spki.replaceAll('\n', ' '),
  'PEM in one line': spki.replaceAll('\n', ''),
  'PEM with a byte order mark': `\uFEFF${spki}`,
  'PEM with line breaks of Windows': spki.replaceAll('\n', '\r\n'),
  'base64 of a PEM file': base64(Buffer.from(spki)),
};

const parse = (file: string, value = 'key.pem') =>
  rsaPublicKeyFile.parse(value, (path) => {
    if (path !== 'key.pem') throw Object.assign(new Error('no file'), { code: 'ENOENT' });
    return file;
  }) as { value?: string; fault?: string };

describe.each(Object.entries(FORMS))('%s', (_, text) => {
  test('is taken from a file', () => {
    expect(createPublicKey(parse(text).value!).equals(publicKey)).toBe(true);
  });

  test('is taken from the variable itself', () => {
    expect(createPublicKey(parse('', text).value!).equals(publicKey)).toBe(true);
  });
});

test('a certificate is taken as bare base64 as well', () => {
  const der = CERTIFICATE.replaceAll(/-----[A-Z ]+-----|\s/g, '');
  expect(createPublicKey(parse(der).value!).equals(createPublicKey(CERTIFICATE))).toBe(true);
});

test.each(['pkcs8', 'pkcs1'] as const)('a private key (%s) is refused in every form', (type) => {
  const pem = privateKey.export({ type, format: 'pem' }) as string;
  const der = base64(privateKey.export({ type, format: 'der' }));
  for (const text of [pem, der, base64(Buffer.from(pem)), pem.replaceAll('\n', '\\n')]) {
    expect(parse(text)).toEqual({ fault: 'names a file that contains a private key' });
    expect(parse('', text)).toEqual({ fault: 'contains a private key' });
  }
});

test('base64 that is no key is refused in a file, and is a path in the variable', () => {
  const other = Buffer.alloc(300, 7).toString('base64');
  expect(parse(other)).toEqual({ fault: 'names a file that is not a PEM public key or certificate' });
  expect(parse('', other)).toEqual({ fault: 'names a file that does not exist' });
});
