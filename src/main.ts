import { Logger } from '@nestjs/common';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { setImmediate } from 'node:timers/promises';
import { listenAddresses } from './adapters/http/server/listen-address.js';
import { loggerFor, startOutput } from './adapters/observability/logger.js';
import { VERSION } from './adapters/observability/version.js';
import { explainFault } from './adapters/postgres/engine/explain-fault.js';
import { faultOf } from './adapters/postgres/engine/faults.js';
import { describeFault } from './adapters/workers/readiness-worker.js';
import { Readiness } from './application/readiness.js';
import type { ResolvedConfig } from './composition/app.module.js';
import { type ServiceUrls, greeting } from './config/greeting.js';
import { tryToListen } from './config/listen-refused.js';
import { type Config, loadConfig, logFormatOf } from './config/load.js';
import { configWarnings, modeLine } from './config/start-lines.js';
import { StartRefused } from './config/start-refused.js';
import type { EmbeddedPostgres } from './development/embedded-postgres.js';

/** A database that does not answer blocks everything that waits for it. What is unfinished by then is as safe as after a crash. */
const STOP_WITHIN_MS = 9_000;

/** The terminal sends Ctrl-C to this process, and npm passes it on once more. */
const SAME_SIGNAL_WITHIN_MS = 500;

const log = new Logger('Quittance');
const format = logFormatOf(process.env);
const output = startOutput(format);

/** What has been started so far, the last first, so that a signal at any moment stops all of it. */
const started: { stop(): unknown }[] = [];
/** Aborted by the first signal to stop. */
const stopping = new AbortController();
/** On the clock of `performance.now()`. */
let stopSince = 0;

async function main(): Promise<void> {
  process.on('SIGINT', (signal) => void stop(signal));
  process.on('SIGTERM', (signal) => void stop(signal));
  const checksOnly = isCheck(process.argv.slice(2));
  const config = loadConfig(process.env);
  const logger = loggerFor(config);
  Logger.overrideLogger(logger);
  const does = checksOnly ? 'checks its configuration for' : 'starts in';
  log.log(`Quittance ${VERSION} ${does} ${modeLine(config, process.env)}`);
  for (const warning of configWarnings(config, process.env)) log.warn(warning);
  if (checksOnly) return output.say('The configuration can be used. Nothing was started.');
  const { callbacks, admin } = listenAddresses(config);
  await tryToListen(callbacks);
  if (admin) await tryToListen(admin);
  const databaseUrl = config.databaseUrl ?? (await embedPostgres(config)).url();
  if (stopping.signal.aborted) return;
  if (config.mode === 'development') await migrateAtStart(databaseUrl);
  const resolved = { ...config, databaseUrl, gateways: await gatewaySettings(config) };
  // Loading it takes most of a start, and a start that is refused before needs none of it.
  const { createApp, listen } = await import('./composition/app.js');
  const app = await createApp(resolved, { logger });
  started.unshift({ stop: () => app.close() });
  if (stopping.signal.aborted) return;
  const urls = await listen(app, resolved);
  await noteInDataFolder(resolved, urls);
  announce(app.get(Readiness), resolved, urls);
}

/** Whether only the configuration is checked. A mistyped argument is refused, because it must not start a process. */
function isCheck(given: readonly string[]): boolean {
  if (given.length === 0) return false;
  if (given.length === 1 && given[0] === '--check') return true;
  throw new StartRefused(
    `Quittance has no such argument as "${given.join(' ')}", and nothing was started. The only one is --check.`,
  );
}

/** The sandbox of a developer finds the service by it. */
async function noteInDataFolder(config: ResolvedConfig, urls: ServiceUrls): Promise<void> {
  if (config.mode === 'production' || config.strict) return;
  const { noteService, removeNote } = await import('./development/running-service.js');
  noteService(config.dataDir, { pid: process.pid, ...urls });
  started.unshift({ stop: () => removeNote(config.dataDir) });
}

/** The greeting waits until a callback can be stored and decided. Until then, a line says why it cannot. */
function announce(readiness: Readiness, config: ResolvedConfig, urls: ServiceUrls): void {
  let greeted = false;
  readiness.onChange((faults) => {
    if (greeted || stopping.signal.aborted) return;
    greeted = faults.length === 0;
    if (greeted) return greet(config, urls);
    const why = faults.map(describeFault).join('; ');
    log.warn(
      `Quittance listens at ${urls.url} but is not ready, and callbacks are stored undecided or get 503: ${why}`,
    );
  });
}

/** Production gets one log line. In development people read what to try, and programs one line of the log at any LOG_LEVEL. */
function greet(config: ResolvedConfig, urls: ServiceUrls): void {
  const { ready, danger, advice } = greeting(config, urls, VERSION);
  if (config.mode === 'production' || config.strict) log.log(ready);
  else output.say(format === 'json' ? `${ready} Development mode. ${danger}` : `${ready}\n\n${advice}\n`);
}

/** Development only. In production `loadConfig` has already refused a missing DATABASE_URL, and the package may not be installed. */
async function embedPostgres(config: Config): Promise<EmbeddedPostgres> {
  const { startPostgres } = await import('./development/embedded-postgres.js');
  const postgres = await startPostgres({
    dir: path.join(config.dataDir, 'postgres'),
    onProgress: (text) => output.say(text),
  });
  started.unshift(postgres);
  return postgres;
}

async function migrateAtStart(databaseUrl: string): Promise<void> {
  const { migrate } = await import('./adapters/postgres/schema.js');
  await migrate(databaseUrl, undefined, stopping.signal);
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
  if (stopping.signal.aborted) return stopAtOnce(signal);
  stopSince = performance.now();
  log.log(`${signal}: finishing the work in progress …`);
  setTimeout(giveUp, STOP_WITHIN_MS).unref();
  stopping.abort();
  await starting;
  await stopStarted();
  log.log('Stopped.');
  process.exit(0);
}

/** A second signal means that the operator does not want to wait. */
function stopAtOnce(signal: string): void {
  if (performance.now() - stopSince < SAME_SIGNAL_WITHIN_MS) return;
  log.warn(`${signal} again: the process ends at once, which is as safe as a crash.`);
  process.exit(1);
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

const FOR_OPERATORS: ReadonlySet<string> = new Set([
  'ConfigError',
  'DatabaseRefused',
  'ListenFailed',
  'StartRefused',
]);

/** For a fault that the operator can correct, the message is enough. For any other, the stack helps. */
function reportOf(error: Error): string {
  if (FOR_OPERATORS.has(error.name)) return error.message;
  if (error.name === 'MigrationFailed')
    return `${error.message} What to do: ${describeFault(explainFault(error.cause))}.`;
  return faultOf(error) === 'temporary'
    ? `Quittance could not start: ${describeFault(explainFault(error))}. No order, payment or callback was changed.`
    : `Quittance could not start: ${error.stack}`;
}

const starting = main().catch(async (error: Error) => {
  if (stopping.signal.aborted) return;
  // The log writes the lines of this turn of the event loop at its end, and the report comes after them.
  await setImmediate();
  output.fail(reportOf(error));
  await stopStarted();
  process.exit(1);
});
