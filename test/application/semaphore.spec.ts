import { afterEach, describe, expect, test } from '@jest/globals';
import { Semaphore, type SemaphoreLimits, type TaskOptions } from '../../src/application/semaphore.js';

class Refused extends Error {}

const settled = () => new Promise((resolve) => setImmediate(resolve));

const unended: (() => void)[] = [];
afterEach(async () => {
  for (const end of unended.splice(0)) end();
  await settled();
});

/** Tasks that end when the test ends them, and the order in which they began. */
function tasksOn(semaphore: Semaphore) {
  const begun: string[] = [];
  const start = (name: string, options: TaskOptions = {}) => {
    let end!: (fault?: Error) => void;
    const ended = new Promise<void>((resolve, reject) => {
      end = (fault) => (fault ? reject(fault) : resolve());
    });
    const task = async (): Promise<string> => {
      begun.push(name);
      await ended;
      return name;
    };
    const result = semaphore.run(task, options);
    unended.push(end);
    result.catch(() => undefined);
    return { result, end };
  };
  return { begun, start };
}

const semaphore = (limits: Partial<SemaphoreLimits> = {}) =>
  new Semaphore({ running: 2, waiting: 10, waitMs: 10_000, ...limits }, (why) => new Refused(why));

describe('tasks without a key', () => {
  test('beyond the limit they wait in order of arrival, and a task that fails frees its place', async () => {
    const { begun, start } = tasksOn(semaphore());
    const tasks = ['0', '1', '2', '3', '4', '5', '6'].map((name) => start(name));
    expect(begun).toEqual(['0', '1']);
    tasks[1]!.end(new Error('it broke'));
    await expect(tasks[1]!.result).rejects.toThrow('it broke');
    await settled();
    expect(begun).toEqual(['0', '1', '2']);
    tasks[0]!.end();
    expect(await tasks[0]!.result).toBe('0');
    await settled();
    expect(begun).toEqual(['0', '1', '2', '3']);
    for (const { end } of tasks) end();
    await Promise.allSettled(tasks.map(({ result }) => result));
    expect(begun).toEqual(['0', '1', '2', '3', '4', '5', '6']);
  });

  test('after all tasks have ended there are as many places as before', async () => {
    const limited = semaphore();
    await Promise.all([1, 2, 3].map(() => limited.run(() => Promise.resolve())));
    const { begun, start } = tasksOn(limited);
    for (const name of ['a', 'b', 'c']) start(name);
    await settled();
    expect(begun).toEqual(['a', 'b']);
  });

  test('a task that throws before it returns a promise frees its place as well', async () => {
    const limited = semaphore({ running: 1 });
    const fails = (): Promise<void> => {
      throw new Error('a bug');
    };
    await expect(limited.run(fails)).rejects.toThrow('a bug');
    expect(await limited.run(() => Promise.resolve('next'))).toBe('next');
  });
});

describe('a place that rests', () => {
  test('is free again after a multiple of the time that its task took, whether the task succeeded or failed', async () => {
    const limited = semaphore({ running: 1, rest: () => 3 });
    for (const end of [() => undefined, () => Promise.reject(new Error('a bug'))]) {
      const since = performance.now();
      let took = 0;
      const first = limited.run(async () => {
        await new Promise((resolve) => setTimeout(resolve, 30));
        took = performance.now() - since;
        await end();
      });
      await first.catch(() => undefined);
      await limited.run(() => Promise.resolve());
      expect(performance.now() - since).toBeGreaterThanOrEqual(3.5 * took);
    }
  });
});

test('how long a place rests can depend on the result of its task', async () => {
  const limited = semaphore({ running: 1, rest: (result) => (result === 'large' ? 1_000 : 0) });
  const takes = (result: string) => () => new Promise((end) => setTimeout(() => end(result), 5));
  const restAfter = async (result: string) => {
    await limited.run(takes(result));
    const since = performance.now();
    await limited.run(() => Promise.resolve());
    return performance.now() - since;
  };
  expect(await restAfter('small')).toBeLessThan(200);
  expect(await restAfter('large')).toBeGreaterThan(200);
});

