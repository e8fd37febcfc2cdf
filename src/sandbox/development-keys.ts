import { createPublicKey, generateKeyPair, randomBytes, randomInt } from 'node:crypto';
import { link, mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { GatewaySettings } from '../adapters/gateways/gateways.module.js';

/** Both sides of every gateway: what the service verifies with, and what only the sandbox signs with. Keys are PEM. */
export interface DevelopmentKeys {
  readonly settings: Required<GatewaySettings>;
  readonly wechatPay: { readonly serial: string; readonly privateKey: string };
  readonly alipay: { readonly privateKey: string };
}

/** All that the file holds; the rest of `DevelopmentKeys` follows from it, so the two cannot disagree. */
interface Secrets {
  readonly stripeSecret: string;
  readonly standardWebhooksSecret: string;
  readonly wechatPayApiV3Key: string;
  readonly wechatPaySerial: string;
  readonly wechatPayPrivateKey: string;
  readonly alipayPrivateKey: string;
}

const FORMATS: Readonly<Record<keyof Secrets, RegExp>> = {
  stripeSecret: /^whsec_\w{32,}$/,
  standardWebhooksSecret: /^whsec_[A-Za-z0-9+/]{32,}={0,2}$/,
  wechatPayApiV3Key: /^\w{32}$/,
  wechatPaySerial: /^PUB_KEY_ID_\d+$/,
  wechatPayPrivateKey: /^-----BEGIN PRIVATE KEY-----/,
  alipayPrivateKey: /^-----BEGIN PRIVATE KEY-----/,
};

/**
 * The keys with which development plays the gateways: made once for each data folder, kept in its
 * `development-keys.json`, and the same for every process that asks, also for two that ask at once.
 *
 * @throws Error that names the file to delete, where it does not hold what was once written there.
 */
export async function developmentKeys(dataDir: string): Promise<DevelopmentKeys> {
  const path = join(dataDir, 'development-keys.json');
  const kept = await readKept(path);
  if (kept !== null) return parse(kept, path);
  // Open to pass through, not to list: the embedded PostgreSQL keeps its files below and may run as another user.
  await mkdir(dataDir, { recursive: true, mode: 0o711 });
  await keep(path, JSON.stringify(await makeSecrets(), null, 2));
  return parse(await readFile(path, 'utf8'), path);
}

async function readKept(path: string): Promise<string | null> {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return null;
    throw error;
  }
}

/** A link appears whole or not at all, and refuses to replace: of two processes, the first one's keys stay. */
async function keep(path: string, text: string): Promise<void> {
  const draft = `${path}.${process.pid}.${randomBytes(4).toString('hex')}`;
  await writeFile(draft, text, { mode: 0o600, flag: 'wx' });
  try {
    await link(draft, path);
  } catch (error) {
    if (codeOf(error) !== 'EEXIST') throw error;
  } finally {
    await rm(draft, { force: true });
  }
}

function parse(text: string, path: string): DevelopmentKeys {
  const keys = readKeys(text);
  // What exactly is wrong is not said: a parser's message quotes the file, and with it a key.
  if (!keys)
    throw new Error(`The development keys are damaged. Delete ${path} and start again: new ones are made.`);
  return keys;
}

function readKeys(text: string): DevelopmentKeys | null {
  try {
    const secrets = JSON.parse(text) as Secrets;
    const names = Object.keys(FORMATS) as (keyof Secrets)[];
    return names.every((name) => FORMATS[name].test(secrets[name])) ? keysFrom(secrets) : null;
  } catch {
    return null;
  }
}

function keysFrom(secrets: Secrets): DevelopmentKeys {
  const serial = secrets.wechatPaySerial;
  return {
    settings: {
      stripe: { secrets: [secrets.stripeSecret], livemode: false },
      wechatPay: {
        merchantId: '1900000109',
        appId: 'wx8888888888888888',
        apiV3Key: secrets.wechatPayApiV3Key,
        platformKeys: [{ serial, pem: publicPem(secrets.wechatPayPrivateKey) }],
      },
      alipay: {
        appId: '2021000000000001',
        sellerId: '2088000000000001',
        publicKeys: [publicPem(secrets.alipayPrivateKey)],
      },
      standardWebhooks: { secrets: [secrets.standardWebhooksSecret] },
    },
    wechatPay: { serial, privateKey: secrets.wechatPayPrivateKey },
    alipay: { privateKey: secrets.alipayPrivateKey },
  };
}

function publicPem(privateKey: string): string {
  return createPublicKey(privateKey).export({ type: 'spki', format: 'pem' }).toString();
}

async function makeSecrets(): Promise<Secrets> {
  const [wechatPayPrivateKey, alipayPrivateKey] = await Promise.all([rsaPrivateKey(), rsaPrivateKey()]);
  const digits = Array.from({ length: 32 }, () => randomInt(10)).join('');
  return {
    stripeSecret: `whsec_${randomBytes(24).toString('hex')}`,
    standardWebhooksSecret: `whsec_${randomBytes(32).toString('base64')}`,
    wechatPayApiV3Key: randomBytes(16).toString('hex'),
    wechatPaySerial: `PUB_KEY_ID_${digits}`,
    wechatPayPrivateKey,
    alipayPrivateKey,
  };
}

async function rsaPrivateKey(): Promise<string> {
  const { privateKey } = await promisify(generateKeyPair)('rsa', { modulusLength: 2048 });
  return privateKey.export({ type: 'pkcs8', format: 'pem' }).toString();
}

function codeOf(error: unknown): unknown {
  return (error as NodeJS.ErrnoException).code;
}
