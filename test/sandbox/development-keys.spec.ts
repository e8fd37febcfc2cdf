import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { createPublicKey } from 'node:crypto';
import { mkdtemp, readFile, readdir, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { developmentKeys, secretField } from '../../src/development/development-keys.js';
import { sandboxKeys, serviceEnvironment } from '../../src/sandbox/keys.js';

let parent: string;
let dataDir: string;

beforeEach(async () => {
  parent = await mkdtemp(join(tmpdir(), 'keys-'));
  dataDir = join(parent, 'data');
});
afterEach(() => rm(parent, { recursive: true }));

test('development keys are made once and stay', async () => {
  const made = await sandboxKeys(dataDir);
  expect(await sandboxKeys(dataDir)).toEqual(made);
  expect(await sandboxKeys(join(parent, 'other'))).not.toEqual(made);
});

test('every gateway has variables that production would accept: 2048 bits, 32 bytes, whsec_', async () => {
  const files = new Map<string, string>();
  const saveFile = (name: string, content: string): string => {
    files.set(`/keys/${name}`, content);
    return `/keys/${name}`;
  };
  const gateways = ['stripe', 'wechat-pay', 'alipay', 'standard-webhooks'];
  const keys = await sandboxKeys(dataDir);
  const env = serviceEnvironment(keys, gateways, saveFile);
  expect(env).toMatchObject({ STRIPE_LIVEMODE: 'false', ALIPAY_PUBLIC_KEYS: '/keys/alipay.pem' });
  expect(env['STRIPE_WEBHOOK_SECRETS']).toMatch(/^whsec_\w{48}$/);
  expect(env['WECHAT_PAY_API_V3_KEY']).toHaveLength(32);
  expect(Buffer.from(env['STANDARD_WEBHOOKS_SECRETS']!.slice('whsec_'.length), 'base64')).toHaveLength(32);
  expect(env['WECHAT_PAY_PLATFORM_KEYS']).toBe(`${keys['wechat-pay'].wechatPaySerial}=/keys/wechat-pay.pem`);
  const publicKeys = [...files.values()].map((pem) => createPublicKey(pem));
  expect(publicKeys.map((key) => key.asymmetricKeyDetails?.modulusLength)).toEqual([2048, 2048]);
  expect(keys['wechat-pay'].wechatPayPrivateKey).not.toBe(keys.alipay.alipayPrivateKey);
});

test('a gateway that the sandbox does not play, or that is not asked for, has no variables', async () => {
  const env = serviceEnvironment(await sandboxKeys(dataDir), ['stripe', 'toString', 'paypal'], String);
  expect(Object.keys(env)).toEqual(['STRIPE_WEBHOOK_SECRETS', 'STRIPE_LIVEMODE']);
});

test('only its owner can read the file, and there is no other file beside it', async () => {
  await sandboxKeys(dataDir);
  const { mode } = await stat(join(dataDir, 'development-keys.json'));
  expect(mode & 0o777).toBe(0o600);
  expect(await readdir(dataDir)).toEqual(['development-keys.json']);
});

test('three processes that ask at the same time get the same keys', async () => {
  const all = await Promise.all(Array.from({ length: 3 }, () => sandboxKeys(dataDir)));
  expect(new Set(all.map((keys) => JSON.stringify(keys))).size).toBe(1);
  expect(await readdir(dataDir)).toEqual(['development-keys.json']);
});

const example = await mkdtemp(join(tmpdir(), 'keys-'));
await sandboxKeys(example);
const genuine = await readFile(join(example, 'development-keys.json'), 'utf8');
await rm(example, { recursive: true });

test('the file has the fields that every version has written, and is read wherever it is', async () => {
  expect(Object.keys(JSON.parse(genuine))).toEqual(
    expect.arrayContaining([
      'alipayPrivateKey',
      'standardWebhooksSecret',
      'stripeSecret',
      'wechatPayApiV3Key',
      'wechatPayPrivateKey',
      'wechatPaySerial',
    ]),
  );
  await writeFile(join(parent, 'development-keys.json'), genuine);
  const keys = await sandboxKeys(parent);
  expect(keys.stripe).toEqual({ stripeSecret: JSON.parse(genuine).stripeSecret });
});

test('a gateway that an older file does not have gets a file of its own, the same for all that ask', async () => {
  await writeFile(join(parent, 'development-keys.json'), JSON.stringify({ oldSecret: 'old-1' }));
  let made = 0;
  const gateways = {
    old: { oldSecret: secretField(/^old-\d$/, () => 'old-2') },
    added: { addedSecret: secretField(/^added-\d$/, () => `added-${(made += 1)}`) },
  };
  const all = await Promise.all(Array.from({ length: 3 }, () => developmentKeys(parent, gateways)));
  expect(made).toBe(3);
  expect(new Set(all.map((keys) => JSON.stringify(keys))).size).toBe(1);
  expect(all[0]!['old']).toEqual({ oldSecret: 'old-1' });
  expect(await developmentKeys(parent, gateways)).toEqual(all[0]);
  expect(await readFile(join(parent, 'development-keys.json'), 'utf8')).toBe('{"oldSecret":"old-1"}');
  expect(await readdir(parent)).toEqual(['development-keys.added.json', 'development-keys.json']);
});

test.each([
  ['cut short', (text: string) => text.slice(0, 200)],
  ['without one of the keys of a gateway', (text: string) => text.replace('wechatPaySerial', 'serial')],
  ['with a damaged private key', (text: string) => text.replace(/(alipayPrivateKey.{60}).{40}/, '$1')],
  ['not an object', () => 'null'],
  ['empty', () => ''],
])('a file that is %s is refused by its name, and the message quotes nothing of it', async (_, damage) => {
  const path = join(parent, 'development-keys.json');
  await writeFile(path, damage(genuine));
  const refusal = await sandboxKeys(parent).catch((error: Error) => error.message);
  expect(refusal).toContain(`Delete ${path} and start again`);
  expect(refusal).not.toContain(JSON.parse(genuine).stripeSecret);
});
