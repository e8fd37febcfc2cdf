import { Logger } from '@nestjs/common';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { explainFault } from './adapters/postgres/engine/explain-fault.js';
import { faultOf } from './adapters/postgres/engine/faults.js';
import { describeFault } from './adapters/workers/readiness-worker.js';
import { Readiness } from './application/readiness.js';
import type { ResolvedConfig } from './composition/app.module.js';
import { createApp } from './composition/app.js';
import { type Config, loadConfig } from './config/load.js';
import type { EmbeddedPostgres } from './development/embedded-postgres.js';

/** Requests in progress get this long. Supervisors commonly kill after 10 s, and the pools and the database stop after them. */
const FINISH_WITHIN_MS = 6_000;
/** A database that does not answer blocks everything that waits for it. What is unfinished by then is as safe as after a crash. */
const STOP_WITHIN_MS = 9_000;

const log = new Logger('Quittance');

/** What has been started so far, the last first, so that a signal at any moment stops all of it. */
const started: { stop(): Promise<unknown> }[] = [];
let stopping = false;

async function main(): Promise<void> {
  const config = loadConfig(process.env);
  process.on('SIGINT', (signal) => void stop(signal));
  process.on('SIGTERM', (signal) => void stop(signal));
  const databaseUrl = config.databaseUrl ?? (await embedPostgres(config)).url();
  if (stopping) return;
  if (config.mode === 'development') await migrateAtStart(databaseUrl);
  const resolved = { ...config, databaseUrl, gateways: await gatewaySettings(config) };
  const app = await createApp(resolved);
  started.unshift({ stop: () => close(app) });
  if (stopping) return;
  await app.listen(config.port, config.host);
  announce(app.get(Readiness), resolved);
}

/** The greeting waits until a callback can be stored. Until then, a line says why it cannot. */
function announce(readiness: Readiness, config: ResolvedConfig): void {
  let greeted = false;
  readiness.onChange((faults) => {
    if (greeted || stopping) return;
    greeted = faults.length === 0;
    if (greeted) return greet(config);
    const why = faults.map(describeFault).join('; ');
    log.warn(`Quittance listens at ${urlOf(config)} but is not ready, and callbacks get 503: ${why}`);
  });
}

const urlOf = ({ host, port }: Config): string => `http://${host.includes(':') ? `[${host}]` : host}:${port}`;

/** Development only. In production `loadConfig` has already refused a missing DATABASE_URL, and the package may not be installed. */
async function embedPostgres(config: Config): Promise<EmbeddedPostgres> {
  const { startPostgres } = await import('./development/embedded-postgres.js');
  const postgres = await startPostgres({
    dir: path.join(config.dataDir, 'postgres'),
    onProgress: (text) => console.log(text),
  });
  started.unshift(postgres);
  return postgres;
}

async function migrateAtStart(databaseUrl: string): Promise<void> {
  const { migrate } = await import('./adapters/postgres/schema.js');
  await migrate(databaseUrl);
}

/**
 * In development, a gateway without variables of its own gets those that match the sandbox's keys. The configuration is loaded
 * again with them, so that development parses and checks them by the same rows as production.
 */
async function gatewaySettings({
  gateways,
  developmentGateways,
  dataDir,
}: Config): Promise<Config['gateways']> {
  if (developmentGateways.length === 0) return gateways;
  const { sandboxKeys, serviceEnvironment } = await import('./sandbox/keys.js');
  const files = new Map<string, string>();
  const saveFile = (name: string, content: string): string => {
    const file = path.join(dataDir, name);
    files.set(file, content);
    return file;
  };
  const variables = serviceEnvironment(await sandboxKeys(dataDir), developmentGateways, saveFile);
  const readFile = (file: string): string => files.get(file) ?? readFileSync(file, 'utf8');
  return loadConfig({ ...process.env, ...variables }, { readFile }).gateways;
}

/** Requests in progress get their answers, then the workers stop, then the pools close, then the embedded database stops. */
async function stop(signal: string): Promise<void> {
  // A second signal means that the operator does not want to wait.
  if (stopping) process.exit(1);
  stopping = true;
  log.log(`${signal}: finishing the work in progress …`);
  setTimeout(giveUp, STOP_WITHIN_MS).unref();
  await starting;
  await stopStarted();
  log.log('Stopped.');
  process.exit(0);
}

function giveUp(): void {
  log.error(
    `Not stopped within ${STOP_WITHIN_MS / 1_000} s. The process ends without the work that waits for the database.`,
  );
  process.exit(1);
}

async function stopStarted(): Promise<void> {
  for (let last = started.shift(); last; last = started.shift()) await last.stop();
}

/** A client that never ends its request must not keep the process from ending. */
async function close(app: NestFastifyApplication): Promise<void> {
  const cut = setTimeout(() => app.getHttpServer().closeAllConnections(), FINISH_WITHIN_MS);
  await app.close();
  clearTimeout(cut);
}

/** Production gets one log line. With the development token, the console shows what to try. */
function greet(config: ResolvedConfig): void {
  const { port, dataDir, adminTokens, usesDevelopmentToken, gateways, databaseUrl } = config;
  const url = urlOf(config);
  const names = Object.keys(gateways).join(',');
  const ready = `Quittance is ready at ${url} and takes callbacks at ${url}/callbacks/{${names}}.`;
  if (!usesDevelopmentToken) return log.log(ready);
  const { hostname, port: databasePort } = new URL(databaseUrl);
  console.log(`${ready}

  Development mode. Keys and data are stored in ${dataDir}; PostgreSQL is at ${hostname}:${databasePort}.
  Never expose this mode to the internet: its admin token is "${adminTokens[0]!.token}".

  Pay an order   npm run sandbox -- pay standard-webhooks${port === 3000 ? '' : ` --url ${url}`}
  Look at it     curl -H 'Authorization: Bearer ${adminTokens[0]!.token}' ${url}/admin/v1/orders
  Read the API   ${url}/docs
  Stop           Ctrl-C; a later start finds its data again
`);
}

/** For a fault that the operator can correct, the message is enough. For any other, the stack helps. */
function report(error: Error): void {
  const text = faultOf(error) === 'temporary' ? describeFault(explainFault(error)) : error.stack;
  const isForOperator = error.name === 'ConfigError' || error.name === 'DatabaseRefused';
  console.error(isForOperator ? error.message : `Quittance could not start: ${text}`);
}

const starting = main().catch(async (error: Error) => {
  if (stopping) return;
  report(error);
  await stopStarted();
  process.exit(1);
});
