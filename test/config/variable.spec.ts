import { describe, expect, test } from '@jest/globals';
import { generateKeyPairSync } from 'node:crypto';
import {
  type VariableType,
  commaList,
  flag,
  oneOf,
  readTable,
  readVariable,
  rsaPublicKeyFile,
  text,
  wholeNumber,
} from '../../src/config/variable.js';

const PUBLIC = generateKeyPairSync('rsa', {
  modulusLength: 2048,
  publicKeyEncoding: { type: 'spki', format: 'pem' },
  privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
});
const FILES: Readonly<Record<string, string>> = {
  'good.pem': PUBLIC.publicKey,
  'both.pem': `${PUBLIC.publicKey}${PUBLIC.privateKey}`,
  'broken.pem': '-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----\n',
  'secret.txt': 'from a file\r\n',
};
const readFile = (path: string): string => {
  const content = FILES[path];
  if (content === undefined) throw new Error(`no file ${path}`);
  return content;
};

describe('a type', () => {
  const words = commaList({ of: 'words', entry: text('a word', /^\w+$/), distinct: { word: String } });
  test.each<[string, VariableType<unknown>, string, unknown]>([
    ['a whole number', wholeNumber(1, 10), '10', { value: 10 }],
    ['a whole number', wholeNumber(1, 10), '11', { fault: 'must be a whole number from 1 to 10' }],
    ['a whole number', wholeNumber(1, 10), '1.0', { fault: 'must be a whole number from 1 to 10' }],
    ['a flag', flag, 'true', { value: true }],
    ['a flag', flag, 'false', { value: false }],
    ['a flag', flag, 'TRUE', { fault: 'must be true or false' }],
    ['one of some words', oneOf('a', 'b', 'c'), 'b', { value: 'b' }],
    ['one of some words', oneOf('a', 'b', 'c'), 'd', { fault: 'must be a, b or c' }],
    ['a comma list', words, ' one, two ,,', { value: ['one', 'two'] }],
    ['a comma list', words, ' , ', { fault: 'must be a comma list of words, with at least one entry' }],
    ['a comma list', words, 'a,b c', { fault: 'is a comma list whose entry 2 must be a word' }],
    [
      'a comma list',
      words,
      'a b,a,c d,a',
      {
        fault:
          'is a comma list whose entry 1 must be a word, and entry 3 must be a word; it contains the same word twice',
      },
    ],
    ['a comma list', words, 'a,b,a', { fault: 'contains the same word twice' }],
    ['a key file', rsaPublicKeyFile, 'good.pem', { value: PUBLIC.publicKey }],
    ['a key file', rsaPublicKeyFile, 'both.pem', { fault: 'names a file that contains a private key' }],
    [
      'a key file',
      rsaPublicKeyFile,
      'broken.pem',
      { fault: 'names a file that is not a PEM public key or certificate' },
    ],
    ['a key file', rsaPublicKeyFile, 'no.pem', { fault: 'names a file that cannot be read' }],
  ])('of %s reads its text: case %#', (_, type, given, parsed) => {
    expect(type.parse(given, readFile)).toEqual(parsed);
  });
});

describe('a variable', () => {
  const secret = { name: 'TOKEN', type: text('a text', /./), secret: true, help: '' };

  test('may come from a file only if it is a secret', () => {
    expect(readVariable(secret, { TOKEN_FILE: 'secret.txt' }, readFile)).toEqual({ value: 'from a file' });
    expect(readVariable({ ...secret, secret: false }, { TOKEN_FILE: 'secret.txt' }, readFile)).toBeNull();
  });

  test('is unset where its text is empty', () => {
    expect(readVariable(secret, { TOKEN: '', TOKEN_FILE: '' }, readFile)).toBeNull();
  });

  test('is read by itself, with its name in the fault', () => {
    const port = { name: 'PORT', type: wholeNumber(0, 9), help: '' };
    expect(readVariable(port, { PORT: '8' }, readFile)).toEqual({ value: 8 });
    const fault = 'PORT must be a whole number from 0 to 9';
    expect(readVariable(port, { PORT: '10' }, readFile)).toEqual({ fault });
  });
});

describe('a table', () => {
  const table = {
    port: { name: 'PORT', type: wholeNumber(0, 9), default: '3', help: '' },
    live: { name: 'LIVE', type: flag, default: { strict: 'true', development: 'false' }, help: '' },
    name: { name: 'NAME', type: text('a word', /^\w+$/), help: '' },
  };
  const read = (env: Record<string, string>, strict = false) => readTable(table, { env, readFile, strict });

  test('has the defaults of variables that are unset', () => {
    expect(read({})).toEqual({
      values: { port: 3, live: false },
      unsetNames: ['PORT', 'LIVE', 'NAME'],
      faults: [],
    });
    expect(read({}, true).values).toEqual({ port: 3, live: true });
  });

  test('has the values of those that are set', () => {
    const all = { PORT: '5', LIVE: 'true', NAME: 'x' };
    expect(read(all)).toEqual({ values: { port: 5, live: true, name: 'x' }, unsetNames: [], faults: [] });
  });

  test('collects the faults of all variables', () => {
    const { values, faults } = read({ PORT: 'x', LIVE: 'y', NAME: '-' });
    expect(values).toEqual({});
    expect(faults).toEqual([
      'PORT must be a whole number from 0 to 9',
      'LIVE must be true or false',
      'NAME must be a word',
    ]);
  });
});
