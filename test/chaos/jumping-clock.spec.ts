import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { resolve } from 'node:path';
import { expect, test } from '@jest/globals';

const TELL = `process.on('message', () => process.send({
  now: Date.now(), made: new Date().getTime(), given: new Date(5).getTime(),
  isDate: new Date() instanceof Date && new Date().constructor === Date, ran: performance.now() }));
  setInterval(() => undefined, 1_000);
  process.send('listens');`;

test('the wall clock of a process jumps when it is told to, and nothing else of its time does', async () => {
  const preload = ['--import', resolve('chaos/jumping-clock.mjs')];
  const child = spawn(process.execPath, [...preload, '-e', TELL], {
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
  });
  try {
    // What is sent before may be heard by the clock alone, or by nobody.
    await once(child, 'message');
    child.send({ jumpMs: -240_000 });
    const [told] = (await once(child, 'message')) as [Record<string, number>];
    expect(told).toMatchObject({ given: 5, isDate: true });
    for (const time of [told.now!, told.made!])
      expect(Math.abs(Date.now() - 240_000 - time)).toBeLessThan(5_000);
    expect(told.ran).toBeGreaterThan(0);
  } finally {
    child.kill('SIGKILL');
  }
});
