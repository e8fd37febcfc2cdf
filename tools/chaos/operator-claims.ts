import type { Claim, Violation } from './claim.js';
import type { DiscrepancyRow, EndedBy } from './history.js';
import { type DoneDeed, type IndexedHistory, grouped } from './indexed-history.js';
import type { PlannedDeed } from './plan.js';

const actorOf = ({ operator }: PlannedDeed): string => `admin:${operator}`;
const isDone = ({ record }: DoneDeed): boolean => record.answer === 'done';

function about({ planned, record }: DoneDeed, detail: string): Violation {
  const { key, operator, deed } = planned;
  const what = deed.type === 'resolve' ? deed.resolution : deed.type;
  return { deed: key, detail: `${operator}'s ${what} ${key} on ${record.subject}: ${detail}` };
}

function wronglyAnswered(history: IndexedHistory): Violation[] {
  const begun = new Set(history.deeds.map(({ planned }) => planned.key));
  return [
    ...history.plannedDeeds
      .filter(({ key }) => !begun.has(key))
      .map(({ key, scenario }) => ({ deed: key, detail: `${key} of "${scenario}" was never asked for` })),
    ...history.deeds
      .filter(({ planned, record }) => !planned.expected.some((allowed) => allowed === record.answer))
      .map((each) => {
        const { scenario, expected } = each.planned;
        return about(each, `${each.record.answer}, and "${scenario}" allows ${expected.join(' or ')}`);
      }),
  ];
}

/** What a deed leaves in the tables, each under a name that the tables have as well. Deeds that ask for the same have the same names. */
function tracesOf({ planned, record }: DoneDeed): string[] {
  const { key, deed } = planned;
  const { subject } = record;
  if (deed.type === 'assign') return [`${subject} assigned to ${deed.assignee} by ${actorOf(planned)}`];
  if (deed.type === 'replay') return [`callback ${subject} replayed by ${actorOf(planned)}`];
  const note = `note ${key}`;
  return deed.type === 'resolve' && deed.resolution === 'refunded_elsewhere'
    ? [note, `refund ${deed.reference ?? key} of case ${subject}`]
    : [note];
}

/** Notes of cases and of orders, refunds that were recorded, and what only the log has. */
const tracesInTables = (history: IndexedHistory): string[] => [
  ...history.notes.map(({ note }) => `note ${note}`),
  ...history.cases.flatMap(({ note }) => (note === null ? [] : [`note ${note}`])),
  ...history.refunds.flatMap(({ reference, discrepancy_id: id }) =>
    reference === null ? [] : [`refund ${reference} of case ${id}`],
  ),
  ...history.events
    .filter(({ actor }) => actor.startsWith('admin:'))
    .flatMap(({ type, actor, callback_id, data }) => {
      if (type === 'discrepancy.assigned')
        return [`${String(data.id)} assigned to ${String(data.assignee)} by ${actor}`];
      if (type === 'callback.replayed') return [`callback ${callback_id} replayed by ${actor}`];
      return type.startsWith('order.') && typeof data.note === 'string' ? [`note ${data.note}`] : [];
    }),
];

/** Each name must be as often in the tables as there are deeds that were done. */
function notDoneOnce(history: IndexedHistory): Violation[] {
  const inTables = grouped(tracesInTables(history), (trace) => trace);
  const named = grouped(
    history.deeds.flatMap((each) => tracesOf(each).map((trace) => ({ trace, each }))),
    ({ trace }) => trace,
  );
  const ofDeeds = [...named].flatMap(([trace, deeds]): Violation[] => {
    const answered = deeds.filter(({ each }) => isDone(each)).length;
    const found = inTables.get(trace)?.length ?? 0;
    if (answered === found) return [];
    return [about(deeds[0]!.each, `${trace}: done ${found} times, and ${answered} times so answered`)];
  });
  const ofNobody = [...inTables.keys()].filter((trace) => !named.has(trace));
  return [...ofDeeds, ...ofNobody.map((trace) => ({ detail: `${trace}: no operator has asked for it` }))];
}

/** The deeds whose answers say that they have ended the case. A part of a refund leaves it open. */
const endingDeedsOf = (history: IndexedHistory, { id }: DiscrepancyRow): DoneDeed[] =>
  history
    .deedsOnCase(id)
    .filter(
      (each) => isDone(each) && each.planned.deed.type === 'resolve' && each.record.says?.resolvedBy !== null,
    );

function notEndedByOne(history: IndexedHistory): Violation[] {
  return history.cases.flatMap((each): Violation[] => {
    const by = endingDeedsOf(history, each);
    if (by.length === (each.resolution === null ? 0 : 1)) return [];
    const deeds = by.map(({ planned }) => planned.key).join(' and ') || 'no deed';
    const detail = `case ${each.id} (${each.kind}) has the resolution ${each.resolution}, and ${deeds} ended it`;
    return [{ paymentNumber: each.payment_number, detail }];
  });
}

/** A refusal says how the other operator has ended the case. */
function toldOtherwise(history: IndexedHistory): Violation[] {
  return history.deeds.flatMap((each): Violation[] => {
    const { says, subject, answer } = each.record;
    if (each.planned.deed.type !== 'resolve' || says === null) return [];
    const stored = history.caseById(subject ?? '');
    if (stored && (isOpenFor(answer, says.resolvedBy) || isSaid(says, stored))) return [];
    const { resolution, resolved_by, ended_by, reason } = stored ?? {};
    const inTables = JSON.stringify({ resolution, resolved_by, ended_by, reason });
    return [about(each, `${answer} ${JSON.stringify(says)}, and the tables have ${inTables}`)];
  });
}

/** After a part the case was open, whatever has ended it since. */
const isOpenFor = (answer: string, resolvedBy: string | null): boolean =>
  answer === 'done' && resolvedBy === null;

function isSaid(says: NonNullable<DoneDeed['record']['says']>, stored: DiscrepancyRow): boolean {
  const { ended_by, resolution, resolved_by, reason } = stored;
  const isSameEnd = says.endedBy === null || textOf(says.endedBy) === textOf(ended_by);
  return (
    isSameEnd && says.resolution === resolution && says.resolvedBy === resolved_by && says.reason === reason
  );
}

const textOf = (endedBy: EndedBy | null): string =>
  [endedBy?.by, endedBy?.paymentNumber, endedBy?.refundNumber, endedBy?.discrepancyId].join(' ');

const repeatedOtherwise = (history: IndexedHistory): Violation[] =>
  history.deeds
    .filter(({ record: { repeated } }) => repeated !== null && repeated !== 'the same')
    .map((each) => about(each, `it was done, and under its key it is answered now: ${each.record.repeated}`));

/** What operators were answered, compared with what the tables have of it. */
export const OPERATOR_CLAIMS: readonly Claim[] = [
  { name: 'every deed of an operator has an answer that its scenario allows', violations: wronglyAnswered },
  {
    name: 'what an operator was told to be done is done once, however often it was asked for, and nothing else is',
    violations: notDoneOnce,
  },
  {
    name: 'of operators who end one case, one has ended it, and so it is stored',
    violations: notEndedByOne,
  },
  { name: 'what an operator is told about the end of a case is what is stored', violations: toldOtherwise },
  {
    name: 'a deed that is done is answered the same when it is asked again under its key',
    violations: repeatedOtherwise,
  },
];
