// One measure of the service: a fresh database, the service, the load, and a check of what was stored.
import { SIGNERS } from '../../dist/src/sandbox/gateways/registry.js';
import { connected } from './databases.mjs';
import { prepareLoad } from './generator.mjs';
import { addPending, faultsOf } from './payments.mjs';
import { cpuOf, memoryOf } from './process-usage.mjs';

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
export async function putLoad(bench, { url, services }, plan, beside) {
  const { gateway, first = 0, refusals = [] } = plan;
  const ports = services.map(({ port }) => port);
  const load = await prepareLoad({ ...plan, first, ports, dataDir: bench.folder }, bench.cleanup);
  // Writes the prepared rows to the disk now, and not during the measure.
  await connected(url, (client) => client.query('CHECKPOINT'));
  const usage = watch(services);
  const [result, besides] = await Promise.all([load.run(), beside?.run()]);
  const used = usage.stop();
  const { acknowledged, ...figures } = result;
  const expected = [String(SIGNERS[gateway].acknowledgement.status), ...refusals];
  const faults = await connected(url, (client) => faultsOf(client, first, acknowledged));
  for (const [status, times] of Object.entries(figures.statuses)) {
    if (!expected.includes(status)) faults.push(`${times} answers of status ${status}`);
  }
  if (figures.unanswered > 0) faults.push(`${figures.unanswered} callbacks had no answer`);
  return { ...figures, ...used, faults, ...(besides && { beside: besides }) };
}

/** The total CPU and memory of the services. */
export function watch(services) {
  const samples = [];
  const cpu = () => services.reduce((sum, { pid }) => sum + cpuOf(pid), 0);
  const memory = (which) => services.reduce((sum, { pid }) => sum + memoryOf(pid)[which], 0);
  const [before, since] = [cpu(), performance.now()];
  const timer = setInterval(() => samples.push(memory('now')), SAMPLE_MS);
  return {
    stop() {
      clearInterval(timer);
      const seconds = (performance.now() - since) / 1000;
      return { serviceCpu: (cpu() - before) / seconds, rssPeakMiB: memory('peak'), rssMiB: samples };
    },
  };
}
