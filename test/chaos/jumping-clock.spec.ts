import { expect, test } from '@jest/globals';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { resolve } from 'node:path';

const REPORT_TIMES = `process.on('message', () => process.send({
  now: Date.now(), made: new Date().getTime(), given: new Date(5).getTime(),
  isDate: new Date() instanceof Date && new Date().constructor === Date, ran: performance.now() }));
  setInterval(() => undefined, 1_000);
  process.send('listens');`;

test('the wall clock of a process jumps on command, and its other clocks do not', async () => {
  const preload = ['--import', resolve('tools/chaos/jumping-clock.mjs')];
  const child = spawn(process.execPath, [...preload, '-e', REPORT_TIMES], {
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
  });
  try {
    // A message that is sent earlier may arrive before the listener of this script exists.
    await once(child, 'message');
    child.send({ jumpMs: -240_000 });
    const [times] = (await once(child, 'message')) as [Record<string, number>];
    expect(times).toMatchObject({ given: 5, isDate: true });
    for (const time of [times.now!, times.made!])
      expect(Math.abs(Date.now() - 240_000 - time)).toBeLessThan(5_000);
    expect(times.ran).toBeGreaterThan(0);
  } finally {
    child.kill('SIGKILL');
  }
});
