import type { CaseFact, EndedFact } from './facts.js';
import { caseText, first, nameOf, type Sentence } from './law.js';
import { refundsOf, type View } from './view.js';

/** How cases open and end. */
export const CASE_LAW: readonly Sentence[] = [
  {
    says: 'what has ended a money case is there, and is about its piece of money',
    broken: (view) => first(view.after.cases, (each) => standingFault(view, each)),
  },
  {
    says: 'a case ends only by what may end it',
    broken: (view) => first(view.endedNow, (each) => endingFault(view, each)),
  },
  {
    says: 'an ended case stays as it has ended, and no case disappears',
    broken: ({ before, after }) => {
      const now = new Map(after.cases.map((each) => [each.id, each]));
      return first(before.cases, (was) => {
        const is = now.get(was.id);
        if (!is) return `${caseText(was)} is gone`;
        if (is === was || was.status === 'open') return null;
        const isSame = JSON.stringify(was.endedBy) === JSON.stringify(is.endedBy) && is.status === was.status;
        return isSame ? null : `${caseText(was)} became ${caseText(is)}`;
      });
    },
  },
  {
    says: 'a money case is of its piece for good',
    broken: ({ before, after }) => {
      const now = new Map(after.cases.map((each) => [each.id, each]));
      return first(before.cases, (was) => {
        const is = now.get(was.id);
        const isSame =
          !is || (nameOf(is) === nameOf(was) && is.kind === was.kind && is.ownsMoney === was.ownsMoney);
        return isSame
          ? null
          : `${caseText(was)} about ${nameOf(was)} became ${caseText(is)} about ${nameOf(is)}`;
      });
    },
  },
];

/** What must hold of an ended money case at any time. */
function standingFault(view: View, ended: CaseFact): string | null {
  if (ended.status === 'open') return ended.endedBy ? `${caseText(ended)} is open and has an ending` : null;
  if (!ended.ownsMoney) return null;
  const { endedBy } = ended;
  const isThere = endedBy !== null && (STANDS[endedBy.by]?.(view, ended, endedBy) ?? false);
  return isThere ? null : `${caseText(ended)} about ${nameOf(ended)}`;
}

type Stands = (view: View, ended: CaseFact, by: EndedFact) => boolean;

const STANDS: Readonly<Record<string, Stands>> = {
  settlement: ({ after }, ended, { paymentNumber }) =>
    after.payments.some(
      ({ number, status, gateway, transactionId }) =>
        number === paymentNumber &&
        status === 'succeeded' &&
        gateway === ended.gateway &&
        transactionId === ended.transactionId,
    ),
  refunds: ({ after }, ended, { refundNumber }) =>
    // The sum of the gateway may have ended it, which no refund explains.
    refundNumber === null || refundsOf(after, ended).some(({ number }) => number === refundNumber),
  decision: () => true,
  successor: ({ after }, ended, { discrepancyId }) =>
    after.cases.some(
      (each) =>
        each.id === discrepancyId &&
        each.ownsMoney &&
        nameOf(each) === nameOf(ended) &&
        Number(each.id) > Number(ended.id),
    ),
};

/** What must hold at the moment in which a case ends. */
function endingFault(view: View, ended: CaseFact): string | null {
  const { step, caseId, refused } = view.deed;
  const isMyDeed = step.do === 'resolve' && caseId === ended.id && !refused;
  const by = ended.endedBy?.by;
  if (by === 'decision') return isMyDeed ? null : `${caseText(ended)}, and no operator has decided so`;
  if (by === 'refunds' && ended.ownsMoney)
    return view.isBack(ended, ended.amounts) || hasFailedAgain(view, ended)
      ? null
      : `${caseText(ended)}, and its money has not gone back`;
  if (!ended.ownsMoney) return besideFault(view, ended);
  // The other endings of money must stand for good.
  return null;
}

/** In one batch a refund may succeed, end the case, and fail. Then the case about the refund has the money. */
const hasFailedAgain = ({ after }: View, ended: CaseFact): boolean =>
  after.cases.some((each) => each.kind === 'refund_failed' && nameOf(each) === nameOf(ended));

/** The others are about a refund or a dispute. */
const OF_MESSAGES = ['unreadable', 'undeliverable'];

/** A case beside money that ends by itself says what has become of its callback. */
function besideFault({ after }: View, ended: CaseFact): string | null {
  const { endedBy, callbackId } = ended;
  if (endedBy === null) return `${caseText(ended)} names no ending`;
  const callback = after.callbacks.find(({ id }) => id === callbackId);
  if (
    OF_MESSAGES.includes(ended.kind) &&
    endedBy.by === 'outcome' &&
    callback &&
    endedBy.outcome !== callback.outcome
  )
    return `${caseText(ended)}, and its callback is ${callback.outcome}`;
  if (endedBy.by === 'successor' && !after.cases.some(({ id }) => id === endedBy.discrepancyId))
    return `${caseText(ended)} names no successor`;
  return null;
}
