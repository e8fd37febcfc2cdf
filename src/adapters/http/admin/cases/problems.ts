import type { CaseDetail } from '../../../../application/cases/case-queries.js';
import type { ResolutionRefusal } from '../../../../application/cases/resolve-case.js';
import { type Problem, invalid, notFound, problem } from '../../server/problem.js';

export const CASE_UNKNOWN = notFound('discrepancy').problem;

export const MONEY_REFUNDED = problem(
  409,
  'An operator has recorded that this money was refunded elsewhere, so it can pay for nothing any more; ' +
    'nothing was changed.',
  { code: 'money_refunded' },
);

export const RESOLUTION_PROBLEMS: Readonly<Record<ResolutionRefusal, Problem>> = {
  discrepancy_unknown: CASE_UNKNOWN,
  money_refunded: MONEY_REFUNDED,
  not_acceptable: invalid([
    { field: 'resolution', message: 'accept is possible for paid_late and amount_mismatched only' },
  ]),
  other_currency: invalid([
    { field: 'resolution', message: 'accept is possible for money in the currency that is due only' },
  ]),
  reference_missing: invalid([
    {
      field: 'reference',
      message: 'is required for refunded_elsewhere: it says where the refund can be found',
    },
  ]),
};

/** For the second of two operators: how the first one has ended the case. */
export function endedBefore({ resolution, resolvedBy, resolvedAt, reason }: CaseDetail): Problem {
  const actor = resolvedBy === null ? '' : ` by ${resolvedBy}`;
  const detail = `The case was resolved before${actor}; nothing was changed.`;
  return problem(409, detail, { code: 'resolved_before', resolution, resolvedBy, resolvedAt, reason });
}
