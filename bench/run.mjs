// What all measures of a run share: the server, the specimen, the databases to copy, and what was found so far.
import { connected, Databases } from './databases.mjs';
import { prepareLoad } from './generator.mjs';
import { fillHistory } from './history.mjs';
import { FIRST_OF_HISTORY, numberOf } from './numbers.mjs';
import { ensureComplete } from './pgbench-scripts.mjs';
import { startServer } from './postgres.mjs';
import { productionEnvironment, startService } from './service.mjs';
import { readSpecimen } from './specimen.mjs';
import { Undo } from './undo.mjs';

/** Where the best number was neither given nor looked for: two groups of the service, and two more that wait. */
const CONNECTIONS = 256;
/** Callbacks a second that are prepared as long as nothing was measured; and how many more than were measured last. */
const AT_FIRST = 12_000;
const HEADROOM = 1.4;
/** Gateways that sign by RSA, which takes long to prepare and longer to verify: never more than the others. */
const SLOWER = { 'wechat-pay': 0.75, alipay: 0.75 };

export async function prepareRun({ options, folder, names, undo, say }) {
  say('PostgreSQL, the tables, and one callback to see what it writes …');
  const server = await startServer({ folder, bin: options.postgresBin, flags: options.postgres, undo });
  const run = new Run({ options, folder, server, undo, say, env: await productionEnvironment(folder) });
  const url = await run.databases.create('small');
  run.specimen = await run.specimenOn(url);
  ensureComplete(run.specimen);
  await fillHistory(url, run.specimen, options.history, say);
  if (names.includes('ten-million')) await run.prepareLarge();
  return run;
}

class Run {
  /** The figures of each round, by the name of the measure. */
  rounds = [];
  #connections = CONNECTIONS;
  #perSecond = AT_FIRST;

  constructor({ options, folder, server, undo, say, env }) {
    Object.assign(this, { options, folder, undo, say, env });
    this.databases = new Databases(server);
    this.#connections = options.connections ?? CONNECTIONS;
  }

  get connections() {
    return this.#connections;
  }

  /** Takes a measure, and ends what it has started. */
  async measure(take, { name, round }) {
    const undo = new Undo();
    this.undo.add(() => undo.run());
    const found = (this.rounds[round] ??= {});
    try {
      found[name] = await take(this.#forMeasure({ undo, round, found }));
    } finally {
      await undo.run();
    }
    if (name === 'connections') this.#connections = found[name].best;
    if (['connections', 'distinct'].includes(name)) this.#perSecond = HEADROOM * found[name].rate;
    return found[name];
  }

  /** What a measure is given. */
  #forMeasure({ undo, round, found }) {
    const { options, folder, databases, specimen, connections, say } = this;
    return {
      options,
      folder,
      databases,
      specimen,
      connections,
      say,
      undo,
      round,
      large: this.large,
      figure: (name) => found[name],
      enough: (gateway, seconds) => Math.ceil((SLOWER[gateway] ?? 1) * this.#perSecond * seconds),
      startService: (variables, env = this.env) => this.startService({ ...env, ...variables }, undo),
    };
  }

  startService(env, undo) {
    const { folder, options } = this;
    return startService({ folder, env: { ...env, ...options.env }, flags: options.node, undo });
  }

  /** Settles one callback by the service, and reads what it wrote. */
  async specimenOn(url) {
    const undo = new Undo();
    this.undo.add(() => undo.run());
    const first = FIRST_OF_HISTORY - 1;
    await connected(url, (client) => addOne(client, numberOf(first)));
    const { port } = await this.startService({ ...this.env, DATABASE_URL: url }, undo);
    const plan = { loop: 'closed', gateway: 'standard-webhooks', first, count: 1, connections: 1 };
    const load = await prepareLoad(
      { ...plan, ports: [port], dataDir: this.folder, warmUpSeconds: 0, seconds: 60 },
      undo,
    );
    const specimen = await readSpecimen(url, numberOf(first), () => load.run());
    await undo.run();
    return specimen;
  }

  async prepareLarge() {
    this.say(`${this.options.large} payments for ten-million …`);
    this.large = await this.databases.create('large');
    await fillHistory(this.large, this.specimen, this.options.large, this.say);
  }
}

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
