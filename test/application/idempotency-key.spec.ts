import { expect, test } from '@jest/globals';
import { IDEMPOTENCY_KEY, IdempotentWrite } from '../../src/application/idempotent-write.js';
import { AT } from './by-hand.js';
import { MemoryUnitOfWork } from './memory-stores.js';

const SCOPE = { tokenName: 'otto', method: 'POST', path: '/orders', key: 'k1' };
const answering = (status: number, body: unknown) => () => Promise.resolve({ status, body });

test.each([
  ['k', true],
  ['!~', true],
  ['x'.repeat(255), true],
  ['x'.repeat(256), false],
  ['', false],
  ['two words', false],
  [' k', false],
  ['k\n', false],
  ['ключ', false],
  ['k\x7f', false],
])('%j may be a key: %j', (key, isOne) => {
  expect(IDEMPOTENCY_KEY.test(key)).toBe(isOne);
});

test('a key that another request holds is in flight, and nothing is written', async () => {
  const unitOfWork = new MemoryUnitOfWork({ now: () => AT });
  const write = new IdempotentWrite(unitOfWork, { now: () => AT });
  unitOfWork.heldElsewhere.add('k1');
  const refused = () => Promise.reject(new Error('it must not be written'));
  expect(await write.run({ scope: SCOPE, bodyHash: 'a' }, refused)).toBe('key_in_flight');
});

test.each([
  [201, true],
  [422, true],
  [499, true],
  [500, false],
  [503, false],
])('an answer of %i is kept for its repeat: %j', async (status, isKept) => {
  const write = new IdempotentWrite(new MemoryUnitOfWork({ now: () => AT }), { now: () => AT });
  const request = { scope: SCOPE, bodyHash: 'a' };
  expect(await write.run(request, answering(status, 'first'))).toEqual({ status, text: '"first"' });
  const again = { status: isKept ? status : 200, text: isKept ? '"first"' : '"second"' };
  expect(await write.run(request, answering(200, 'second'))).toEqual(again);
});
