import type { CaseDetail } from '../../../../application/cases/case-queries.js';
import type { ResolutionRefusal, ResolutionRequest } from '../../../../application/cases/resolve-case.js';
import type { Explanation } from '../../../../domain/settlement/explanation.js';
import { type Problem, invalid, notFound, problem } from '../../server/problem.js';

export const MONEY_REFUNDED = problem(
  409,
  'This money has gone back, or a refund of it is under way, so it can pay for nothing; nothing was changed.',
  { code: 'money_refunded' },
);

const fieldProblem = (field: string, message: string): Problem => invalid([{ field, message }]);

type NamedRefusal = Exclude<Extract<ResolutionRefusal, string>, 'discrepancy_unknown'>;

const NAMED: Readonly<Record<NamedRefusal, Problem>> = {
  money_refunded: MONEY_REFUNDED,
  refund_under_way: problem(
    409,
    'A refund of this money is under way, and its result is not known yet; nothing was changed. When it has failed, the ' +
      'discrepancy can be ended in every way again.',
    { code: 'refund_under_way' },
  ),
  refund_recorded: problem(
    409,
    'A refund of this money is recorded already under this reference, or with it as its number or its id at the gateway; nothing was ' +
      'changed. For another refund, give the reference of that one.',
    { code: 'refund_recorded' },
  ),
  other_currency: fieldProblem('resolution', 'accept is possible for money in the currency that is due only'),
  amount_in_other_currency: fieldProblem('amount', 'must be in the currency of the money that came'),
  amount_missing: fieldProblem('amount', 'is required, because it is not known how much came'),
  amount_unused: fieldProblem('amount', 'is for refunded_elsewhere only'),
  reference_missing: fieldProblem(
    'reference',
    'is required for refunded_elsewhere: it says where the refund can be found',
  ),
  payment_number_missing: fieldProblem(
    'paymentNumber',
    'is required for attach: it says which payment gets the money',
  ),
  payment_number_unused: fieldProblem('paymentNumber', 'is for attach only'),
  attached_to_itself: fieldProblem(
    'paymentNumber',
    'must be another payment than the one for which the money came: that one takes it by accept',
  ),
};

/** Why an ending is refused. Nothing was changed. */
export function resolutionProblem(
  refusal: ResolutionRefusal,
  { id, paymentNumber }: Pick<ResolutionRequest, 'id' | 'paymentNumber'>,
): Problem {
  if (refusal === 'discrepancy_unknown') return notFound('discrepancy', id).problem;
  if (typeof refusal === 'string') return NAMED[refusal];
  if ('allowedResolutions' in refusal) {
    const { allowedResolutions } = refusal;
    const words = allowedResolutions.map(({ resolution }) => resolution).join(', ');
    const detail = `The discrepancy cannot end in this way; nothing was changed. It allows: ${words}.`;
    return problem(409, detail, { code: 'ending_not_allowed', allowedResolutions });
  }
  if ('refundable' in refusal) {
    const { refundable } = refusal;
    const detail = refundable
      ? `More was to be recorded than is left to refund, which is ${refundable.toString()}; nothing was changed.`
      : 'Nothing is left to refund; nothing was changed.';
    return problem(409, detail, { code: 'exceeds_refundable', refundable: refundable?.toJSON() ?? null });
  }
  return notAttachable(refusal.notAttachable, paymentNumber);
}

function notAttachable({ outcome, checks }: Explanation, paymentNumber: string | null): Problem {
  const detail =
    outcome === 'unmatched'
      ? `There is no payment with the number ${paymentNumber}; nothing was changed. Name a payment that exists, or open this one first.`
      : `The payment ${paymentNumber} cannot take the money (${outcome}); nothing was changed. \`checks\` says why. Name another payment, ` +
        'or end the case in another way.';
  return problem(409, detail, {
    code: 'not_attachable',
    outcome,
    checks: checks.map(({ passes, ...check }) => ({ ...check, holds: passes })),
  });
}

/** For the second of two operators: how the first one has ended the case. */
export function endedBefore({ resolution, resolvedBy, resolvedAt, reason }: CaseDetail): Problem {
  const actor = resolvedBy === null ? '' : ` by ${resolvedBy}`;
  const detail = `The case was resolved before${actor}; nothing was changed.`;
  return problem(409, detail, { code: 'resolved_before', resolution, resolvedBy, resolvedAt, reason });
}
