import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { build, type Build } from '../../chaos/built-service.js';
import { accusation } from '../../chaos/report.js';
import { runStorm } from '../../chaos/run.js';
import { SHORT } from '../../chaos/weathers.js';

let built: Build;
beforeAll(async () => {
  built = await build();
});
afterAll(() => built.remove());

test('in a storm of kills, cut connections, held rows and jumping clocks every claim holds', async () => {
  const seed = Math.floor(Math.random() * 2 ** 31);
  const options = { calmSeconds: 20, endsLeases: true, progress: () => undefined };
  const { history, broken } = await runStorm(built, seed, SHORT, options);
  if (broken.length > 0) throw new Error(`With seed ${seed}:\n${accusation(history, broken)}`);
  const struck = new Set(history.faults.map(({ kind }) => kind));
  for (const kind of ['service killed', 'database killed', 'connections cut']) expect(struck).toContain(kind);
  expect(history.callbacks.length).toBeGreaterThan(100);
}, 60_000);
