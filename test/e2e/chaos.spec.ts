import { afterAll, beforeAll, expect, test } from '@jest/globals';
import type { Build } from '../../tools/chaos/built-service.js';
import { SHORT } from '../../tools/chaos/profiles.js';
import { violationReport } from '../../tools/chaos/report.js';
import { runChaos } from '../../tools/chaos/run-chaos.js';
import { buildOfRun } from './build-of-run.js';

let built: Build;
beforeAll(async () => {
  built = await buildOfRun();
}, 60_000);
afterAll(() => built.remove());

test('no claim is violated by kills, cut connections, locked rows, clock jumps and a database that is read-only for seconds', async () => {
  const seed = Math.floor(Math.random() * 2 ** 31);
  const options = { recoverySeconds: 20, expireLeases: true, progress: () => undefined };
  const { history, violated } = await runChaos(built, seed, SHORT, options);
  if (violated.length > 0) throw new Error(`With seed ${seed}:\n${violationReport(history, violated)}`);
  const injected = new Set(history.faults.map(({ kind }) => kind));
  for (const kind of ['first replica killed', 'database killed', 'connections cut', 'database read-only'])
    expect(injected).toContain(kind);
  expect(history.callbacks.length).toBeGreaterThan(100);
}, 120_000);