test('a place rests for a quarter of a second at most, however long its task took', async () => {
  const limited = semaphore({ running: 1, rest: () => 1_000 });
  await limited.run(() => new Promise((resolve) => setTimeout(resolve, 5)));
  const since = performance.now();
  await limited.run(() => Promise.resolve());
  expect(performance.now() - since).toBeLessThan(2_000);
});

describe('a task that may not wait', () => {
  test('is refused at once if as many wait as may wait', async () => {
    const { begun, start } = tasksOn(semaphore({ running: 1, waiting: 2 }));
    const tasks = ['a', 'b', 'c', 'd'].map((name) => start(name));
    await expect(tasks[3]!.result).rejects.toBeInstanceOf(Refused);
    for (const { end } of tasks) end();
    expect(await Promise.all(tasks.slice(0, 3).map(({ result }) => result))).toEqual(['a', 'b', 'c']);
    expect(begun).toEqual(['a', 'b', 'c']);
  });

  test('is refused after its time, frees its place in the line and never runs', async () => {
    const { begun, start } = tasksOn(semaphore({ running: 1, waiting: 1, waitMs: 20 }));
    const [first, second] = [start('first'), start('second')];
    await expect(second.result).rejects.toThrow(Refused);
    const third = start('third');
    first.end();
    second.end();
    third.end();
    await third.result;
    expect(begun).toEqual(['first', 'third']);
  });

  test('leaves the line with the reason of its signal and never runs, and those behind it move up', async () => {
    const { begun, start } = tasksOn(semaphore({ running: 1 }));
    const controller = new AbortController();
    const [first, second, third] = [start('first'), start('second', controller), start('third')];
    const reason = new Error('the client has left');
    controller.abort(reason);
    await expect(second.result).rejects.toBe(reason);
    first.end();
    third.end();
    await third.result;
    expect(begun).toEqual(['first', 'third']);
  });

  test('does not begin if its signal was aborted before, even when a place is free', async () => {
    const { begun, start } = tasksOn(semaphore());
    const reason = new Error('the client has left');
    await expect(start('late', { signal: AbortSignal.abort(reason) }).result).rejects.toBe(reason);
    expect(begun).toEqual([]);
  });

  test('a signal that is aborted while the task runs does not concern the semaphore', async () => {
    const { start } = tasksOn(semaphore());
    const controller = new AbortController();
    const running = start('running', controller);
    controller.abort();
    running.end();
    expect(await running.result).toBe('running');
  });
});

describe('tasks with keys', () => {
  test('of one key run one after the other, and do not hold back the tasks of other keys behind them', async () => {
    const { begun, start } = tasksOn(semaphore());
    const hot = ['hot 1', 'hot 2', 'hot 3'].map((name) => start(name, { key: 'hot' }));
    const cold = start('cold', { key: 'cold' });
    const last = start('last', { key: 'last' });
    expect(begun).toEqual(['hot 1', 'cold']);
    cold.end();
    await settled();
    expect(begun).toEqual(['hot 1', 'cold', 'last']);
    hot[0]!.end();
    await settled();
    expect(begun).toEqual(['hot 1', 'cold', 'last', 'hot 2']);
    for (const { end } of [...hot, last]) end();
    await Promise.all(hot.map(({ result }) => result));
    expect(begun).toEqual(['hot 1', 'cold', 'last', 'hot 2', 'hot 3']);
  });

  test('begin in order of arrival as soon as their key is free', async () => {
    const { begun, start } = tasksOn(semaphore());
    const [a1, b1] = [start('a1', { key: 'a' }), start('b1', { key: 'b' })];
    for (const name of ['b2', 'a2', 'c1']) start(name, { key: name[0]! });
    a1.end();
    await settled();
    expect(begun).toEqual(['a1', 'b1', 'a2']);
    b1.end();
    await settled();
    expect(begun).toEqual(['a1', 'b1', 'a2', 'b2']);
  });

  test('a key is free again when its task has failed', async () => {
    const { begun, start } = tasksOn(semaphore());
    const [first, second] = [start('first', { key: 'k' }), start('second', { key: 'k' })];
    first.end(new Error('it broke'));
    second.end();
    expect(await second.result).toBe('second');
    expect(begun).toEqual(['first', 'second']);
  });
});
