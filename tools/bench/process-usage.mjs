// Memory and CPU of a process, read from Linux's /proc. On other systems the figures are NaN, and the report leaves them out.
import { readdirSync, readFileSync } from 'node:fs';

const TICKS_PER_SECOND = 100;

/** The current and the highest resident memory, in MiB. */
export function memoryOf(pid) {
  const status = read(`/proc/${pid}/status`);
  const [now, peak] = ['VmRSS', 'VmHWM'].map((name) => {
    return Number(new RegExp(`${name}:\\s+(\\d+)`).exec(status ?? '')?.[1]) / 1024;
  });
  return { now, peak };
}

/** The CPU time so far, in seconds. */
export function cpuOf(pid) {
  const fields = statOf(pid);
  return (Number(fields?.[11]) + Number(fields?.[12])) / TICKS_PER_SECOND;
}

/**
 * The CPU time of PostgreSQL so far, in seconds, from the id of its first process: of all processes, those included that have ended,
 * and of the background processes among them that live now. Everything else is the work of the sessions.
 */
export function cpuOfPostgres(pid) {
  const first = statOf(pid);
  if (!first) return { all: NaN, background: NaN };
  const children = readdirSync('/proc').filter(
    (name) => /^\d+$/.test(name) && statOf(name)?.[1] === String(pid),
  );
  const background = children.filter((child) => !isSession(child));
  const sum = (pids) => pids.reduce((total, each) => total + (cpuOf(each) || 0), 0);
  // A parent's fields 13 and 14 are the times of its children that have ended.
  const ended = (Number(first[13]) + Number(first[14])) / TICKS_PER_SECOND;
  return { all: cpuOf(pid) + ended + sum(children), background: sum(background) };
}

/** The title of a session has the user and the database: `postgres: user database 127.0.0.1(40312) idle`. */
function isSession(pid) {
  return /^postgres: .*\(\d+\)/.test(read(`/proc/${pid}/cmdline`) ?? '');
}

/** The fields after the name of the process. The name is in parentheses and may contain spaces. */
function statOf(pid) {
  return read(`/proc/${pid}/stat`)?.split(') ')[1]?.split(' ');
}

function read(file) {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return null;
  }
}
