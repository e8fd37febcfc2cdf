import path from 'node:path';
import { Logger } from '@nestjs/common';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import type { EmbeddedPostgres } from './adapters/persistence/embedded-postgres.js';
import { faultOf } from './adapters/persistence/faults.js';
import type { ResolvedConfig } from './app.module.js';
import { createApp } from './app.js';
import { loadConfig, type Config } from './config.js';

/** What is still under way then is cut, so that a supervisor never has to kill. */
const STOP_WITHIN_MS = 10_000;

const log = new Logger('Quittance');

async function main(): Promise<void> {
  const config = loadConfig(process.env);
  const embedded = config.databaseUrl === null ? await embed(config) : null;
  try {
    const resolved = await resolve(config, config.databaseUrl ?? embedded!.url());
    const app = await createApp(resolved);
    await app.listen(config.port, config.host);
    stopOnSignal(app, embedded);
    greet(resolved);
  } catch (error) {
    await embedded?.stop();
    throw error;
  }
}

/** Development only: a production start without DATABASE_URL has been refused by then, and the package may be missing. */
async function embed(config: Config): Promise<EmbeddedPostgres> {
  const { startPostgres } = await import('./adapters/persistence/embedded-postgres.js');
  return startPostgres({
    dir: path.join(config.dataDir, 'postgres'),
    onProgress: (text) => console.log(text),
  });
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

/** Requests under way get their answers, then the workers stop, then the pools close, then the database. */
function stopOnSignal(app: NestFastifyApplication, embedded: EmbeddedPostgres | null): void {
  let stopping = false;
  const stop = async (signal: string): Promise<void> => {
    if (stopping) return;
    stopping = true;
    log.log(`${signal}: finishing what is under way …`);
    setTimeout(() => process.exit(1), STOP_WITHIN_MS).unref();
    await app.close();
    await embedded?.stop();
    log.log('Stopped.');
    process.exit(0);
  };
  process.on('SIGINT', (signal) => void stop(signal));
  process.on('SIGTERM', (signal) => void stop(signal));
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

main().catch((error: Error) => {
  // What an operator can mend is told in words; for anything else the stack is what helps.
  const text =
    faultOf(error) === 'passing' ? `the database cannot be reached: ${error.message}` : error.stack;
  console.error(error.name === 'ConfigError' ? error.message : `Quittance could not start: ${text}`);
  process.exit(1);
});
