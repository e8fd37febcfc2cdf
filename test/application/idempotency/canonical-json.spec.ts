import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { canonicalJson } from '../../../src/application/idempotency/canonical-json.js';

const canonical = (text: string): string => canonicalJson(JSON.parse(text));

test.each([
  ['{"a":1,"b":[1,2]}', ' { "b" : [ 1 , 2 ] ,\n"a" : 1 } '],
  ['{"a":1}', '{"a":1.0}'],
  ['{"a":100}', '{"a":1e2}'],
  ['{"a":"A"}', '{"\\u0061":"\\u0041"}'],
  ['{"a":{"x":1,"y":null}}', '{"a":{"y":null,"x":1}}'],
  ['{"a":2}', '{"a":1,"a":2}'],
  ['{}', ' {\t} '],
])('%s and %s are the same body', (one, other) => {
  expect(canonical(one)).toBe(canonical(other));
});

test.each([
  ['{"a":1}', '{"a":"1"}'],
  ['{"a":[1,2]}', '{"a":[2,1]}'],
  ['{"a":[1]}', '{"a":[1,1]}'],
  ['{"a":null}', '{}'],
  ['{"a":{}}', '{"a":[]}'],
  ['{"a":"1.00"}', '{"a":"1.0"}'],
  ['{"a":"b,c"}', '{"a":["b","c"]}'],
  ['{"a":1,"b":2}', '{"a":2,"b":1}'],
])('%s and %s are different bodies', (one, other) => {
  expect(canonical(one)).not.toBe(canonical(other));
});

test('of any JSON it is JSON with the same content', () => {
  fc.assert(
    fc.property(fc.jsonValue({ maxDepth: 4 }), (value) => {
      const plain = JSON.parse(JSON.stringify(value)) as unknown;
      expect(JSON.parse(canonicalJson(plain))).toEqual(plain);
    }),
  );
});
