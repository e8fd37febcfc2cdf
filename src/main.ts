import path from 'node:path';
import { Logger } from '@nestjs/common';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import type { EmbeddedPostgres } from './adapters/persistence/embedded-postgres.js';
import { faultOf } from './adapters/persistence/faults.js';
import type { ResolvedConfig } from './app.module.js';
import { createApp } from './app.js';
import { loadConfig, type Config } from './config.js';

/** Requests under way get this long. A supervisor commonly kills after ten seconds, and the pools and the database stop after them. */
const FINISH_WITHIN_MS = 6_000;
/** A database that does not answer holds up whatever waits for it. What is not finished by then is as safe as after a crash. */
const STOP_WITHIN_MS = 9_000;

const log = new Logger('Quittance');

/** What has been started so far, the last first, so that a signal at any moment leaves nothing behind. */
const started: { stop(): Promise<unknown> }[] = [];
let stopping = false;

async function main(): Promise<void> {
  const config = loadConfig(process.env);
  process.on('SIGINT', (signal) => void stop(signal));
  process.on('SIGTERM', (signal) => void stop(signal));
  const databaseUrl = config.databaseUrl ?? (await embed(config)).url();
  if (stopping) return;
  const resolved = await resolve(config, databaseUrl);
  const app = await createApp(resolved);
  started.unshift({ stop: () => close(app) });
  if (stopping) return;
  await app.listen(config.port, config.host);
  greet(resolved);
}

/** Requests under way get their answers, then the workers stop, then the pools close, then the database. */
async function stop(signal: string): Promise<void> {
  // Whoever asks a second time does not want to wait.
  if (stopping) process.exit(1);
  stopping = true;
  log.log(`${signal}: finishing what is under way …`);
  setTimeout(giveUp, STOP_WITHIN_MS).unref();
  await starting;
  await stopStarted();
  log.log('Stopped.');
  process.exit(0);
}

function giveUp(): void {
  log.error(
    `Not stopped within ${STOP_WITHIN_MS / 1_000} s: ended without what still waits for the database.`,
  );
  process.exit(1);
}

async function stopStarted(): Promise<void> {
  for (let last = started.shift(); last; last = started.shift()) await last.stop();
}

/** A client that never ends its request must not keep the service from ending. */
async function close(app: NestFastifyApplication): Promise<void> {
  const cut = setTimeout(() => app.getHttpServer().closeAllConnections(), FINISH_WITHIN_MS);
  await app.close();
  clearTimeout(cut);
}

/** Development only: a production start without DATABASE_URL has been refused by then, and the package may be missing. */
async function embed(config: Config): Promise<EmbeddedPostgres> {
  const { startPostgres } = await import('./adapters/persistence/embedded-postgres.js');
  const postgres = await startPostgres({
    dir: path.join(config.dataDir, 'postgres'),
    onProgress: (text) => console.log(text),
  });
  started.unshift(postgres);
  return postgres;
}

async function resolve(config: Config, databaseUrl: string): Promise<ResolvedConfig> {
  if (config.mode === 'development') {
    const { migrate } = await import('./adapters/persistence/data-source.js');
    await migrate(databaseUrl);
  }
  if (config.developmentGateways.length === 0) return { ...config, databaseUrl };
  const { developmentKeys } = await import('./sandbox/development-keys.js');
  const { settings } = await developmentKeys(config.dataDir);
  const defaults = Object.fromEntries(config.developmentGateways.map((name) => [name, settings[name]]));
  return { ...config, databaseUrl, gateways: { ...defaults, ...config.gateways } };
}

function greet({
  host,
  port,
  dataDir,
  adminTokens,
  usesDevelopmentToken,
  gateways,
  databaseUrl,
}: ResolvedConfig): void {
  const at = `http://${host.includes(':') ? `[${host}]` : host}:${port}`;
  const names = Object.keys(gateways).map((name) =>
    name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`),
  );
  const ready = `Quittance is ready at ${at} and takes callbacks at ${at}/callbacks/{${names.join(',')}}.`;
  if (!usesDevelopmentToken) return log.log(ready);
  const { hostname, port: databasePort } = new URL(databaseUrl);
  console.log(`${ready}

  Development mode. Keys and data are kept in ${dataDir}; PostgreSQL is at ${hostname}:${databasePort}.
  Never let this mode face the internet: its admin token is "${adminTokens[0]!.token}".

  Pay an order   npm run sandbox -- pay standard-webhooks
  Look at it     curl -H 'Authorization: Bearer ${adminTokens[0]!.token}' ${at}/admin/v1/orders
  Read the API   ${at}/docs
  Stop           Ctrl-C; a later start finds its data again
`);
}

function refuse(error: Error): void {
  // What an operator can mend is told in words; for anything else the stack is what helps.
  const text =
    faultOf(error) === 'passing' ? `the database cannot be reached: ${error.message}` : error.stack;
  console.error(error.name === 'ConfigError' ? error.message : `Quittance could not start: ${text}`);
}

const starting = main().catch(async (error: Error) => {
  if (stopping) return;
  refuse(error);
  await stopStarted();
  process.exit(1);
});
