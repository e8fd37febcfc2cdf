import { expect, test } from '@jest/globals';
import { IDEMPOTENCY_KEY, IdempotentWrite } from '../../../src/application/idempotency/idempotent-write.js';
import { NOW } from '../fixtures/receipts.js';
import { MemoryUnitOfWork } from '../memory/unit-of-work.js';

const clock = { now: () => new Date(NOW) };
const SCOPE = { tokenName: 'otto', method: 'POST', path: '/orders', key: 'k1' };
const replying = (status: number, body: unknown) => () => Promise.resolve({ status, body });

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
])('%j is a valid idempotency key: %j', (key, isValid) => {
  expect(IDEMPOTENCY_KEY.test(key)).toBe(isValid);
});

test('a key that another request has locked is in flight, and nothing is written', async () => {
  const memory = new MemoryUnitOfWork(clock);
  const write = new IdempotentWrite(memory, clock);
  memory.lockedElsewhere.add('k1');
  const unexpected = () => Promise.reject(new Error('it must not write'));
  expect(await write.run({ scope: SCOPE, bodyHash: 'a' }, unexpected)).toBe('key_in_flight');
});

test.each([
  [201, true],
  [422, true],
  [499, true],
  [500, false],
  [503, false],
])('a reply with status %i is stored and repeated: %j', async (status, isStored) => {
  const write = new IdempotentWrite(new MemoryUnitOfWork(clock), clock);
  const request = { scope: SCOPE, bodyHash: 'a' };
  expect(await write.run(request, replying(status, 'first'))).toEqual({ status, text: '"first"' });
  const again = isStored ? { status, text: '"first"' } : { status: 200, text: '"second"' };
  expect(await write.run(request, replying(200, 'second'))).toEqual(again);
});
