import { parseArgs } from 'node:util';
import { migrate } from '../../src/adapters/postgres/schema.js';
import { startPostgres } from '../../src/development/embedded-postgres.js';
import { startService } from '../../test/e2e/service.js';
import { type Batch, runBatch } from './batch.js';
import { SORTS, type Sort } from './callbacks.js';
import { runBatches } from './worker-pool.js';
import { FUZZED_GATEWAYS, type FuzzedGateway } from './keys.js';
import { sendHostile } from './over-http.js';
import { Summary, failureText } from './report.js';

const HELP = `npm run fuzz -- [--inputs 1000000] [--seed N] [--gateway G] [--sort S] [--path P] [--http 10000]

  --inputs   how many inputs in total, spread over the gateways
  --seed     the same seed makes the same inputs (random by default, and printed)
  --gateway  ${FUZZED_GATEWAYS.join(', ')} (all)
  --sort     ${SORTS.join(', ')} (all)
  --path     runs only the one input that a failure names
  --http     how many more inputs are sent over HTTP to a whole service with its own PostgreSQL (0 for none)`;

/** How many of ten inputs are of each sort. */
const TENTHS: Readonly<Record<Sort, number>> = { unsigned: 2, tampered: 3, signed: 5 };
const BATCH = 1_000;
const PROGRESS_EVERY_MS = 10_000;

const { values } = parseArgs({
  options: {
    inputs: { type: 'string', default: '1000000' },
    seed: { type: 'string', default: String(Date.now() & 0x7fff_ffff) },
    gateway: { type: 'string' },
    sort: { type: 'string' },
    path: { type: 'string' },
    http: { type: 'string', default: '10000' },
    help: { type: 'boolean', default: false },
  },
});
const numbers = { inputs: Number(values.inputs), seed: Number(values.seed), http: Number(values.http) };
const gateways = FUZZED_GATEWAYS.filter((name) => name === (values.gateway ?? name));
const sorts = SORTS.filter((sort) => sort === (values.sort ?? sort));

if (
  values.help ||
  gateways.length === 0 ||
  sorts.length === 0 ||
  !Object.values(numbers).every(Number.isSafeInteger)
) {
  console.log(HELP);
  process.exit(values.help ? 0 : 1);
}
process.exitCode = (await fuzz()) ? 0 : 1;

async function fuzz(): Promise<boolean> {
  if (values.path !== undefined) return repeat(values.path);
  console.log(`${numbers.inputs} inputs, seed ${numbers.seed}`);
  if (!(await tryGateways())) return false;
  for (const gateway of numbers.http > 0 ? gateways : []) await tryService(gateway);
  console.log('failures 0');
  return true;
}

function repeat(path: string): boolean {
  const [gateway] = gateways;
  const [sort] = sorts;
  const { failure } = runBatch({ ...numbers, gateway: gateway!, sort: sort!, path });
  console.log(failure ? failureText(failure) : 'This input violates no property now.');
  return !failure;
}

async function tryGateways(): Promise<boolean> {
  const summary = new Summary();
  const start = performance.now();
  const failures: string[] = [];
  const rate = (): string => `${Math.round((summary.inputs / (performance.now() - start)) * 1_000)}/s`;
  const progress = setInterval(() => console.log(`  ${summary.inputs} tried, ${rate()}`), PROGRESS_EVERY_MS);
  try {
    await runBatches(batches(), (batch, tally) => {
      summary.add(batch, tally);
      if (tally.failure) failures.push(failureText(tally.failure));
    });
  } finally {
    clearInterval(progress);
  }
  console.log(
    `${String(summary)}\n${summary.inputs} tried in ${Math.round((performance.now() - start) / 1_000)} s, ${rate()}`,
  );
  for (const failure of failures) console.log(`\n${failure}`);
  return failures.length === 0;
}

/** Takes the gateways and sorts in turn, so that the progress covers all of them. */
function batches(): Batch[] {
  const tenths = sorts.reduce((sum, sort) => sum + TENTHS[sort], 0);
  const shares = gateways.flatMap((gateway) =>
    sorts.map((sort) => ({
      gateway,
      sort,
      left: Math.ceil((numbers.inputs * TENTHS[sort]) / tenths / gateways.length),
    })),
  );
  const all: Batch[] = [];
  while (shares.some(({ left }) => left > 0))
    for (const share of shares.filter(({ left }) => left > 0)) {
      const { gateway, sort } = share;
      all.push({
        gateway,
        sort,
        inputs: Math.min(BATCH, share.left),
        seed: (numbers.seed + all.length) & 0x7fff_ffff,
      });
      share.left -= BATCH;
    }
  return all;
}

async function tryService(gateway: FuzzedGateway): Promise<void> {
  const server = await startPostgres({ ephemeral: true });
  await migrate(server.url());
  const service = await startService({ databaseUrl: server.url() });
  try {
    const start = performance.now();
    const share = Math.ceil(numbers.http / gateways.length);
    const { sent, acknowledged, rejected } = await sendHostile(service, gateway, {
      inputs: share,
      seed: numbers.seed,
    });
    const seconds = Math.round((performance.now() - start) / 1_000);
    console.log(
      `${gateway} over HTTP: ${sent} sent, ${acknowledged} acknowledged and stored, ${rejected} rejected, ${seconds} s`,
    );
  } finally {
    await service.close();
    await server.stop();
  }
}
