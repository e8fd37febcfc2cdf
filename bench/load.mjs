// The load generator, a process of its own so that its work is not the service's. It signs every callback before
// the clock starts, then keeps each connection busy with one request at a time and tells its parent what it saw.
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { connect } from 'node:net';
import { setImmediate as breathe } from 'node:timers/promises';
import { developmentKeys } from '../dist/src/sandbox/development-keys.js';
import { signCallback, SIGNERS } from '../dist/src/sandbox/sign-callback.js';

const COPIES = 10;

const [order] = await once(process, 'message');
process.send({ results: await run(order) });
process.disconnect();

async function run(plan) {
  const requests = await signedRequests(plan);
  const load = {
    requests,
    plan,
    next: 0,
    acknowledged: new Uint8Array(plan.callbacks),
    stopped: false,
  };
  begin(load);
  const warmUp = setTimeout(() => begin(load), plan.warmUpSeconds * 1000);
  const end = setTimeout(() => (load.stopped = true), (plan.warmUpSeconds + plan.seconds) * 1000);
  await Promise.all(Array.from({ length: plan.connections }, () => keepBusy(load)));
  clearTimeout(warmUp);
  clearTimeout(end);
  return summary(load);
}

async function signedRequests({ gateway, dataDir, callbacks, port }) {
  const keys = await developmentKeys(dataDir);
  const requests = [];
  for (let index = 0; index < callbacks; index++) {
    const unique = `${index}-${randomUUID()}`;
    const { path, headers, body } = signCallback(gateway, keys, {
      paymentNumber: `bench-${index}`,
      transactionId: SIGNERS[gateway].transactionId(unique).slice(0, 64),
      eventId: SIGNERS[gateway].eventId(unique),
      amount: '100.00',
      currency: SIGNERS[gateway].defaultCurrency,
      status: 'succeeded',
      at: new Date(),
    });
    const all = { host: `127.0.0.1:${port}`, ...headers, 'content-length': body.length };
    const lines = Object.entries(all).map(([name, value]) => `${name}: ${value}\r\n`);
    requests.push(Buffer.concat([Buffer.from(`POST ${path} HTTP/1.1\r\n${lines.join('')}\r\n`), body]));
    if (index % 1000 === 0) await breathe();
  }
  return requests;
}

/** Begun again after the warm-up, whose callbacks are settled and checked like the rest, and not timed. */
function begin(load) {
  load.results = [];
  load.startedAt = performance.now();
  load.cpu = process.cpuUsage();
}

/** One keep-alive connection in a closed loop: it sends the next request when the answer to the last one is in. */
function keepBusy(load) {
  return new Promise((resolve, reject) => {
    const socket = connect(load.plan.port, '127.0.0.1').setNoDelay(true);
    let current = 0;
    let busy = false;
    let sentAt = 0;
    let unread = '';
    const send = () => {
      // Copies follow each other directly, so that they are under way together.
      current = Math.floor(load.next++ / (load.plan.copies ? COPIES : 1));
      busy = !load.stopped && current < load.requests.length;
      sentAt = performance.now();
      if (busy) socket.write(load.requests[current]);
      else socket.end();
    };
    socket.on('connect', send);
    socket.on('data', (chunk) => {
      unread += chunk.toString('latin1');
      const status = completeAnswer(unread);
      if (status === null) return;
      unread = '';
      load.results.push(status, performance.now() - sentAt);
      load.lastAt = performance.now();
      if (status < 300) load.acknowledged[current] = 1;
      send();
    });
    socket.on('error', reject);
    socket.on('close', () =>
      busy ? reject(new Error('the service closed a connection unasked')) : resolve(),
    );
  });
}

/** The status of an answer that has come in whole, or null. The service announces the length of every body it sends. */
function completeAnswer(text) {
  const end = text.indexOf('\r\n\r\n');
  if (end < 0) return null;
  const length = Number(/\r\ncontent-length: *(\d+)/i.exec(text.slice(0, end))?.[1] ?? 0);
  return text.length >= end + 4 + length ? Number(text.slice(9, 12)) : null;
}

function summary(load) {
  const seconds = (load.lastAt - load.startedAt) / 1000;
  const latencies = new Float64Array(load.results.length / 2);
  const statuses = {};
  let acknowledgements = 0;
  for (let index = 0; index < latencies.length; index++) {
    const status = load.results[2 * index];
    statuses[status] = (statuses[status] ?? 0) + 1;
    if (status < 300) acknowledgements++;
    latencies[index] = load.results[2 * index + 1];
  }
  latencies.sort();
  const quantile = (share) => latencies[Math.min(latencies.length - 1, Math.floor(share * latencies.length))];
  const { user, system } = process.cpuUsage(load.cpu);
  return {
    answers: latencies.length,
    acknowledgements,
    seconds,
    statuses,
    latencyMs: { p50: quantile(0.5), p99: quantile(0.99), max: latencies.at(-1) },
    generatorCpu: (user + system) / 1e6 / seconds,
    ranOut: !load.stopped,
    acknowledged: Array.from(load.acknowledged.keys()).filter((index) => load.acknowledged[index]),
  };
}
