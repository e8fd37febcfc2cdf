import { setTimeout as rest } from 'node:timers/promises';

/** Repeats the check until it is true. The pause between two checks leaves the processor to the service. */
export async function waitUntil(check: () => Promise<boolean>, pauseMs = 25): Promise<void> {
  while (!(await check())) await rest(pauseMs);
}
