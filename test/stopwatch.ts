const TICK_MS = 20;
/** A tick that is later than this means that the machine stalled, not that it is busy. */
const STALL_MS = 200;

/**
 * Starts a stopwatch that leaves out the time in which the machine stalled, for tests of deadlines. A virtual machine may stall for a second.
 * Every process stalls with it, so an answer in time would look late. The returned function reads the milliseconds.
 */
export function stopwatch(): () => number {
  let total = 0;
  let last = performance.now();
  const read = (): number => {
    const now = performance.now();
    total += Math.min(now - last, STALL_MS);
    last = now;
    return total;
  };
  setInterval(read, TICK_MS).unref();
  return read;
}
