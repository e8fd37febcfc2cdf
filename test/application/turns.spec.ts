import { expect, test } from '@jest/globals';
import { Turns } from '../../src/application/turns.js';

/** Work that ends when it is told to. */
function errand() {
  let end!: (fault?: Error) => void;
  const ended = new Promise<void>((resolve, reject) => {
    end = (fault) => (fault ? reject(fault) : resolve());
  });
  return { ended, end };
}

const settled = () => new Promise((resolve) => setImmediate(resolve));

test('so many work at once, the others come in order of arrival, and nobody loses a turn by a failure', async () => {
  const turns = new Turns(2);
  const begun: number[] = [];
  const errands = Array.from({ length: 7 }, errand);
  const taken = errands.map(({ ended }, nth) =>
    turns.take(async () => {
      begun.push(nth);
      await ended;
      return nth;
    }),
  );
  expect(begun).toEqual([0, 1]);
  errands[1]!.end(new Error('it broke'));
  await expect(taken[1]).rejects.toThrow('it broke');
  await settled();
  expect(begun).toEqual([0, 1, 2]);
  errands[0]!.end();
  expect(await taken[0]).toBe(0);
  await settled();
  expect(begun).toEqual([0, 1, 2, 3]);
  for (const { end } of errands) end();
  expect(await Promise.all(taken.slice(2))).toEqual([2, 3, 4, 5, 6]);
  expect(begun).toEqual([0, 1, 2, 3, 4, 5, 6]);
});

test('after a rush there are as many turns as before', async () => {
  const turns = new Turns(2);
  await Promise.all([1, 2, 3].map(() => turns.take(() => Promise.resolve())));
  const errands = Array.from({ length: 4 }, errand);
  let begun = 0;
  const taken = errands.map(({ ended }) =>
    turns.take(() => {
      begun += 1;
      return ended;
    }),
  );
  expect(begun).toBe(2);
  for (const { end } of errands) end();
  await Promise.all(taken);
  expect(begun).toBe(4);
});
