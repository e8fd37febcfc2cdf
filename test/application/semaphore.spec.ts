import { expect, test } from '@jest/globals';
import { Semaphore } from '../../src/application/semaphore.js';

/** Work that ends when the test ends it. */
function work() {
  let end!: (fault?: Error) => void;
  const ended = new Promise<void>((resolve, reject) => {
    end = (fault) => (fault ? reject(fault) : resolve());
  });
  return { ended, end };
}

const settled = () => new Promise((resolve) => setImmediate(resolve));

test('work beyond the limit waits in order of arrival, and work that fails frees its place', async () => {
  const semaphore = new Semaphore(2);
  const begun: number[] = [];
  const works = Array.from({ length: 7 }, work);
  const results = works.map(({ ended }, nth) =>
    semaphore.run(async () => {
      begun.push(nth);
      await ended;
      return nth;
    }),
  );
  expect(begun).toEqual([0, 1]);
  works[1]!.end(new Error('it broke'));
  await expect(results[1]).rejects.toThrow('it broke');
  await settled();
  expect(begun).toEqual([0, 1, 2]);
  works[0]!.end();
  expect(await results[0]).toBe(0);
  await settled();
  expect(begun).toEqual([0, 1, 2, 3]);
  for (const { end } of works) end();
  expect(await Promise.all(results.slice(2))).toEqual([2, 3, 4, 5, 6]);
  expect(begun).toEqual([0, 1, 2, 3, 4, 5, 6]);
});

test('after all work has ended there are as many places as before', async () => {
  const semaphore = new Semaphore(2);
  await Promise.all([1, 2, 3].map(() => semaphore.run(() => Promise.resolve())));
  const works = Array.from({ length: 4 }, work);
  let begun = 0;
  const results = works.map(({ ended }) =>
    semaphore.run(() => {
      begun += 1;
      return ended;
    }),
  );
  expect(begun).toBe(2);
  for (const { end } of works) end();
  await Promise.all(results);
  expect(begun).toBe(4);
});
