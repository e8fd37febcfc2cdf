import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createWriteStream, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';

/** The service as it is shipped, in a separate folder. */
export interface Build {
  readonly folder: string;
  /** The processes that were started from it and still run. A failed test may leave some behind. */
  readonly children: Set<ChildProcess>;
  remove(): void;
}

/** Compiles the sources without checking types, which would take most of the time and is done by `npm run typecheck`. */
export async function build(): Promise<Build> {
  const folder = mkdtempSync(path.join(tmpdir(), 'quittance-build-'));
  const compiler = path.resolve('node_modules/typescript/bin/tsc');
  const options = ['-p', 'tsconfig.build.json', '--noCheck', '--sourceMap', 'false', '--outDir', folder];
  await promisify(execFile)(process.execPath, [compiler, ...options]);
  writeFileSync(path.join(folder, 'package.json'), '{ "type": "module", "version": "0.0.0" }');
  symlinkSync(path.resolve('node_modules'), path.join(folder, 'node_modules'));
  const children = new Set<ChildProcess>();
  return {
    folder,
    children,
    remove() {
      children.forEach((child) => child.kill('SIGKILL'));
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

/** A running process of the service. */
export interface RunningService {
  readonly url: string;
  readonly child: ChildProcess;
  /** What it has written to both streams so far. If there is a log file: only what it wrote until it was ready. */
  output(): string;
  /** Sends the signal, and resolves to the exit code or to the signal that ended the process. */
  end(signal: NodeJS.Signals): Promise<number | NodeJS.Signals | null>;
}

export interface StartOptions {
  /** Command-line options of Node. */
  readonly nodeOptions?: readonly string[];
  /** The file that its output is appended to. */
  readonly logFile?: string;
  /** A start that takes longer is killed, as by a supervisor: its queries may be lost on the network. */
  readonly readyWithinMs?: number;
}

/** Starts the built service on a free port. Resolves when it is ready. */
export async function start(
  { folder, children }: Pick<Build, 'folder' | 'children'>,
  databaseUrl: string,
  env: Record<string, string> = {},
  { nodeOptions = [], logFile, readyWithinMs = READY_WITHIN_MS }: StartOptions = {},
): Promise<RunningService> {
  const port = await freePort();
  const child = spawn(process.execPath, [...nodeOptions, path.join(folder, 'src/main.js')], {
    env: {
      PATH: process.env.PATH,
      NODE_ENV: 'development',
      PORT: String(port),
      DATABASE_URL: databaseUrl,
      DATA_DIR: path.join(tmpdir(), 'quittance-test-keys'),
      LOG_LEVEL: 'warn',
      LOG_FORMAT: 'json',
      ...env,
    },
    stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
  });
  children.add(child);
  child.once('exit', () => children.delete(child));
  const output = outputOf(child, logFile);
  const exit = once(child, 'exit') as Promise<[number | null, NodeJS.Signals | null]>;
  const timeout = setTimeout(() => child.kill('SIGKILL'), readyWithinMs);
  await new Promise<void>((resolve, reject) => {
    child.stdout!.on('data', () => output().includes(READY) && resolve());
    child.once('exit', () => reject(new Error(`the service did not start:\n${output()}`)));
  }).finally(() => clearTimeout(timeout));
  return {
    url: `http://127.0.0.1:${port}`,
    child,
    output,
    async end(signal) {
      child.kill(signal);
      const [code, endedBy] = await exit;
      return code ?? endedBy;
    },
  };
}

const READY = 'Quittance is ready';
const READY_WITHIN_MS = 60_000;

/** Collects both streams of a process. If there is a log file, it collects only until the process is ready. */
function outputOf(child: ChildProcess, logFile?: string): () => string {
  let output = '';
  const file = logFile === undefined ? null : createWriteStream(logFile, { flags: 'a' });
  for (const stream of [child.stdout!, child.stderr!]) {
    stream.on('data', (chunk: Buffer) => {
      if (!file || !output.includes(READY)) output += chunk.toString();
      file?.write(chunk);
    });
  }
  child.once('close', () => file?.end());
  return () => output;
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as { port: number };
  server.close();
  return port;
}
