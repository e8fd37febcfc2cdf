import { createPrivateKey, generateKeyPair, randomBytes } from 'node:crypto';
import { link, readFile, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { StartRefused } from '../config/start-refused.js';
import { dataFolderRefused, prepareDataFolder } from './data-folder.js';

/** One field of `development-keys.json`: how its text is made, and whether a stored text can be used. */
export interface KeyField {
  isValid(text: string): boolean;
  make(): string | Promise<string>;
}

/** The fields that one gateway needs. Their names are unique in the file, which is flat. */
export type KeyFields = Readonly<Record<string, KeyField>>;

/** The texts of a gateway's fields. */
type Texts = Readonly<Record<string, string>>;

/**
 * The keys with which development plays the gateways. They are made once for each data folder and stored there in
 * `development-keys.json`. Every process that asks gets the same keys, even if several ask at the same time.
 *
 * The keys of a gateway that the file does not have, because it was written before the gateway was added, are stored beside it in
 * `development-keys.<gateway>.json`: a file that other processes may be reading never changes.
 *
 * @throws StartRefused that names the file to delete, where its content cannot be used.
 */
export async function developmentKeys(
  dataDir: string,
  gateways: Readonly<Record<string, KeyFields>>,
): Promise<Readonly<Record<string, Texts>>> {
  const path = join(dataDir, 'development-keys.json');
  const allFields = Object.values(gateways).flatMap((fields) => Object.entries(fields));
  const stored = await readOrMake(path, Object.fromEntries(allFields));
  const keys: Record<string, Texts> = {};
  for (const [gateway, fields] of Object.entries(gateways)) {
    const isStored = Object.keys(fields).some((name) => name in stored);
    const own = join(dataDir, `development-keys.${gateway}.json`);
    keys[gateway] = isStored
      ? valid(stored, fields, path)
      : valid(await readOrMake(own, fields), fields, own);
  }
  return keys;
}

async function readOrMake(path: string, fields: KeyFields): Promise<Readonly<Record<string, unknown>>> {
  const text = (await readIfExists(path)) ?? (await makeFile(path, fields));
  const stored = parsed(text);
  if (typeof stored !== 'object' || stored === null) throw damaged(path);
  return stored as Record<string, unknown>;
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

async function readIfExists(path: string): Promise<string | null> {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return null;
    throw dataFolderRefused(error, dirname(path));
  }
}

/** Returns what the file contains afterwards, which may be the keys of another process that was first. */
async function makeFile(path: string, fields: KeyFields): Promise<string> {
  const made = Object.entries(fields).map(async ([name, field]) => [name, await field.make()] as const);
  const text = JSON.stringify(Object.fromEntries(await Promise.all(made)), null, 2);
  prepareDataFolder(dirname(path));
  const draft = `${path}.${process.pid}.${randomBytes(4).toString('hex')}`;
  await writeFile(draft, text, { mode: 0o600, flag: 'wx' });
  try {
    // A link appears whole or not at all, and does not replace: the first process wins.
    await link(draft, path);
  } catch (error) {
    if (codeOf(error) !== 'EEXIST') throw error;
  } finally {
    await rm(draft, { force: true });
  }
  return readFile(path, 'utf8');
}

function valid(stored: Readonly<Record<string, unknown>>, fields: KeyFields, path: string): Texts {
  const entries = Object.entries(fields).map(([name, field]) => {
    const text = stored[name];
    if (typeof text !== 'string' || !field.isValid(text)) throw damaged(path);
    return [name, text] as const;
  });
  return Object.fromEntries(entries);
}

/** The message does not say what is wrong: a parser's message would quote the file, and with it a key. */
function damaged(path: string): Error {
  return new StartRefused(
    `The development keys are damaged. Delete ${path} and start again: new keys are made.`,
  );
}

/** A secret that is made from random bytes and recognized by a pattern. */
export function secretField(pattern: RegExp, make: () => string): KeyField {
  return { isValid: (text) => pattern.test(text), make };
}

/** An RSA private key of 2048 bits, as PEM. */
export const rsaPrivateKeyField: KeyField = {
  isValid(text) {
    try {
      return createPrivateKey(text).asymmetricKeyType === 'rsa';
    } catch {
      return false;
    }
  },
  async make() {
    const { privateKey } = await promisify(generateKeyPair)('rsa', { modulusLength: 2048 });
    return privateKey.export({ type: 'pkcs8', format: 'pem' }).toString();
  },
};

function codeOf(error: unknown): unknown {
  return (error as NodeJS.ErrnoException).code;
}
