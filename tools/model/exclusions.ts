import type { CaseFact, Facts } from './facts.js';
import { isOpen, nameOf, type Breach } from './law.js';
import type { View } from './view.js';

/** A situation that is known to break the law, and is left out until it is mended. A story ends where it meets one. */
export interface Exclusion {
  readonly name: string;
  readonly covers: (breach: Breach, view: View) => boolean;
}

const isTwice = ({ sentence, text }: Breach): boolean =>
  sentence === 'each piece of money is in exactly one place' && text.includes('has gone back');

/** The open money cases of the piece that the breach is about. */
const openOf = ({ cases }: Facts, { text }: Breach): readonly CaseFact[] =>
  cases.filter((each) => isOpen(each) && each.ownsMoney && text.startsWith(`${nameOf(each)} `));

export const EXCLUSIONS: readonly Exclusion[] = [
  {
    // The settlement table asks whether the money is here after it has asked for the payment, the gateway and an earlier success.
    name: 'a money case opens for money that has gone back before its success came',
    covers: (breach, { before, after }) =>
      isTwice(breach) && openOf(before, breach).length === 0 && openOf(after, breach).length === 1,
  },
  {
    // Only a refund ends a case by refunds, and not the amount that joins it.
    name: 'a smaller amount joins an open case, of which so much has gone back',
    covers: (breach, { before, after }) => {
      const [was] = openOf(before, breach);
      const [is] = openOf(after, breach);
      return isTwice(breach) && was !== undefined && is!.amounts.length > was.amounts.length;
    },
  },
  {
    // The ledger does not learn the id of a case beside money that a finding has joined.
    name: 'a case beside money ends by a case that was there before, and names none',
    covers: ({ text }) => text.includes('names no successor'),
  },
  {
    // The settlement table takes it for money that another payment has.
    name: 'money is accepted that was attached to another payment and back',
    covers: (_, { before, after, deed: { step, caseId } }) => {
      const accepted = before.cases.find(({ id }) => id === caseId);
      const isAttached = (each: CaseFact): boolean =>
        each.resolution === 'attach' &&
        nameOf(each) === nameOf(accepted!) &&
        each.paymentNumber === accepted!.paymentNumber;
      return step.do === 'resolve' && step.resolution === 'accept' && after.cases.some(isAttached);
    },
  },
  {
    // The table of refunds takes no amount of zero, and the use case asks it to.
    name: 'money of 0.00 is refunded elsewhere',
    covers: ({ text }) => text.includes('refunds_amount_check'),
  },
  {
    // The ledger finds the stored case of both, and tells of both that they have opened it.
    name: 'two callbacks of one batch open one case beside money',
    covers: ({ text }) => /^case .* has opened [2-9] times$/.test(text),
  },
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
    // The row without a name goes when names explain the sum, and the ending still names it.
    name: 'a case was ended by a refund without a name, which got one',
    covers: ({ sentence, text }) =>
      sentence.startsWith('what has ended a money case') && text.includes('-unnamed'),
  },
  {
    // A refund that runs is taken out of the sum that the gateway has named.
    name: 'a refund that still runs gets its name after the sum has come',
    covers: ({ text }, { after }) =>
      after.refunds.some(({ status }) => status === 'processing') &&
      text.includes('has no owner') &&
      text.includes('"by":"refunds"'),
  },
  {
    // Whether such money is free is asked of refunds that run as well.
    name: 'a foreign or conflicting success of money whose refund runs',
    covers: ({ text }, { after }) =>
      text.endsWith('its cases: none') &&
      after.refunds.some((each) => each.status === 'processing' && text.startsWith(`${nameOf(each)} `)),
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
    // The newest sum counts, in whatever currency.
    name: 'a gateway names the sum of its refunds in another currency',
    covers: ({ text }, { sent }) =>
      sent.some(
        ({ said: { refund }, receipt: { notification } }) =>
          refund?.cumulative?.endsWith('USD') && text.includes(notification.transactionId ?? 'none'),
      ),
  },
  {
    // The smallest amount with which a transaction ever came counts, also after another has settled.
    name: 'the order of a transaction that came with several amounts',
    covers: ({ sentence, text }, view) =>
      sentence === 'an order follows the refunds of the payment that has paid it' &&
      view.pieces.some(
        (piece) =>
          piece.amounts.length > 1 && text.startsWith(`order ${view.settledBy(piece)?.orderNumber} `),
      ),
  },
  {
    // The sum that the report names counts again after the failure was taken from it.
    name: 'a failed refund is reported again with a sum',
    covers: ({ sentence }, { sent }) =>
      sentence.startsWith('the same fact under another event id') &&
      sent.at(-1)?.said.refund?.status === 'failed' &&
      sent.at(-1)?.said.refund?.cumulative !== null,
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
    // Its piece is known only when the success of the same batch is decided, after the numbers were asked for.
    name: 'a batch has a success, and a refund that names the payment alone',
    covers: ({ text }) => /of a refund was not asked for|every number for refund/.test(text),
  },
  {
    // A running refund is taken out of the sum, as above.
    name: 'the sum back changes by a refund that runs, and no event tells so',
    covers: ({ sentence }, { before, sent }) =>
      sentence === 'payment.refunded tells each new sum once' &&
      (before.refunds.some(({ status }) => status === 'processing') ||
        sent.some(
          ({ said: { refund } }) => refund?.status === 'processing' || refund?.status === 'abnormal',
        )),
  },
  {
    // No refund with a name has failed, so no case has what came back.
    name: 'the sum of all refunds goes down',
    covers: ({ text }, { sent }) =>
      text.includes('has no owner') &&
      text.includes('"by":"refunds"') &&
      sent.filter(
        ({ said: { refund }, receipt: { notification } }) =>
          refund?.cumulative && text.includes(notification.transactionId ?? 'none'),
      ).length > 1,
  },
];
