// Runs pgbench. Reads the latencies from its log, because its summary has no quantiles.
import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { quantile } from './quantile.mjs';

/** The version of pgbench, or null if it is not installed. */
export function pgbenchVersion() {
  try {
    return /[\d.]+/.exec(execFileSync('pgbench', ['--version'], { encoding: 'utf8' }))[0];
  } catch {
    return null;
  }
}

/**
 * One run over the payments from counter `first` on. `rate` is the number of transactions to start each second, whether or not
 * earlier ones have ended; a latency then starts when the transaction was due. Without it, as many as possible.
 */
export async function runPgbench({ url, folder, script, first, clients, seconds, rate, cleanup }) {
  const file = join(folder, 'pgbench.sql');
  writeFileSync(file, script);
  const { hostname, port, username, password, pathname } = new URL(url);
  const log = join(folder, 'pgbench-log');
  const args = [
    '--no-vacuum',
    '--protocol=prepared',
    `--file=${file}`,
    '--log',
    `--log-prefix=${log}`,
    `--client=${clients}`,
    `--jobs=${Math.min(clients, 2)}`,
    `--time=${seconds}`,
    `--define=first=${first}`,
    `--define=clients=${clients}`,
    '--define=k=-1',
    ...(rate ? [`--rate=${rate}`] : []),
    `--host=${hostname}`,
    `--port=${port}`,
    `--username=${username}`,
    pathname.slice(1),
  ];
  const env = { PATH: process.env.PATH, LC_ALL: 'C', PGPASSWORD: decodeURIComponent(password) };
  const child = spawn('pgbench', args, { cwd: folder, env, stdio: ['ignore', 'pipe', 'pipe'] });
  cleanup.add(() => void child.kill());
  let output = '';
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk) => (output += chunk));
  const [code] = await once(child, 'close');
  if (code !== 0 || /aborted/.test(output)) throw new Error(`pgbench failed:\n${output.slice(-2000)}`);
  const transactions = Number(/transactions actually processed: (\d+)/.exec(output)[1]);
  return { transactions, rate: Number(/tps = ([\d.]+)/.exec(output)[1]), latencyMs: latencies(folder) };
}

/** The third field of a line is the time of a transaction in microseconds. Each thread of pgbench has its own file. */
function latencies(folder) {
  const files = readdirSync(folder).filter((name) => name.startsWith('pgbench-log.'));
  const lines = files.flatMap((name) => readFileSync(join(folder, name), 'utf8').trimEnd().split('\n'));
  files.forEach((name) => rmSync(join(folder, name)));
  const sorted = Float64Array.from(lines, (line) => Number(line.split(' ')[2]) / 1000).sort();
  return { p50: quantile(sorted, 0.5), p99: quantile(sorted, 0.99), max: sorted.at(-1) };
}
