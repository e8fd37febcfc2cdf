import { execFile, spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { createWriteStream, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';

/** The service as it is shipped, in a folder of its own. */
export interface Build {
  readonly folder: string;
  /** Its processes that a test has started, and may have left behind where it failed. */
  readonly children: Set<ChildProcess>;
  remove(): void;
}

/** Compiles the sources. Their types are checked elsewhere, and here would take most of the time. */
export async function build(): Promise<Build> {
  const folder = mkdtempSync(path.join(tmpdir(), 'quittance-build-'));
  const compiler = path.resolve('node_modules/typescript/bin/tsc');
  const options = ['-p', 'tsconfig.build.json', '--noCheck', '--sourceMap', 'false', '--outDir', folder];
  await promisify(execFile)(process.execPath, [compiler, ...options]);
  writeFileSync(path.join(folder, 'package.json'), '{ "type": "module" }');
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

/** A process of the service. */
export interface Running {
  readonly url: string;
  readonly child: ChildProcess;
  /** What it has written so far, both streams together; where that goes to a file, what it wrote until it was ready. */
  output(): string;
  /** Sends the signal, and resolves to the exit code, or the signal that ended it. */
  end(signal: NodeJS.Signals): Promise<number | NodeJS.Signals | null>;
}

export interface StartOptions {
  /** What Node itself is told. */
  readonly nodeOptions?: readonly string[];
  /** Where its output goes, behind what is there. */
  readonly logFile?: string;
  /** A start that takes longer is ended, as a supervisor would: what it asked of its database may be lost on the way. */
  readonly readyWithinMs?: number;
}

/** Starts the built service on a free port, and resolves when it is ready. */
export async function start(
  { folder, children }: Pick<Build, 'folder' | 'children'>,
  databaseUrl: string,
  env: Record<string, string> = {},
  { nodeOptions = [], logFile, readyWithinMs = READY_WITHIN_MS }: StartOptions = {},
): Promise<Running> {
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
  const late = setTimeout(() => child.kill('SIGKILL'), readyWithinMs);
  await new Promise<void>((resolve, reject) => {
    child.stdout!.on('data', () => output().includes(READY) && resolve());
    child.once('exit', () => reject(new Error(`the service did not start:\n${output()}`)));
  }).finally(() => clearTimeout(late));
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

/** Gathers both streams of a process, and beside a log file no more of them than tells whether it has started. */
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
