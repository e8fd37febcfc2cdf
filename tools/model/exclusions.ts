import type { Breach } from './law.js';
import type { View } from './view.js';

/** A situation that is known to break the law, and is left out until it is mended. A story ends where it meets one. */
export interface Exclusion {
  readonly name: string;
  readonly covers: (breach: Breach, view: View) => boolean;
}

export const EXCLUSIONS: readonly Exclusion[] = [
  {
    // A dispute is looked for among those of the piece that the report names.
    name: 'a gateway names one dispute with two transactions',
    covers: ({ text }, { sent }) => {
      const named = sent
        .map(({ receipt: { notification } }) => notification)
        .filter(({ dispute }) => dispute && text.includes(dispute.disputeId));
      return new Set(named.map(({ transactionId }) => transactionId)).size > 1;
    },
  },
];
