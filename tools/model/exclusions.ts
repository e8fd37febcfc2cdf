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
  {
    // A report with both does not make one of the two.
    name: 'a refund is named by its number alone and by its id alone',
    covers: ({ sentence }) => sentence === 'a refund has one row, whatever names it',
  },
  {
    // The piece is asked when its refunds change, and not when its amount does.
    name: 'refunds exceed a piece because its amount has changed',
    covers: ({ sentence }, { before, after }) =>
      sentence === 'more refunds than the piece has are a case' &&
      (before.cases !== after.cases || before.payments !== after.payments),
  },
  {
    // The refund of such a success is stored.
    name: 'a success for a payment of another gateway reports a refund',
    covers: ({ sentence, text }, view) =>
      (sentence === 'refunds never come to more than was reported and recorded' ||
        sentence === 'a refund is of a piece that a report or an operator has named' ||
        sentence === 'a refund has the status of its newest report; failed holds against succeeded') &&
      view.sent.some(
        ({ said, callbackId, receipt }) =>
          said.refund !== undefined &&
          view.outcomeOf(callbackId) === 'foreign' &&
          text.includes(receipt.notification.transactionId ?? 'none'),
      ),
  },
  {
    // No refund with a name has failed, so no case has what came back.
    name: 'the sum of all refunds goes down',
    covers: ({ sentence, text }, { sent }) => {
      const sums = sent.flatMap(({ said: { refund }, receipt: { notification } }) =>
        refund?.cumulative ? (notification.transactionId ?? []) : [],
      );
      // The order stays refunded, also if the lower sum comes in the same batch.
      if (sentence === 'an order follows the refunds of the payment that has paid it')
        return sums.length > new Set(sums).size;
      return (
        text.includes('has no owner') &&
        text.includes('"by":"refunds"') &&
        sums.filter((transactionId) => text.includes(transactionId)).length > 1
      );
    },
  },
];
