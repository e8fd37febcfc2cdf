import { expect, test } from '@jest/globals';
import type { SentReply } from '../../../src/application/idempotency/idempotency-key-repository.js';
import { IDEMPOTENCY_KEY, IdempotentWrite } from '../../../src/application/idempotency/idempotent-write.js';
import { Busy, UnitOfWork, type Transaction } from '../../../src/application/transaction.js';
import { hashesOf } from '../fixtures/body-hashes.js';
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
  expect(await write.run({ keyed: { scope: SCOPE, ...hashesOf('a') } }, unexpected)).toBe('key_in_flight');
});

test.each([
  [200, true],
  [201, true],
  [409, false],
  [422, false],
  [500, false],
  [503, false],
])('a reply with status %i is stored and repeated: %j', async (status, isStored) => {
  const write = new IdempotentWrite(new MemoryUnitOfWork(clock), clock);
  const request = { keyed: { scope: SCOPE, ...hashesOf('a') } };
  expect(await write.run(request, replying(status, 'first'))).toEqual({ status, text: '"first"' });
  const again = isStored ? { status, text: '"first"' } : { status: 200, text: '"second"' };
  expect(await write.run(request, replying(200, 'second'))).toEqual(again);
});

/** A unit of work whose transactions begin and then wait until the test releases them all. */
class WaitingUnitOfWork extends UnitOfWork {
  begun = 0;
  release!: () => void;
  private readonly released = new Promise<void>((resolve) => (this.release = resolve));

  override async run<Result>(work: (tx: Transaction) => Promise<Result>): Promise<Result> {
    this.begun += 1;
    await this.released;
    return new MemoryUnitOfWork(clock).run(work);
  }
}

test('two writes run at once, one for each subject; 64 wait, and the next one is refused as busy', async () => {
  const unitOfWork = new WaitingUnitOfWork();
  const write = new IdempotentWrite(unitOfWork, clock);
  const run = (subject: string) => write.run({ keyed: null, subject }, replying(200, subject));
  const hot = Array.from({ length: 64 }, () => run('hot'));
  expect(unitOfWork.begun).toBe(1);
  const others = [run('other'), run('third')];
  expect(unitOfWork.begun).toBe(2);
  await expect(run('fourth')).rejects.toBeInstanceOf(Busy);
  unitOfWork.release();
  const replies = await Promise.all([...hot, ...others]);
  expect(replies.map((reply) => (reply as SentReply).status)).toEqual(Array(66).fill(200));
});
