import { mkdirSync, writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { prove } from './prove.js';
import { accusation, resultsOf, table } from './report.js';
import { runStorm } from './run.js';
import { LONG, QUICK } from './weathers.js';

const HELP = `npm run chaos -- [--quick] [--seed N] [--seconds N] [--prove]

A seeded storm against two replicas of the built service and a PostgreSQL of their own, all of them child processes; then a checker reads
what is left. It exits with 1 where a claim is violated, and shows the first violation with the callbacks' own timeline.

  --quick      each kind of fault at least once, in less than two minutes; else about nine minutes
  --seed N     repeats a plan: scenarios, callbacks, order of sending, faults and their times; else a random one
  --seconds N  how long the storm rages, with as many faults
  --prove      breaks the service in six ways, one after the other, and shows that each is caught`;

/** What a killed process had leased, at a clock that was ahead, is anybody's after less than a minute. */
const CALM_SECONDS = 120;
const LARGEST_SEED = 2 ** 31;
const RESULTS = 'chaos/results';

const { values } = parseArgs({
  options: {
    quick: { type: 'boolean', default: false },
    prove: { type: 'boolean', default: false },
    seed: { type: 'string' },
    seconds: { type: 'string' },
    help: { type: 'boolean', default: false },
  },
});
if (values.help) console.log(HELP);
else process.exitCode = (await main()) ? 0 : 1;

async function main(): Promise<boolean> {
  const seed = wholeNumber('seed', values.seed) ?? Math.floor(Math.random() * LARGEST_SEED);
  if (values.prove) return prove(seed);
  const weather = values.quick ? QUICK : LONG;
  const seconds = wholeNumber('seconds', values.seconds) ?? weather.seconds;
  const options = {
    calmSeconds: CALM_SECONDS,
    endsLeases: false,
    progress: (text: string) => console.log(text),
  };
  const build = { folder: 'dist', children: new Set<never>() };
  const run = await runStorm(build, seed, { ...weather, seconds }, options);
  const results = resultsOf(run.history, run.broken, run.seconds);
  mkdirSync(RESULTS, { recursive: true });
  writeFileSync(`${RESULTS}/seed-${seed}.json`, JSON.stringify(results, null, 2));
  console.log(`\n${table(results)}\n`);
  if (run.broken.length === 0) return true;
  console.log(accusation(run.history, run.broken));
  console.log(
    `\nThe logs of the services and of PostgreSQL are in ${run.folder}. Repeat the plan with --seed ${seed}.`,
  );
  return false;
}

function wholeNumber(name: string, text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  if (!/^\d{1,10}$/.test(text)) throw new Error(`--${name} takes a whole number, and not "${text}".`);
  return Number(text);
}
