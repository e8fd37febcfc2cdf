// The built service as production runs it: a process of its own, nothing switched off, its log written to a file.
import { spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { openSync, closeSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { get } from 'node:http';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { developmentKeys } from '../dist/src/sandbox/development-keys.js';
import { freePort } from './postgres.mjs';

const READY_WITHIN_SECONDS = 60;
/** Those of Node itself that production starts it with. */
const { scripts } = JSON.parse(readFileSync(join(import.meta.dirname, '../package.json'), 'utf8'));
const FLAGS = scripts['start:prod'].split(' ').filter((word) => word.startsWith('--'));

/** The environment of a production start whose gateways' other side the load generator can play. */
export async function productionEnvironment(folder) {
  const { settings } = await developmentKeys(folder);
  const { stripe, wechatPay, alipay, standardWebhooks } = settings;
  const fileOf = (name, text) => {
    writeFileSync(join(folder, name), text);
    return join(folder, name);
  };
  const [{ serial, pem }] = wechatPay.platformKeys;
  return {
    PATH: process.env.PATH,
    NODE_ENV: 'production',
    HOST: '127.0.0.1',
    ADMIN_TOKENS: `bench:operator:${randomBytes(24).toString('hex')}`,
    LOG_LEVEL: 'info',
    LOG_FORMAT: 'json',
    DATA_DIR: folder,
    STRIPE_WEBHOOK_SECRETS: stripe.secrets.join(','),
    STRIPE_LIVEMODE: String(stripe.livemode),
    WECHAT_PAY_MERCHANT_ID: wechatPay.merchantId,
    WECHAT_PAY_APP_ID: wechatPay.appId,
    WECHAT_PAY_API_V3_KEY: wechatPay.apiV3Key,
    WECHAT_PAY_PLATFORM_KEYS: `${serial}=${fileOf('wechat-pay.pem', pem)}`,
    ALIPAY_APP_ID: alipay.appId,
    ALIPAY_SELLER_ID: alipay.sellerId,
    ALIPAY_PUBLIC_KEYS: fileOf('alipay.pem', alipay.publicKeys[0]),
    STANDARD_WEBHOOKS_SECRETS: standardWebhooks.secrets.join(','),
  };
}

/** Starts one process, and resolves when it is ready to take callbacks. `flags` are Node's own. */
export async function startService({ folder, env, flags = [], undo }) {
  const port = await freePort();
  const logFile = join(folder, `service-${port}.log`);
  const log = openSync(logFile, 'w');
  const since = performance.now();
  const entry = join(import.meta.dirname, '../dist/src/main.js');
  const child = spawn(process.execPath, [...FLAGS, ...flags, entry], {
    env: { ...env, PORT: String(port) },
    stdio: ['ignore', log, log],
  });
  closeSync(log);
  const stop = async () => {
    if (child.exitCode === null && child.signalCode === null && child.kill()) await once(child, 'exit');
    rmSync(logFile, { force: true });
  };
  undo.add(stop);
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
