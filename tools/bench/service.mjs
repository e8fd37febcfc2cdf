// The built service as production runs it: a separate process with every feature on, and its log in a file.
import { spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { openSync, closeSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { get } from 'node:http';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { SIGNERS } from '../../dist/src/sandbox/gateways/registry.js';
import { sandboxKeys, serviceEnvironment } from '../../dist/src/sandbox/keys.js';
import { freePort } from './postgres.mjs';

const READY_WITHIN_SECONDS = 60;
/** The options of Node that production uses. */
const { scripts } = JSON.parse(readFileSync(join(import.meta.dirname, '../../package.json'), 'utf8'));
const FLAGS = scripts['start:prod'].split(' ').filter((word) => word.startsWith('--'));

/** The environment of a production start, with keys that the load generator can sign with. */
export async function productionEnvironment(folder) {
  const keys = await sandboxKeys(folder);
  const saveFile = (name, content) => {
    writeFileSync(join(folder, name), content);
    return join(folder, name);
  };
  return {
    PATH: process.env.PATH,
    NODE_ENV: 'production',
    HOST: '127.0.0.1',
    ADMIN_TOKENS: `bench:operator:${randomBytes(24).toString('hex')}`,
    LOG_LEVEL: 'info',
    LOG_FORMAT: 'json',
    DATA_DIR: folder,
    ...serviceEnvironment(keys, Object.keys(SIGNERS), saveFile),
  };
}

/** Starts one process, and resolves when it is ready. `flags` are options of Node. */
export async function startService({ folder, env, flags = [], cleanup }) {
  const port = await freePort();
  const logFile = join(folder, `service-${port}.log`);
  const log = openSync(logFile, 'w');
  const since = performance.now();
  const entry = join(import.meta.dirname, '../../dist/src/main.js');
  const child = spawn(process.execPath, [...FLAGS, ...flags, entry], {
    env: { ...env, PORT: String(port) },
    stdio: ['ignore', log, log],
  });
  closeSync(log);
  const stop = async () => {
    if (child.exitCode === null && child.signalCode === null && child.kill()) await once(child, 'exit');
    rmSync(logFile, { force: true });
  };
  cleanup.add(stop);
  await ready(port, () => {
    if (child.exitCode === null && child.signalCode === null) return;
    throw new Error(`The service ended before it was ready:\n${readFileSync(logFile, 'utf8').slice(-2000)}`);
  });
  return { port, pid: child.pid, readyMs: performance.now() - since, stop };
}

async function ready(port, ensureAlive) {
  for (const end = performance.now() + READY_WITHIN_SECONDS * 1000; performance.now() < end; await sleep(5)) {
    if ((await statusOf(`http://127.0.0.1:${port}/health/ready`)) === 200) return;
    ensureAlive();
  }
  throw new Error(`The service was not ready within ${READY_WITHIN_SECONDS} seconds.`);
}

function statusOf(url) {
  return new Promise((resolve) => {
    get(url, { agent: false }, (answer) => {
      answer.resume();
      resolve(answer.statusCode);
    }).once('error', () => resolve(null));
  });
}
