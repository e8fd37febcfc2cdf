import { mkdirSync, writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { LONG, QUICK, lasting } from './profiles.js';
import { prove } from './prove.js';
import { resultsOf, table, violationReport } from './report.js';
import { runChaos } from './run-chaos.js';

const HELP = `npm run chaos -- [--quick] [--seed N] [--seconds N] [--prove]

Starts a PostgreSQL and two replicas of the built service as child processes, plays gateways, a shop and two operators
by a seeded plan, and injects faults: first those that overlap, then those of the database, one after the other. A fault
that this machine cannot have is skipped, and the table says why. Then a checker compares what is left with a table of
claims. The exit code is 1 if a claim is violated; the first violation is shown with the timeline of its order.

  --quick      each kind of fault at least once, in about two minutes (without it about nine minutes)
  --seed N     repeats a plan: scenarios, callbacks, deeds of operators, faults and their times (random by default)
  --seconds N  the duration of the faults and scenarios, with as many faults a minute and each kind at least once
  --embedded   uses the embedded PostgreSQL, which has no standby, also where PostgreSQL 15 of Debian is installed
  --prove      runs the service with eight defects, one after the other, and shows that each is caught`;

/** A lease that a killed process took while its clock was ahead ends in less than a minute. */
const RECOVERY_SECONDS = 120;
const LARGEST_SEED = 2 ** 31;
const RESULTS = 'tools/chaos/results';

const { values } = parseArgs({
  options: {
    quick: { type: 'boolean', default: false },
    embedded: { type: 'boolean', default: false },
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
  const whole = values.quick ? QUICK : LONG;
  const profile = lasting(whole, wholeNumber('seconds', values.seconds) ?? whole.seconds);
  const options = {
    recoverySeconds: RECOVERY_SECONDS,
    expireLeases: false,
    embedded: values.embedded,
    progress: (text: string) => console.log(text),
  };
  const build = { folder: 'dist', children: new Set<never>() };
  const run = await runChaos(build, seed, profile, options);
  const results = resultsOf(run.history, run.violated, run.seconds);
  mkdirSync(RESULTS, { recursive: true });
  writeFileSync(`${RESULTS}/seed-${seed}.json`, JSON.stringify(results, null, 2));
  console.log(`\n${table(results)}\n`);
  if (run.violated.length === 0) return true;
  console.log(violationReport(run.history, run.violated));
  console.log(
    `\nThe logs of the services and of PostgreSQL are in ${run.folder}. Repeat the plan with --seed ${seed}.`,
  );
  return false;
}

function wholeNumber(name: string, text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  if (!/^\d{1,10}$/.test(text)) throw new Error(`--${name} takes a whole number, not "${text}".`);
  return Number(text);
}
