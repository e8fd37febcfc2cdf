// What a process uses, as Linux tells it; elsewhere these figures are no numbers, and the report leaves them out.
import { readFileSync } from 'node:fs';

const TICKS_PER_SECOND = 100;

/** In MiB: what is held now, and the most that ever was. */
export function memoryOf(pid) {
  const status = read(`/proc/${pid}/status`);
  const [now, peak] = ['VmRSS', 'VmHWM'].map((name) => {
    return Number(new RegExp(`${name}:\\s+(\\d+)`).exec(status ?? '')?.[1]) / 1024;
  });
  return { now, peak };
}

/** Seconds of CPU so far. */
export function cpuOf(pid) {
  // The name in parentheses may hold anything, so the fields are counted from behind it.
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
