// Callbacks at a third of the peak, alone and while unauthenticated clients attack the service.
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { openLoop, SETTLE_SECONDS } from './measure-load.mjs';
import { placeKeyed } from './place-requests.mjs';

const CONNECTIONS = 64;
/** Requests with an Idempotency-Key, whose answers are stored, before the measure. */
const KEYS = 10_000;

export async function thirdOfPeak(bench) {
  return openLoop(bench, { rate: bench.figure('distinct').rate / 3, connections: CONNECTIONS });
}

export async function attacked(bench) {
  const { token, options, cleanup } = bench;
  const beside = async ({ services: [{ port }] }) => {
    await placeKeyed({ port, token, count: KEYS });
    return prepareAttack({ port, seconds: SETTLE_SECONDS + options.seconds }, cleanup);
  };
  const rate = bench.figure('distinct').rate / 3;
  const { beside: attack, ...figures } = await openLoop(bench, { rate, connections: CONNECTIONS, beside });
  const wrong = Object.keys(attack.statuses).filter((status) => !['401', '429'].includes(status));
  const faults = wrong.map(
    (status) => `${attack.statuses[status]} wrong tokens were answered with ${status}`,
  );
  return { ...figures, attack, faults: [...figures.faults, ...faults] };
}

async function prepareAttack(plan, cleanup) {
  const child = fork(join(import.meta.dirname, 'attack.mjs'));
  cleanup.add(() => void child.kill());
  child.send(plan);
  await once(child, 'message');
  return {
    async run() {
      const result = once(child, 'message');
      child.send('go');
      return { ...(await result)[0], seconds: plan.seconds };
    },
  };
}
