import { parseArgs } from 'node:util';
import { SIGNERS, type PlayedGateway } from '../../src/sandbox/sign-callback.js';
import { databaseOfItsOwnServer } from '../database.js';
import { startService } from '../e2e/service.js';
import { tryBatch, type Batch } from './batch.js';
import { SORTS, type Sort } from './callbacks.js';
import { tryAll } from './crew.js';
import { sendHostile } from './over-http.js';
import { failureText, Summary } from './report.js';

const HELP = `npm run fuzz -- [--inputs 1000000] [--seed N] [--gateway G] [--sort S] [--path P] [--http 10000]

  --inputs   how many in all, spread over the gateways
  --seed     the same seed tries the same inputs (drawn anew, and printed)
  --gateway  ${Object.keys(SIGNERS).join(', ')} (all)
  --sort     ${SORTS.join(', ')} (all)
  --path     as a failure names it: that one input alone
  --http     how many of them are sent to the whole service on a PostgreSQL of its own; 0 for none`;

/** Of ten inputs so many are of each sort. */
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
const asked = { inputs: Number(values.inputs), seed: Number(values.seed), http: Number(values.http) };
const gateways = (Object.keys(SIGNERS) as PlayedGateway[]).filter(
  (name) => name === (values.gateway ?? name),
);
const sorts = SORTS.filter((sort) => sort === (values.sort ?? sort));

if (
  values.help ||
  gateways.length === 0 ||
  sorts.length === 0 ||
  !Object.values(asked).every(Number.isSafeInteger)
) {
  console.log(HELP);
  process.exit(values.help ? 0 : 1);
}
process.exitCode = (await fuzz()) ? 0 : 1;

async function fuzz(): Promise<boolean> {
  if (values.path !== undefined) return repeat(values.path);
  console.log(`${asked.inputs} inputs, seed ${asked.seed}`);
  if (!(await tryGateways())) return false;
  for (const gateway of asked.http > 0 ? gateways : []) await tryService(gateway);
  console.log('failures 0');
  return true;
}

function repeat(path: string): boolean {
  const [gateway] = gateways;
  const [sort] = sorts;
  const { failure } = tryBatch({ ...asked, gateway: gateway!, sort: sort!, path });
  console.log(failure ? failureText(failure) : 'This input keeps every promise now.');
  return !failure;
}

async function tryGateways(): Promise<boolean> {
  const summary = new Summary();
  const start = performance.now();
  const failures: string[] = [];
  const rate = (): string => `${Math.round((summary.inputs / (performance.now() - start)) * 1_000)}/s`;
  const progress = setInterval(() => console.log(`  ${summary.inputs} tried, ${rate()}`), PROGRESS_EVERY_MS);
  try {
    await tryAll(batches(), (batch, tally) => {
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

/** In turn over the gateways and sorts, so that what is told on the way is of all of them. */
function batches(): Batch[] {
  const tenths = sorts.reduce((sum, sort) => sum + TENTHS[sort], 0);
  const shares = gateways.flatMap((gateway) =>
    sorts.map((sort) => ({
      gateway,
      sort,
      left: Math.ceil((asked.inputs * TENTHS[sort]) / tenths / gateways.length),
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
        seed: (asked.seed + all.length) & 0x7fff_ffff,
      });
      share.left -= BATCH;
    }
  return all;
}

async function tryService(gateway: PlayedGateway): Promise<void> {
  const database = await databaseOfItsOwnServer();
  const service = await startService({ databaseUrl: database.url });
  try {
    const start = performance.now();
    const share = Math.ceil(asked.http / gateways.length);
    const { sent, acknowledged, refused } = await sendHostile(service, gateway, {
      inputs: share,
      seed: asked.seed,
    });
    const seconds = Math.round((performance.now() - start) / 1_000);
    console.log(
      `${gateway} over HTTP: ${sent} sent, ${acknowledged} acknowledged and stored, ${refused} refused, ${seconds} s`,
    );
  } finally {
    await service.close();
    await database.drop();
  }
}
