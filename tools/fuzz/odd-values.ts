import fc from 'fast-check';

/** Values that are known to break parsers. They replace values in gateways' messages. */

/** A third of the largest body that the service accepts, so that it fits even if every byte is escaped. */
const LONGEST = 80_000;

/** Lengths at and beside each limit of a field, and unusual spellings of numbers and times. */
// prettier-ignore
const TEXTS = [
  '', ' ', '\0', 'a\0b', '\ud800', '\udc00a', 'a\ud83d', '\ufeff', '\u202e', '\uffff', '😀'.repeat(64), 'ß', '支付',
  ...[64, 65, 128, 129, 255, 256, 500, 501, LONGEST].map((length) => 'x'.repeat(length)),
  ...[63, 127, 254, 499].map((length) => `${'x'.repeat(length)}😀`),
  '0', '-0', '-1', '1', '0.00', '0.001', '0.01', '.5', '1.', '+1', ' 1', '1 ', '01', '00.1', '1e2', '1E400', '0x10',
  '1,000.00', '1_0', '１００', '१', '٣', 'NaN', 'Infinity', '1.0000000000000000001', '9'.repeat(18), '9'.repeat(19),
  '100.00', '100.0', '99.99', `0.${'0'.repeat(900)}1`, 'CNY', 'cny', 'JPY', 'KWD', 'CLF', 'XXX', 'ſek', 'USD\n',
  '2026-11-23T08:00:00Z', '2026-02-30T00:00:00Z', '2026-11-23T24:00:00Z', '2026-11-23T08:00:00+99:99',
  '1969-12-31T23:59:59Z', '1970-01-01T00:00:00+23:59', '9999-12-31T23:59:59.999999999-12:00', '0000-01-01T00:00:00Z',
  '2026-11-23 08:00:00', '0000-00-00 00:00:00', '9999-12-31 23:59:59', '2026-11-23', '10000-01-01T00:00:00Z', '1e9',
  '__proto__', 'constructor', 'toString', 'null', '%00', '%u0000', "';--", '&total_amount=0.01', '1&trade_no=2',
  'PAY-1', 'PAY_1', 'PAY 1', 'PAY-1\n', 'sha256:0', 'E~f', '../..', '{{}}', '${1}', '\\u0000', '\r\n', '"', '\\',
];

export const oddText = fc.oneof(
  { weight: 3, arbitrary: fc.constantFrom(...TEXTS) },
  { weight: 1, arbitrary: fc.string({ unit: 'binary', maxLength: 300 }) },
);

/** Numbers in JSON, some of which a JavaScript number cannot represent or distinguish. */
// prettier-ignore
const NUMBERS = [
  '0', '-0', '0.0', '1', '-1', '0.1', '1e400', '-1e400', '1e-400', '1e308', '5e-324', '1e4', '1E+2', '10000.0',
  '9007199254740991', '9007199254740992', '9007199254740993', '-9007199254740991', '99999999999999999999',
  '9'.repeat(5e4), `0.${'1'.repeat(5e3)}`, '253402300799', '253402300800', '8640000000001', '-62135596801',
];

const DEEP = 60_000;

/** Values other than texts and numbers. Some are not JSON. */
// prettier-ignore
const OTHERS = [
  'null', 'true', 'false', '[]', '{}', '[[]]', '[null]', '{"":""}', '["PAY-1"]', '{"id":"pi_1"}', '{"id":{"id":1}}',
  '{"__proto__":{"id":"pi_1"}}', '{"constructor":{"prototype":1}}', '{"toString":null,"valueOf":1}', '{"length":-1}',
  '"\\u0000"', '"\\ud800"', '"\\udc00\\ud800"', '"a\\u0000b"', '{"\\u0000":1}', '{"\\ud800":1}', '{"a":1,"a":2}',
  '[', '{', '"', '', 'undefined', 'NaN', '0x1', "'a'", '01', '1.', '{"a":1,}', '/**/1', '"\t"', '"\\x"', ']', '}',
  '['.repeat(DEEP),
  `${'['.repeat(DEEP)}${']'.repeat(DEEP)}`,
  `${'{"a":'.repeat(DEEP / 4)}1${'}'.repeat(DEEP / 4)}`,
  `[${'1,'.repeat(DEEP / 2)}1]`,
];

/** Replaces a value in a JSON text. Usually it is a valid value. */
export const oddToken = fc.oneof(
  { weight: 5, arbitrary: oddText.map((text) => JSON.stringify(text)) },
  { weight: 3, arbitrary: fc.constantFrom(...NUMBERS) },
  { weight: 2, arbitrary: fc.constantFrom(...OTHERS) },
  { weight: 2, arbitrary: fc.json({ maxDepth: 3 }) },
  { weight: 1, arbitrary: fc.bigInt().map(String) },
);

/** Names of inherited properties, an unknown name, and names that are hardly names. */
export const oddName = fc.constantFrom(
  '__proto__',
  'constructor',
  'toString',
  'hasOwnProperty',
  'unheard_of',
  '',
  '\0',
);

export type ChangeOfBytes = (bytes: Buffer) => Buffer;

/** One change of any bytes, whatever they mean. */
export const changeOfBytes: fc.Arbitrary<ChangeOfBytes> = fc.oneof(
  {
    weight: 5,
    arbitrary: fc.tuple(fc.nat(), fc.integer({ min: 1, max: 255 })).map(([at, bits]) => flipped(at, bits)),
  },
  {
    weight: 2,
    arbitrary: fc.tuple(fc.nat(), fc.uint8Array({ maxLength: 9 })).map(([at, odd]) => spliced(at, odd, 0)),
  },
  {
    weight: 2,
    arbitrary: fc.tuple(fc.nat(), fc.nat(40)).map(([at, count]) => spliced(at, new Uint8Array(), count)),
  },
  {
    weight: 1,
    arbitrary: fc.nat().map((at) => (bytes: Buffer) => bytes.subarray(0, at % (bytes.length + 1))),
  },
  { weight: 1, arbitrary: fc.constantFrom<ChangeOfBytes>(...wholesale()) },
);

function flipped(at: number, bits: number): ChangeOfBytes {
  return (bytes) => {
    const changed = Buffer.from(bytes);
    if (changed.length > 0) changed[at % changed.length]! ^= bits;
    return changed;
  };
}

function spliced(at: number, odd: Uint8Array, without: number): ChangeOfBytes {
  return (bytes) => {
    const place = at % (bytes.length + 1);
    return Buffer.concat([bytes.subarray(0, place), odd, bytes.subarray(place + without)]);
  };
}

function wholesale(): ChangeOfBytes[] {
  return [
    (bytes) => Buffer.concat([Buffer.from('\ufeff'), bytes]),
    (bytes) => Buffer.from(bytes.toString('latin1'), 'utf16le'),
    (bytes) => Buffer.concat([bytes, bytes]),
    (bytes) => Buffer.concat([bytes, Buffer.alloc(LONGEST, ' ')]),
    () => Buffer.alloc(0),
  ];
}
