import { fork } from 'node:child_process';
import { once } from 'node:events';
import { availableParallelism } from 'node:os';
import { fileURLToPath } from 'node:url';
import type { Batch, Tally } from './batch.js';

/** A batch takes about a second. If it takes this long, the verifier never ends for one of its inputs. */
const BATCH_TIMEOUT_MS = 120_000;

const WORKERS = Math.min(2, availableParallelism());

/** Runs the batches in several processes, and starts no more of them after the first failure. */
export async function runBatches(
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
  const signal = AbortSignal.any([gone.signal, AbortSignal.timeout(BATCH_TIMEOUT_MS)]);
  try {
    const [tally] = (await once(worker, 'message', { signal })) as [Tally];
    return tally;
  } catch (error) {
    const what = gone.signal.aborted ? 'ended its process' : `took more than ${BATCH_TIMEOUT_MS / 1_000} s`;
    throw new Error(`The batch ${JSON.stringify(batch)} ${what}.`, { cause: error });
  } finally {
    worker.removeAllListeners('exit');
  }
}
