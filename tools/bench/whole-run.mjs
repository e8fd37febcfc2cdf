// Measures the built service and pgbench on the same PostgreSQL, round by round, and compares the medians with the goals.
// docs/development/benchmarks.md says what is measured and how.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { cpus, loadavg, tmpdir, totalmem } from 'node:os';
import { join } from 'node:path';
import { Cleanup } from './cleanup.mjs';
import { chosen, MEASURES } from './measures.mjs';
import { useRandomNumbers } from './numbers.mjs';
import { readOptions } from './options.mjs';
import { pgbenchVersion } from './pgbench.mjs';
import { Progress } from './progress.mjs';
import { summaryOf, tableOf, textOf, unmeasured } from './report.mjs';
import { prepareRun } from './run.mjs';

const NO_PGBENCH =
  'pgbench is not in PATH, so its rows are left out. It comes with the PostgreSQL server (Debian: apt-get install postgresql).';

const options = readOptionsOrExit();
if (options.randomNumbers) useRandomNumbers();
/** Other work on the machine distorts the figures, so the report shows the load. */
const [idleLoad] = loadavg();
const cleanup = new Cleanup();
let interrupted = false;
for (const signal of ['SIGINT', 'SIGTERM']) {
  process.once(signal, () => {
    interrupted = true;
    console.log('Stopping what was started …');
    void cleanup.run().then(() => process.exit(130));
  });
}
try {
  process.exitCode = (await bench()) ? 0 : 1;
} catch (error) {
  if (!interrupted) throw error;
} finally {
  await cleanup.run();
}

async function bench() {
  const folder = mkdtempSync(join(tmpdir(), 'quittance-bench-'));
  cleanup.add(() => rmSync(folder, { recursive: true, force: true }));
  const pgbench = pgbenchVersion();
  if (!pgbench) console.log(NO_PGBENCH);
  const names = chosen(options.only, {
    quick: options.quick,
    has: (name) => (name.startsWith('pgbench') ? pgbench : name !== 'connections' || !options.connections),
  });
  const inRound = (round) => names.filter((name) => round === 0 || !MEASURES[name].once);
  const rounds = Array.from({ length: options.rounds }, (_, round) => inRound(round));
  const progress = new Progress(rounds.flat());
  const run = await prepareRun({ options, folder, names, cleanup, say: (text) => progress.say(text) });
  const faults = [];
  for (const [round, measures] of rounds.entries()) {
    for (const name of measures) faults.push(...(await take(run, { name, round, progress })));
  }
  const table = tableOf(run.rounds);
  report(table, { ...(await machine(run)), pgbench, faults, rounds: run.rounds });
  return faults.length === 0;
}

/** Takes one measure, and returns its faults with their place. */
async function take(run, { name, round, progress }) {
  const label = `round ${round + 1} of ${options.rounds}, ${name}`;
  const figures = await progress.step(name, label, () => run.measure(MEASURES[name].run, { name, round }));
  progress.say(`  ${summaryOf(figures)}; ${progress.remaining()}`);
  return figures.faults.map((fault) => `${label}: ${fault}`);
}

async function machine(run) {
  const { version, ...settings } = await run.databases.settings();
  return {
    machine: `${cpus().length} × ${cpus()[0].model.trim()}, ${Math.round(totalmem() / 2 ** 30)} GiB, shared by service, database and load`,
    otherWork: `the load average before the start was ${idleLoad.toFixed(1)}`,
    versions: { node: process.versions.node, postgresql: version, ...settings },
    connections: run.connections,
  };
}

function report(table, { faults, ...about }) {
  console.log(`\n${textOf(table)}\n`);
  if (!options.only) for (const title of unmeasured(table)) console.log('Not measured:', title);
  const { version: _, ...facts } = about.versions;
  console.log(`${about.machine}; ${about.otherWork}`);
  console.log(
    Object.entries({ ...facts, pgbench: about.pgbench })
      .map(([name, value]) => `${name} ${value}`)
      .join(', '),
  );
  console.log(`${conditions()}, ${about.connections} connections`);
  for (const fault of faults) console.log(`WRONG: ${fault}`);
  writeFileSync(
    options.json,
    `${JSON.stringify({ at: new Date(), options, ...about, faults, table }, null, 2)}\n`,
  );
  console.log(`The figures of every round are in ${options.json}.`);
}

function conditions() {
  const { quick, rounds, seconds, warmUpSeconds, history, large, callbacks } = options;
  const others = quick
    ? 'a quick run, without the longer measures'
    : `${large} for ten-million and reads-10m`;
  const numbers = options.randomNumbers ? 'random numbers' : 'time-ordered numbers';
  return `${numbers}; rounds: ${rounds}, of ${seconds} s after ${warmUpSeconds} s of warm-up; ${history} payments in the tables before each measure (${others}); memory: ${callbacks} callbacks`;
}

function readOptionsOrExit() {
  try {
    const read = readOptions(process.argv.slice(2));
    if (!read.help) return read;
    console.log(read.help);
    return process.exit(0);
  } catch (error) {
    console.error(`${error.message}\nnpm run bench -- --help lists all options.`);
    return process.exit(1);
  }
}
