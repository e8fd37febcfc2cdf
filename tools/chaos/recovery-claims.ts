import type { Claim } from './claim.js';

/** How soon after the mend of its database each process must work again, without a restart. */
const RECOVERS_WITHIN_MS = 15_000;

export const RECOVERY_CLAIMS: readonly Claim[] = [
  {
    name: 'each process stores callbacks and is ready within 15 s of the mend of its database',
    violations: (history) =>
      history.recoveries
        .filter(({ afterMs }) => afterMs === null || afterMs > RECOVERS_WITHIN_MS)
        .map(({ kind, replica, callback, stored, afterMs }) => {
          const late = afterMs === null ? 'it did not work again' : `it took ${afterMs} ms`;
          const why = stored ? '' : ', and it stored no callback';
          return { callback, detail: `replica ${replica} after "${kind}": ${late}${why}` };
        }),
  },
];
