import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { createPublicKey } from 'node:crypto';
import { mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { developmentKeys } from '../../src/sandbox/development-keys.js';

let parent: string;
let dataDir: string;

beforeEach(async () => {
  parent = await mkdtemp(join(tmpdir(), 'keys-'));
  dataDir = join(parent, 'data');
});
afterEach(() => rm(parent, { recursive: true }));

test('development keys are made once and survive', async () => {
  const made = await developmentKeys(dataDir);
  expect(await developmentKeys(dataDir)).toEqual(made);
  expect(await developmentKeys(join(parent, 'other'))).not.toEqual(made);
});

test('every gateway has settings that production would take: 2048 bits, 32 bytes, whsec_', async () => {
  const { settings, wechatPay, alipay } = await developmentKeys(dataDir);
  expect(settings.stripe).toMatchObject({ livemode: false, secrets: [expect.stringMatching(/^whsec_/)] });
  expect(Buffer.byteLength(settings.wechatPay.apiV3Key)).toBe(32);
  const [secret] = settings.standardWebhooks.secrets;
  expect(Buffer.from(secret!.slice('whsec_'.length), 'base64')).toHaveLength(32);
  const publicKeys = [settings.wechatPay.platformKeys[0]!.pem, settings.alipay.publicKeys[0]!].map((pem) =>
    createPublicKey(pem),
  );
  expect(publicKeys.map((key) => key.asymmetricKeyDetails?.modulusLength)).toEqual([2048, 2048]);
  expect(wechatPay.serial).toBe(settings.wechatPay.platformKeys[0]!.serial);
  expect(wechatPay.privateKey).not.toBe(alipay.privateKey);
});

test('the file is for its owner alone, and nothing else is left beside it', async () => {
  await developmentKeys(dataDir);
  const { mode } = await stat(join(dataDir, 'development-keys.json'));
  expect(mode & 0o777).toBe(0o600);
  expect(await readdir(dataDir)).toEqual(['development-keys.json']);
});

test('three that ask at once get the same keys', async () => {
  const all = await Promise.all(Array.from({ length: 3 }, () => developmentKeys(dataDir)));
  expect(new Set(all.map((keys) => JSON.stringify(keys))).size).toBe(1);
  expect(await readdir(dataDir)).toEqual(['development-keys.json']);
});

const example = await mkdtemp(join(tmpdir(), 'keys-'));
await developmentKeys(example);
const genuine = await readFile(join(example, 'development-keys.json'), 'utf8');
await rm(example, { recursive: true });

test('a file that is whole is taken wherever it lies', async () => {
  await writeFile(join(parent, 'development-keys.json'), genuine);
  const { settings } = await developmentKeys(parent);
  expect(settings.stripe.secrets).toEqual([JSON.parse(genuine).stripeSecret]);
});

test.each([
  ['cut short', (text: string) => text.slice(0, 200)],
  ['without one of its keys', (text: string) => text.replace('stripeSecret', 'stripe')],
  ['with a damaged private key', (text: string) => text.replace(/(alipayPrivateKey.{60}).{40}/, '$1')],
  ['empty', () => ''],
])('a file that is %s is refused by name, and the message quotes none of it', async (_, damage) => {
  const path = join(parent, 'development-keys.json');
  await writeFile(path, damage(genuine));
  const refusal = await developmentKeys(parent).catch((error: Error) => error.message);
  expect(refusal).toContain(`Delete ${path} and start again`);
  expect(refusal).not.toContain(JSON.parse(genuine).stripeSecret);
});
