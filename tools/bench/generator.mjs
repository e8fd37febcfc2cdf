// Starts and controls the process of the load generator.
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';

/** Signs the callbacks of a plan. `run` sends them, and resolves to the results. */
export async function prepareLoad(plan, cleanup) {
  // Structured clones, because the acknowledgement counts would be megabytes of JSON.
  const child = fork(join(import.meta.dirname, 'load.mjs'), { serialization: 'advanced' });
  cleanup.add(() => void child.kill());
  const ended = once(child, 'exit').then(([code, signal]) => {
    throw new Error(`The load generator ended early (${signal ?? code}).`);
  });
  ended.catch(() => {});
  const message = async () => (await Promise.race([once(child, 'message'), ended]))[0];
  child.send(plan);
  await message();
  return {
    run() {
      const result = message();
      child.send('go');
      return result;
    },
  };
}
