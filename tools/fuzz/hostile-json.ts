import fc from 'fast-check';
import { changeOfBytes, oddName, oddToken } from './odd-values.js';

/** One change of a JSON text. `place` counts the values of the original, outermost first. */
type Change =
  | { readonly act: 'replace' | 'repeat'; readonly place: number; readonly token: string }
  | { readonly act: 'remove'; readonly place: number }
  | {
      readonly act: 'add';
      readonly place: number;
      readonly token: string;
      readonly name: string;
      readonly first: boolean;
    };

const place = fc.nat();
const change: fc.Arbitrary<Change> = fc.oneof(
  { weight: 6, arbitrary: fc.record({ act: fc.constant('replace' as const), place, token: oddToken }) },
  { weight: 2, arbitrary: fc.record({ act: fc.constant('remove' as const), place }) },
  // Of two members with the same name, parsers use different ones, and the signature covers both.
  { weight: 1, arbitrary: fc.record({ act: fc.constant('repeat' as const), place, token: oddToken }) },
  {
    weight: 1,
    arbitrary: fc.record({
      act: fc.constant('add' as const),
      place,
      token: oddToken,
      name: oddName,
      first: fc.boolean(),
    }),
  },
);

/** The original with up to four changes. Sometimes its bytes are damaged as well, and sometimes it is replaced. */
export function hostileJson(original: fc.Arbitrary<unknown>): fc.Arbitrary<Buffer> {
  const text = fc
    .tuple(original, fc.array(change, { maxLength: 4 }))
    .map(([value, changes]) => Buffer.from(written(value, changes)));
  const damaged = fc.tuple(text, changeOfBytes).map(([bytes, damage]) => damage(bytes));
  const other = fc.oneof(
    oddToken.map((token) => Buffer.from(token)),
    fc.uint8Array({ maxLength: 99 }).map((bytes) => Buffer.from(bytes)),
  );
  return fc.oneof(
    { weight: 16, arbitrary: text },
    { weight: 2, arbitrary: damaged },
    { weight: 1, arbitrary: other },
  );
}

/** Writes the text by hand, because no serializer writes these texts. */
function written(original: unknown, changes: readonly Change[]): string {
  const size = sizeOf(original);
  const changesByPlace = new Map(changes.map((each) => [each.place % size, each]));
  let count = 0;
  const write = (value: unknown): string => {
    const here = changesByPlace.get(count++);
    if (here?.act === 'replace') {
      count += sizeOf(value) - 1;
      return here.token;
    }
    if (typeof value !== 'object' || value === null) return JSON.stringify(value);
    if (Array.isArray(value)) return `[${value.map(write).join(',')}]`;
    const members = Object.entries(value).flatMap(([name, inner]) => membersOf(name, inner));
    if (here?.act === 'add') {
      members.splice(here.first ? 0 : members.length, 0, `${JSON.stringify(here.name)}:${here.token}`);
    }
    return `{${members.join(',')}}`;
  };
  const membersOf = (name: string, value: unknown): string[] => {
    const here = changesByPlace.get(count);
    const member = `${JSON.stringify(name)}:${write(value)}`;
    if (here?.act === 'remove') return [];
    return here?.act === 'repeat' ? [member, `${JSON.stringify(name)}:${here.token}`] : [member];
  };
  return write(original);
}

function sizeOf(value: unknown): number {
  if (typeof value !== 'object' || value === null) return 1;
  return Object.values(value).reduce<number>((sum, inner) => sum + sizeOf(inner), 1);
}
