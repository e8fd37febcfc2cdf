// What all measures of a run share: the server, the sample callback, the databases to copy, and the figures so far.
import { Cleanup } from './cleanup.mjs';
import { connected, Databases } from './databases.mjs';
import { prepareLoad } from './generator.mjs';
import { fillHistory } from './history.mjs';
import { FIRST_OF_HISTORY, numberOf } from './numbers.mjs';
import { ensureComplete } from './pgbench-scripts.mjs';
import { startServer } from './postgres.mjs';
import { placeSample } from './place-requests.mjs';
import { readSample } from './sample.mjs';
import { productionEnvironment, startService } from './service.mjs';

/** The measures that use the large database. */
const MEASURES_OF_LARGE = ['ten-million', 'reads-10m'];
/** The default if the number is neither given nor measured. */
const CONNECTIONS = 256;
/** Callbacks a second that are prepared before anything was measured. */
const AT_FIRST = 12_000;
/** How many more callbacks are prepared than the last measure could send. */
const HEADROOM = 1.4;
/** Gateways that sign by RSA. They are slower, and their callbacks take longer to prepare, so fewer are prepared. */
const SLOWER = { 'wechat-pay': 0.75, alipay: 0.75 };

export async function prepareRun({ options, folder, names, cleanup, say }) {
  say('preparing PostgreSQL, the tables and a sample callback …');
  const server = await startServer({ folder, bin: options.postgresBin, flags: options.postgres, cleanup });
  const run = new Run({ options, folder, server, cleanup, say, env: await productionEnvironment(folder) });
  const url = await run.databases.create('small');
  await run.takeSamples(url);
  ensureComplete({ settled: run.sample, placed: run.placed });
  await fillHistory(url, run.sample, options.history, say);
  if (names.some((name) => MEASURES_OF_LARGE.includes(name))) await run.prepareLarge();
  return run;
}

class Run {
  /** The figures of each round, by the name of the measure. */
  rounds = [];
  /** What the rounds of a measure share. */
  #shared = {};
  #connections = CONNECTIONS;
  #perSecond = AT_FIRST;

  constructor({ options, folder, server, cleanup, say, env }) {
    Object.assign(this, { options, folder, cleanup, say, env });
    this.databases = new Databases(server);
    this.#connections = options.connections ?? CONNECTIONS;
  }

  get connections() {
    return this.#connections;
  }

  /** Takes a measure, and stops what it has started. */
  async measure(take, { name, round }) {
    const cleanup = new Cleanup();
    this.cleanup.add(() => cleanup.run());
    const found = (this.rounds[round] ??= {});
    try {
      found[name] = await take(this.#forMeasure({ cleanup, round, found }));
    } finally {
      await cleanup.run();
    }
    if (name === 'connections') this.#connections = found[name].best;
    if (['connections', 'distinct'].includes(name)) this.#perSecond = HEADROOM * found[name].rate;
    return found[name];
  }

  /** The object that a measure gets. */
  #forMeasure({ cleanup, round, found }) {
    const { options, folder, databases, sample, placed, connections, say } = this;
    return {
      options,
      folder,
      databases,
      sample,
      placed,
      connections,
      token: tokenOf({ ...this.env, ...options.env }),
      say,
      cleanup,
      round,
      large: this.large,
      shared: this.#shared,
      postgresPid: databases.server.pid,
      figure: (name) => found[name],
      enough: (gateway, seconds) => Math.ceil((SLOWER[gateway] ?? 1) * this.#perSecond * seconds),
      startService: (variables, env = this.env) => this.startService({ ...env, ...variables }, cleanup),
    };
  }

  startService(env, cleanup) {
    const { folder, options } = this;
    return startService({ folder, env: { ...env, ...options.env }, flags: options.node, cleanup });
  }

  /** Lets the service settle one callback and place one order, and reads the rows that it wrote. */
  async takeSamples(url) {
    const cleanup = new Cleanup();
    this.cleanup.add(() => cleanup.run());
    const first = FIRST_OF_HISTORY - 1;
    await connected(url, (client) => addOne(client, numberOf(first)));
    const { port } = await this.startService({ ...this.env, DATABASE_URL: url }, cleanup);
    const plan = { loop: 'closed', gateway: 'standard-webhooks', first, count: 1, connections: 1 };
    const load = await prepareLoad(
      { ...plan, ports: [port], dataDir: this.folder, warmUpSeconds: 0, seconds: 60 },
      cleanup,
    );
    this.sample = await readSample(url, first, () => load.run());
    const place = { port, token: tokenOf({ ...this.env, ...this.options.env }), number: numberOf(first - 1) };
    this.placed = await readSample(url, first - 1, () => placeSample(place));
    await cleanup.run();
  }

  async prepareLarge() {
    this.say(`${this.options.large} payments for ten-million …`);
    this.large = await this.databases.create('large');
    await fillHistory(this.large, this.sample, this.options.large, this.say);
  }
}

/** The token of the first account, from its `name:role:token`. */
const tokenOf = ({ ADMIN_TOKENS }) => ADMIN_TOKENS.split(',')[0].split(':')[2];

async function addOne(client, number) {
  await client.query(
    `INSERT INTO orders (number, total, currency, status) VALUES ($1, '100.00', 'CNY', 'pending')`,
    [number],
  );
  await client.query(
    `INSERT INTO payments (number, order_number, gateway, amount, currency, status, expires_at)
     VALUES ($1, $1, 'standard-webhooks', '100.00', 'CNY', 'init', now() + interval '1 hour')`,
    [number],
  );
}
