import { once } from 'node:events';
import { availableParallelism } from 'node:os';
import { Worker } from 'node:worker_threads';

/** Signs `count` distinct callbacks on all cores, before the measure starts. */
export async function signedRequests({ gateway, dataDir, first, count }) {
  const share = Math.ceil(count / availableParallelism());
  const shares = Array.from({ length: Math.ceil(count / share) }, (_, index) => ({
    first: first + index * share,
    count: Math.min(share, count - index * share),
  }));
  const signed = await Promise.all(
    shares.map(async (range) => {
      const worker = new Worker(new URL('sign-worker.mjs', import.meta.url), {
        workerData: { gateway, dataDir, ...range },
      });
      const [{ block, ends }] = await once(worker, 'message');
      return { block: Buffer.from(block.buffer), ends };
    }),
  );
  return {
    count,
    at(index) {
      const { block, ends } = signed[Math.floor(index / share)];
      const place = index % share;
      return block.subarray(place === 0 ? 0 : ends[place - 1], ends[place]);
    },
  };
}
