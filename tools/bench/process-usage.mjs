// Memory and CPU of a process, read from Linux's /proc. On other systems the figures are NaN, and the report leaves them out.
import { readFileSync } from 'node:fs';

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
  // The process name in parentheses may contain spaces, so the fields are counted after it.
  const fields = read(`/proc/${pid}/stat`)?.split(') ')[1]?.split(' ');
  return (Number(fields?.[11]) + Number(fields?.[12])) / TICKS_PER_SECOND;
}

function read(file) {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return null;
  }
}
