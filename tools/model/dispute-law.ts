import type { DisputeFact, Facts } from './facts.js';
import { caseText, first, isOpen, type Sentence } from './law.js';
import { GATEWAYS, type Said, type SaidDispute } from './story.js';
import type { View } from './view.js';

/** How disputes follow what their gateways report, and who has to act on them. */
export const DISPUTE_LAW: readonly Sentence[] = [
  {
    says: 'a dispute has the status and the money of its newest report, in whatever order they come',
    broken: (view) => first(view.after.disputes, (dispute) => newestFault(view, dispute)),
  },
  {
    says: 'a dispute is stored if it was reported, and only then',
    broken: (view) => {
      const reported = new Set(reportsOf(view).map(keyOfReport));
      const stored = new Set(view.after.disputes.map(keyOf));
      const lost = [...reported].find((key) => !stored.has(key));
      if (lost !== undefined) return `dispute ${lost} is not stored`;
      return first(view.after.disputes, (each) =>
        reported.has(keyOf(each)) ? null : `dispute ${keyOf(each)} was never reported`,
      );
    },
  },
  {
    says: 'a dispute is one, whatever transactions its gateway names with it',
    broken: ({ after }) => {
      const keys = after.disputes.map(keyOf);
      const twice = keys.find((key, index) => keys.indexOf(key) < index);
      return twice === undefined ? null : `dispute ${twice} is stored twice`;
    },
  },
  {
    says: 'a dispute waits as long as its money is not known, and no longer',
    broken: (view) =>
      first(view.after.disputes, (dispute) =>
        view.isKnown(dispute) === !dispute.waiting
          ? null
          : `dispute ${keyOf(dispute)} waits: ${dispute.waiting}`,
      ),
  },
  {
    says: 'a dispute that the shop must answer, or has lost, has one case until a person has ended it',
    broken: ({ after }) => first(after.disputes, (dispute) => ownerFault(after, dispute)),
  },
  {
    says: 'the log tells once that a dispute has opened, and ends with its status',
    broken: ({ after }) => first(after.disputes, (dispute) => logFault(after, dispute)),
  },
];

/** From the weakest to the strongest of two reports with the same time. */
const STRENGTH = ['inquiry', 'needs_response', 'under_review', 'closed', 'won', 'lost'];
/** Callbacks with these outcomes have changed a dispute, or could have. */
const RECORDED = ['dispute_reported', 'duplicate', 'stale'];

type Report = Said & { readonly dispute: SaidDispute };

const keyOf = ({ gateway, disputeId }: DisputeFact): string => `${gateway} ${disputeId}`;

/** The reports of disputes that were taken, in order of receipt. */
function reportsOf(view: View): readonly (Report & { readonly disputeId: string })[] {
  return view.sent.flatMap(({ said, callbackId, receipt }) => {
    const outcome = view.outcomeOf(callbackId);
    const disputeId = receipt.notification.dispute?.disputeId;
    if (!said.dispute || said.dispute.kind !== 'dispute' || disputeId === undefined) return [];
    return RECORDED.includes(outcome) ? [{ ...said, dispute: said.dispute, disputeId }] : [];
  });
}

const keyOfReport = ({ gateway, disputeId }: Report & { readonly disputeId: string }): string =>
  `${GATEWAYS[gateway]} ${disputeId}`;

/** Reports without a time are as old as the newest, so with them the order of receipt decides. That is asked by repeats only. */
function newestFault(view: View, dispute: DisputeFact): string | null {
  const reports = reportsOf(view)
    .filter((each) => keyOfReport(each) === keyOf(dispute))
    .map((each) => each.dispute);
  if (reports.some(({ at }) => at === null)) return null;
  const status = newestOf(reports, ({ status: said }) => (said === null ? null : STRENGTH.indexOf(said)));
  if (status && status.status !== dispute.status)
    return `dispute ${keyOf(dispute)} is ${dispute.status}, and its newest report says ${status.status}`;
  // Money is taken before it is given back.
  const money = newestOf(reports, ({ moneyTaken }) => (moneyTaken === null ? null : moneyTaken ? 0 : 1));
  const isTaken = money?.moneyTaken ?? false;
  return isTaken === dispute.moneyTaken
    ? null
    : `the money of dispute ${keyOf(dispute)} is taken: ${dispute.moneyTaken}, and its newest report says ${isTaken}`;
}

/** The newest report that says something; of two with one time the stronger. */
function newestOf(
  reports: readonly SaidDispute[],
  strengthOf: (report: SaidDispute) => number | null,
): SaidDispute | null {
  let newest: SaidDispute | null = null;
  for (const report of reports) {
    const strength = strengthOf(report);
    if (strength === null) continue;
    const age = newest === null ? 1 : report.at! - newest.at!;
    if (age > 0 || (age === 0 && strength > strengthOf(newest!)!)) newest = report;
  }
  return newest;
}

const NEEDS: Readonly<Record<string, string>> = {
  inquiry: 'dispute',
  needs_response: 'dispute',
  lost: 'dispute_lost',
};

function ownerFault({ cases }: Facts, dispute: DisputeFact): string | null {
  const own = cases.filter(
    (each) =>
      each.gateway === dispute.gateway &&
      each.disputeId === dispute.disputeId &&
      (each.kind === 'dispute' || each.kind === 'dispute_lost'),
  );
  const open = own.filter(isOpen);
  if (open.length > 1) return `dispute ${keyOf(dispute)} has ${open.map(caseText).join(' and ')}`;
  if (dispute.waiting) return null;
  const needed = NEEDS[dispute.status];
  const newest = own.at(-1);
  const hasIt = newest?.kind === needed && (newest?.status === 'open' || newest?.endedBy?.by === 'decision');
  if (needed !== undefined && !hasIt)
    return `dispute ${keyOf(dispute)} is ${dispute.status}; its cases: ${own.map(caseText).join(', ') || 'none'}`;
  const isOver = dispute.status === 'won' || dispute.status === 'closed';
  return isOver && open.length > 0
    ? `dispute ${keyOf(dispute)} is ${dispute.status} and has ${caseText(open[0]!)}`
    : null;
}

function logFault({ events }: Facts, dispute: DisputeFact): string | null {
  const own = events.filter(
    ({ type, data }) =>
      type.startsWith('dispute.') &&
      data['disputeId'] === dispute.disputeId &&
      data['gateway'] === dispute.gateway,
  );
  const opened = own.filter(({ type }) => type === 'dispute.opened').length;
  if (opened !== 1) return `dispute ${keyOf(dispute)} has opened ${opened} times`;
  const { status, moneyTaken } = own.at(-1)!.data;
  return status === dispute.status && moneyTaken === dispute.moneyTaken
    ? null
    : `dispute ${keyOf(dispute)} is ${dispute.status}, and the log ends with ${String(status)}`;
}
