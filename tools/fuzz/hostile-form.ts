import fc from 'fast-check';
import { oddName, oddText } from './odd-values.js';

/** A parameter of a form before it is escaped. The value is bytes, because Alipay sends several charsets. */
export type Parameter = readonly [name: string, value: Buffer];

type Change =
  | { readonly act: 'replace' | 'repeat'; readonly place: number; readonly value: Buffer }
  | { readonly act: 'remove'; readonly place: number }
  | { readonly act: 'add'; readonly name: string; readonly value: Buffer }
  | { readonly act: 'add many'; readonly count: number };

/** GBK: 支付宝, and pairs whose second byte is an ASCII character. None is valid UTF-8. */
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
  {
    weight: 2,
    arbitrary: fc.record({ act: fc.constant('add' as const), name: fc.oneof(oddName, fc.string()), value }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      act: fc.constant('add many' as const),
      count: fc.integer({ min: 150, max: 190 }),
    }),
  },
);

/** The parameters of the original with up to four changes. */
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
  if (each.act === 'add') return [...parameters, [each.name, each.value]];
  if (each.act === 'add many') {
    const added = Array.from({ length: each.count }, (_, nth): Parameter => [
      `p${nth}`,
      Buffer.from(String(nth)),
    ]);
    return [...parameters, ...added];
  }
  const at = each.place % Math.max(parameters.length, 1);
  return parameters.flatMap((parameter, index) => {
    if (index !== at) return [parameter];
    if (each.act === 'remove') return [];
    const other: Parameter = [parameter[0], each.value];
    return each.act === 'repeat' ? [parameter, other] : [other];
  });
}

/** Four ways to escape a form. All decode to the same values. */
export const SPELLINGS = ['java', 'lower', 'all', 'bare'] as const;
export type Spelling = (typeof SPELLINGS)[number];

/** The characters that each way does not escape. */
const UNESCAPED: Readonly<Record<Spelling, RegExp>> = {
  java: /[\w.*-]/,
  lower: /[\w.*-]/,
  all: /[^\s\S]/,
  bare: /[^&=%+]/,
};

export function formOf(parameters: readonly Parameter[], spelling: Spelling): Buffer {
  const escaped = (bytes: Buffer): string =>
    bytes.toString('latin1').replace(/[\s\S]/g, (character) => {
      if (UNESCAPED[spelling].test(character)) return character;
      if (character === ' ' && spelling === 'java') return '+';
      const hex = character.charCodeAt(0).toString(16).padStart(2, '0');
      return `%${spelling === 'lower' ? hex : hex.toUpperCase()}`;
    });
  const pairs = parameters.map(([name, bytes]) => `${escaped(Buffer.from(name))}=${escaped(bytes)}`);
  return Buffer.from(pairs.join('&'), 'latin1');
}
