import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { freePort } from '../free-port.js';
import { matches } from './transcript.js';
import type { Command, Step, Walk } from './walk.js';

/** What a walk needs of the reader's machine. */
export const missingPrograms = ['bash', 'curl'].filter((name) => spawnSync(name, ['--version']).error);

/** Where a walk runs. */
export interface Place {
  /** The address of the fresh service, which the walk calls `http://127.0.0.1:3000`. */
  readonly url: string;
  /** The data folder of the service, which the walk calls `.data`. */
  readonly dataDir: string;
  /** The folder with the built service. */
  readonly built: string;
  /** How many times as long every `sleep` of the walk takes. */
  readonly patience?: number;
}

/** Sleeps of the walks included. */
const WITHIN_MS = 90_000;

/** What went otherwise than the document says: an entry for each command. Empty if all went as it says. */
export async function runWalk(document: string, { steps }: Walk, place: Place): Promise<string[]> {
  const folder = workingFolder(place);
  try {
    const addresses = await addressesFor(steps, place.url);
    const results = await runInBash(folder, withPatience(place.patience ?? 1), steps, addresses);
    return steps.flatMap((step, index) => {
      if (!('text' in step)) return [];
      const fault = faultOf(step, results[index]);
      return fault === null ? [] : [`${document}:${step.line}\n${indented(step.text, '$ ')}\n${fault}`];
    });
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** What walks use of the folder of the service. Files that a reader has left there do not get into the way of a walk. */
const SHARED = ['clients', 'docs', 'node_modules', 'package.json'];

/** The folder of the service as a reader has it, with another data folder and another build. */
function workingFolder({ dataDir, built }: Place): string {
  const folder = mkdtempSync(path.join(tmpdir(), 'quittance-walk-'));
  for (const name of SHARED) symlinkSync(path.resolve(name), path.join(folder, name));
  symlinkSync(dataDir, path.join(folder, '.data'));
  symlinkSync(built, path.join(folder, 'dist'));
  return folder;
}

interface Addresses {
  readonly toReal: (text: string) => string;
  readonly toShown: (text: string) => string;
}

/** The ports of a document may be in use on this machine: that of the service, and others of this machine that the walk uses. */
async function addressesFor(steps: readonly Step[], url: string): Promise<Addresses> {
  const text = steps.map((step) => ('text' in step ? step.text : step.content)).join('\n');
  const ports = new Map([['3000', new URL(url).port]]);
  for (const [, port] of text.matchAll(/\b(?:127\.0\.0\.1|localhost):(\d+)/g))
    if (!ports.has(port!)) ports.set(port!, String(await freePort()));
  const back = new Map([...ports].map(([shown, real]) => [real, shown]));
  const replaced = (text: string, by: ReadonlyMap<string, string>): string =>
    text.replace(/(?<![\w.-])\d{4,5}(?![\w.-])/g, (port) => by.get(port) ?? port);
  return { toReal: (text) => replaced(text, ports), toShown: (text) => replaced(text, back) };
}

interface Result {
  readonly output: string;
  /** The command that failed and its exit code; the empty text if none has failed. */
  readonly failed: string;
}

/** The file of each step; its beginning tells it from the reader's files. */
const FILE = '.step-';

/** `npm run sandbox` without npm, which takes half a second. A walk must not need jq, which many machines do not have. */
const READER = `
npm() {
  [[ $1 == run ]] && shift
  local shown=1
  [[ $1 == --silent ]] && shift && shown=
  [[ $1 == sandbox ]] || { echo "a walk cannot run npm $1: mark it as no-run" >&2; return 127; }
  shift; [[ $1 == -- ]] && shift
  [[ $shown ]] && printf '\\n> quittance sandbox\\n> node …\\n\\n'
  node --enable-source-maps dist/src/sandbox/main.js "$@"
}
jq() { echo 'a walk must not need jq' >&2; return 127; }
step() { printf '\\0%s\\0' "$walk_failed"; walk_failed=; }
walk_failed=
trap 'walk_code=$?; [[ $walk_failed ]] || walk_failed="exit code $walk_code: $BASH_COMMAND"' ERR
`;

function withPatience(times: number): string {
  return times === 1 ? READER : `${READER}sleep() { for _ in {1..${times}}; do command sleep "$@"; done; }\n`;
}

/** What bash says of a job that the walk has killed; a terminal says it in another way. */
const ENDED_JOB = /^\S+: line \d+: +\d+ (?:Terminated|Killed)\b.*\n/gm;

/** Runs all steps in one process. Returns the result of each; those after the end of the process are missing. */
async function runInBash(
  folder: string,
  prelude: string,
  steps: readonly Step[],
  { toReal, toShown }: Addresses,
): Promise<Result[]> {
  const lines = steps.map((step, index) => {
    const [text, line] =
      'text' in step ? [step.text, `. ./${FILE}${index}`] : [step.content, `cp ${FILE}${index} ${step.name}`];
    writeFileSync(path.join(folder, `${FILE}${index}`), `${toReal(text)}\n`);
    return `${line}; step`;
  });
  writeFileSync(path.join(folder, '.walk'), `${prelude}${lines.join('\n')}\n`);
  const { PATH, HOME, LANG } = process.env;
  const bash = spawn('bash', ['-c', 'exec bash --norc .walk 2>&1'], {
    cwd: folder,
    env: { PATH: `${path.dirname(process.execPath)}:${PATH}`, HOME, LANG },
    stdio: ['ignore', 'pipe', 'inherit'],
    // A group of its own, by which what the walk has left behind in the background ends.
    detached: true,
  });
  const output: Buffer[] = [];
  bash.stdout.on('data', (chunk: Buffer) => output.push(chunk));
  const closed = once(bash, 'close');
  const timeout = setTimeout(() => endGroup(bash), WITHIN_MS);
  await once(bash, 'exit');
  clearTimeout(timeout);
  endGroup(bash);
  await closed;
  const parts = toShown(Buffer.concat(output).toString()).replace(ENDED_JOB, '').split('\0');
  return steps.flatMap((_, index) => {
    const [output, failed] = parts.slice(2 * index, 2 * index + 2);
    return failed === undefined ? [] : [{ output: output!, failed }];
  });
}

function endGroup({ pid }: ChildProcess): void {
  try {
    process.kill(-pid!, 'SIGKILL');
  } catch {
    // All of it has ended.
  }
}

function faultOf({ text, prints }: Command, result: Result | undefined): string | null {
  if (!result) return `was not run: the walk ended before it, or took more than ${WITHIN_MS / 1_000} s.`;
  const printed = `printed:\n${indented(result.output.trimEnd())}`;
  // A command that shows its exit code is meant to fail.
  if (result.failed && !text.includes('$?')) return `failed with ${result.failed}\n${printed}`;
  if (prints === null || matches(prints, result.output.split('\n'))) return null;
  return `should print:\n${indented(prints.join('\n').trimEnd())}\n${printed}`;
}

function indented(text: string, mark = '  '): string {
  return text.replace(/^/gm, `  ${mark}`);
}
