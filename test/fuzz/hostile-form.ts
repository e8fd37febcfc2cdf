import fc from 'fast-check';
import { oddName, oddText } from './odd-values.js';

/** A form's parameter before it is escaped; bytes, because Alipay sends more charsets than one. */
export type Parameter = readonly [name: string, value: Buffer];

type Change =
  | { readonly act: 'replace' | 'repeat'; readonly place: number; readonly value: Buffer }
  | { readonly act: 'remove'; readonly place: number }
  | { readonly act: 'join'; readonly name: string; readonly value: Buffer }
  | { readonly act: 'crowd'; readonly count: number };

/** 支付宝 as GBK has it: no UTF-8, and the second byte of a pair may be any ASCII letter. */
const GBK = [Buffer.from('d6a7b8b6b1a6', 'hex'), Buffer.from('815c', 'hex'), Buffer.from('8126', 'hex')];

const value = fc.oneof(
  { weight: 4, arbitrary: oddText.map((text) => Buffer.from(text)) },
  { weight: 1, arbitrary: fc.constantFrom(...GBK) },
  { weight: 1, arbitrary: fc.uint8Array({ maxLength: 60 }).map((bytes) => Buffer.from(bytes)) },
);
const place = fc.nat();
const change: fc.Arbitrary<Change> = fc.oneof(
  { weight: 12, arbitrary: fc.record({ act: fc.constant('replace' as const), place, value }) },
  { weight: 4, arbitrary: fc.record({ act: fc.constant('remove' as const), place }) },
  { weight: 1, arbitrary: fc.record({ act: fc.constant('repeat' as const), place, value }) },
  { weight: 2, arbitrary: fc.record({ act: fc.constant('join' as const), name: fc.oneof(oddName, fc.string()), value }) },
  { weight: 1, arbitrary: fc.record({ act: fc.constant('crowd' as const), count: fc.integer({ min: 150, max: 190 }) }) },
); // prettier-ignore

/** The original's parameters with up to four things wrong. */
export function hostileForm(
  original: fc.Arbitrary<Readonly<Record<string, unknown>>>,
): fc.Arbitrary<Parameter[]> {
  return fc.tuple(original, fc.array(change, { maxLength: 4 })).map(([fields, changes]) => {
    const genuine = Object.entries(fields).map(([name, text]): Parameter => [
      name,
      Buffer.from(String(text)),
    ]);
    return changes.reduce(changed, genuine);
  });
}

function changed(parameters: Parameter[], each: Change): Parameter[] {
  if (each.act === 'join') return [...parameters, [each.name, each.value]];
  if (each.act === 'crowd') {
    const crowd = Array.from({ length: each.count }, (_, nth): Parameter => [
      `p${nth}`,
      Buffer.from(String(nth)),
    ]);
    return [...parameters, ...crowd];
  }
  const at = each.place % Math.max(parameters.length, 1);
  return parameters.flatMap((parameter, index) => {
    if (index !== at) return [parameter];
    if (each.act === 'remove') return [];
    const other: Parameter = [parameter[0], each.value];
    return each.act === 'repeat' ? [parameter, other] : [other];
  });
}

/** The ways in which one value may be escaped; all say the same. */
export const SPELLINGS = ['java', 'lower', 'all', 'bare'] as const;
export type Spelling = (typeof SPELLINGS)[number];

const LEFT_ALONE: Readonly<Record<Spelling, RegExp>> = {
  java: /[\w.*-]/,
  lower: /[\w.*-]/,
  all: /[^\s\S]/,
  bare: /[^&=%+]/,
};

export function formOf(parameters: readonly Parameter[], spelling: Spelling): Buffer {
  const spell = (bytes: Buffer): string =>
    bytes.toString('latin1').replace(/[\s\S]/g, (character) => {
      if (LEFT_ALONE[spelling].test(character)) return character;
      if (character === ' ' && spelling === 'java') return '+';
      const hex = character.charCodeAt(0).toString(16).padStart(2, '0');
      return `%${spelling === 'lower' ? hex : hex.toUpperCase()}`;
    });
  const pairs = parameters.map(([name, bytes]) => `${spell(Buffer.from(name))}=${spell(bytes)}`);
  return Buffer.from(pairs.join('&'), 'latin1');
}
