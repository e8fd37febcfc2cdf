const TICK_MS = 20;
/** A tick that comes later than this tells of a machine that stood still, and not of a busy one. */
const STILL_MS = 200;

/**
 * Starts to count the milliseconds in which this machine was running, for tests of deadlines: where it stands still for a second, as a
 * virtual one does, every process stands still with it, and what is in time would seem late.
 */
export function stopwatch(): () => number {
  let ran = 0;
  let last = performance.now();
  const count = (): number => {
    const now = performance.now();
    ran += Math.min(now - last, STILL_MS);
    last = now;
    return ran;
  };
  setInterval(count, TICK_MS).unref();
  return count;
}
