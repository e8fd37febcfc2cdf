import { describe, expect, test } from '@jest/globals';
import { randomBytes, randomUUID } from 'node:crypto';
import { estimatedBits, weaknessOf } from '../../src/config/weak-token.js';

const REPEATS = 'repeats one pattern';
const SEQUENCE = 'is a sequence such as abcdef or 123456';
const KNOWN = 'is made of well-known words';
const WORDS = 'is made of words: at least six are needed, or random characters';

describe('a token that other machines can try is refused', () => {
  test.each([
    ['dev-token', 'has fewer than 16 characters'],
    ['fifteen-letters', 'has fewer than 16 characters'],
    ['aaaaaaaaaaaaaaaa', 'has fewer than 6 different characters'],
    ['1212121212121212', 'has fewer than 6 different characters'],
    ['abc123xyzabc123xyz', REPEATS],
    ['dev-tokendev-token', REPEATS],
    ['iloveyou-iloveyou-1', REPEATS],
    ['0123456789abcdef', SEQUENCE],
    ['zyxwvutsrqponmlk', SEQUENCE],
    ['1qaz2wsx3edc4rfv', SEQUENCE],
    ['qwertyuiop123456', SEQUENCE],
    ['aaaabbbbccccddddeeeeffff', SEQUENCE],
    ['change-me-password', KNOWN],
    ['admin-secret-token-1234', KNOWN],
    ['Summer2024!Winter2023?', KNOWN],
    ['Pa55w0rdPa55w0rd!', REPEATS],
    ['P@$$w0rdP@$$w0rd', REPEATS],
    ['Adm1n1str4t0r-2026', KNOWN],
    ['correct-horse-battery', WORDS],
    ['correct-horse-battery-9', WORDS],
    ['correct_horse_battery', WORDS],
    ['c0rr3ct-h0rs3-b4tt3ry', WORDS],
    ['C0rrect-H0rse-B4ttery', WORDS],
    ['correct-horse-battery-staple', WORDS],
    ['CorrectHorseBatteryStaple', WORDS],
    ['correcthorsebatterystaple', WORDS],
    ['my-shop-is-the-best-shop', WORDS],
    ['a-token-of-many-letters', WORDS],
  ])('where it is like %s: it %s', (token, weakness) => {
    expect(weaknessOf(token)).toBe(weakness);
  });
});

const ALPHABET = 'useandom-26T198340PX75pxJACKVERYMINDBUSHWOLF_GQZbfghjklqvwyzrict';

/** What operators make tokens with. */
const GENERATORS: Readonly<Record<string, () => string>> = {
  'openssl rand -base64 24': () => randomBytes(24).toString('base64'),
  'openssl rand -hex 16': () => randomBytes(16).toString('hex'),
  'openssl rand -hex 24': () => randomBytes(24).toString('hex'),
  uuidgen: () => randomUUID(),
  'nanoid(21)': () => [...randomBytes(21)].map((byte) => ALPHABET[byte & 63]).join(''),
};

describe('a token that cannot be guessed is taken', () => {
  test.each([
    'f7Kq2mZr9TxW4bLc8VnD',
    'kGzQ0v7JmY4eN1xRbT8sHc2w',
    '4f1c9a7e2b8d6053a1e7c4d9',
    'sk/+a9Vb31Qe0Zx7Lm==',
    'xkcdqpwzrtbnmvlhgf',
    'stapler-unwind-canopy-relish-oxidize-hubcap',
  ])('where it is like %s', (token) => {
    expect(weaknessOf(token)).toBeNull();
  });

  test.each(Object.keys(GENERATORS))('where %s has made it: 10 000 of them', (name) => {
    const make = GENERATORS[name]!;
    const refused = Array.from({ length: 10_000 }, make).filter((token) => weaknessOf(token) !== null);
    expect(refused).toEqual([]);
  });

  test('although a word is in it by chance: a token of 16 random bytes loses less than half of its bits', () => {
    expect(estimatedBits('c0ffee5eed1e55deadbeef0ddba11f00')).toBeGreaterThan(60);
    expect(estimatedBits('Zq7-passwordX9_tV4kRw')).toBeGreaterThan(60);
  });
});
