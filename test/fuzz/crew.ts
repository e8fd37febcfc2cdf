import { fork } from 'node:child_process';
import { once } from 'node:events';
import { availableParallelism } from 'node:os';
import { fileURLToPath } from 'node:url';
import type { Batch, Tally } from './batch.js';

/** A batch takes about a second. One that takes this long has an input that never ends. */
const ENDLESS_MS = 120_000;

const WORKERS = Math.min(2, availableParallelism());

/** Tries the batches in processes beside each other, and stops at the first that fails. */
export async function tryAll(
  batches: readonly Batch[],
  done: (batch: Batch, tally: Tally) => void,
): Promise<void> {
  const queue = [...batches];
  const work = async (): Promise<void> => {
    const worker = fork(fileURLToPath(new URL('worker.js', import.meta.url)));
    try {
      for (let batch = queue.shift(); batch; batch = queue.shift()) {
        worker.send(batch);
        const tally = await answerOf(worker, batch);
        done(batch, tally);
        if (tally.failure) queue.length = 0;
      }
    } finally {
      worker.kill('SIGKILL');
    }
  };
  await Promise.all(Array.from({ length: WORKERS }, work));
}

async function answerOf(worker: ReturnType<typeof fork>, batch: Batch): Promise<Tally> {
  const gone = new AbortController();
  worker.once('exit', () => gone.abort());
  const signal = AbortSignal.any([gone.signal, AbortSignal.timeout(ENDLESS_MS)]);
  try {
    const [tally] = (await once(worker, 'message', { signal })) as [Tally];
    return tally;
  } catch (error) {
    const what = gone.signal.aborted ? 'ended its process' : `took more than ${ENDLESS_MS / 1_000} s`;
    throw new Error(`The batch ${JSON.stringify(batch)} ${what}.`, { cause: error });
  } finally {
    worker.removeAllListeners('exit');
  }
}
