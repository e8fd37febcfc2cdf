// One measure of the service: a fresh database, the service, the load, and a check of what was stored.
import { SIGNERS } from '../../dist/src/sandbox/gateways/registry.js';
import { connected } from './databases.mjs';
import { prepareLoad } from './generator.mjs';
import { addPending, faultsOf } from './payments.mjs';
import { cpuOf, cpuOfPostgres, memoryOf } from './process-usage.mjs';

const SAMPLE_MS = 250;

/** A fresh database with `count` waiting payments, and `replicas` services on it. */
export async function prepareService(bench, { gateway, count, first = 0, replicas = 1, database }) {
  const url = database ?? (await bench.databases.copy('small', bench.cleanup));
  await fillPending(bench, url, { gateway, first, count });
  const starting = Array.from({ length: replicas }, () => bench.startService({ DATABASE_URL: url }));
  return { url, services: await Promise.all(starting) };
}

export function fillPending(bench, url, { gateway, first, count }) {
  const currency = SIGNERS[gateway].defaultCurrency;
  return connected(url, (client) => addPending(client, bench.sample, { gateway, currency, first, count }));
}

/**
 * Sends the load of `plan` to running services, and at the same time that of `beside`, a prepared load. `faults` are sentences
 * about what must not happen.
 */
export async function putLoad(bench, running, plan, beside) {
  const { gateway, first = 0, refusals = [] } = plan;
  const { acknowledged, ...figures } = await sendLoad(bench, running, plan, beside);
  const expected = [String(SIGNERS[gateway].acknowledgement.status), ...refusals];
  const faults = await connected(running.url, (client) => faultsOf(client, first, acknowledged));
  return { ...figures, faults: [...faults, ...faultsOfAnswers(figures, expected)] };
}

/** Sends the load without checking anything. `acknowledged` of the result counts the answers to each request. */
export async function sendLoad(bench, { url, services }, plan, beside) {
  const { first = 0, warmUpSeconds } = plan;
  const ports = services.map(({ port }) => port);
  const load = await prepareLoad({ ...plan, first, ports, dataDir: bench.folder }, bench.cleanup);
  // Writes the prepared rows to the disk now, and not during the measure.
  await connected(url, (client) => client.query('CHECKPOINT'));
  const usage = watch(services, { postgresPid: bench.postgresPid, warmUpSeconds });
  const [figures, besides] = await Promise.all([load.run(), beside?.run()]);
  return { ...figures, ...usage.stop(), ...(besides && { beside: besides }) };
}

export function faultsOfAnswers({ statuses, unanswered }, expected) {
  const faults = Object.entries(statuses)
    .filter(([status]) => !expected.includes(status))
    .map(([status, times]) => `${times} answers of status ${status}`);
  if (unanswered > 0) faults.push(`${unanswered} requests had no answer`);
  return faults;
}

/**
 * The total memory of the services, and the CPU of the services and of PostgreSQL, in cores, from the end of the warm-up on. The sessions
 * of PostgreSQL are all of it except the background processes, such as the checkpointer.
 */
export function watch(services, { postgresPid, warmUpSeconds = 0 } = {}) {
  const samples = [];
  const memory = (which) => services.reduce((sum, { pid }) => sum + memoryOf(pid)[which], 0);
  let since = cpuNow(services, postgresPid);
  const timers = [
    setInterval(() => samples.push(memory('now')), SAMPLE_MS),
    setTimeout(() => (since = cpuNow(services, postgresPid)), warmUpSeconds * 1000),
  ];
  return {
    stop() {
      timers.forEach(clearTimeout);
      return { ...cores(since, cpuNow(services, postgresPid)), rssPeakMiB: memory('peak'), rssMiB: samples };
    },
  };
}

export function cpuNow(services, postgresPid) {
  const service = services.reduce((sum, { pid }) => sum + cpuOf(pid), 0);
  return { at: performance.now() / 1000, service, postgres: cpuOfPostgres(postgresPid) };
}

export function cores(before, after) {
  const seconds = after.at - before.at;
  const postgres = (after.postgres.all - before.postgres.all) / seconds;
  const background = (after.postgres.background - before.postgres.background) / seconds;
  return {
    serviceCpu: (after.service - before.service) / seconds,
    postgresCpu: postgres,
    sessionsCpu: postgres - background,
  };
}
