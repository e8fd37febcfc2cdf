import { bringsMoney, type Notification } from '../callbacks/notification.js';
import type { Outcome } from '../callbacks/outcome.js';
import type { Money } from '../money.js';
import type { Case } from './case.js';
import type { KnownPiece, MoneyCase } from './known-piece.js';

/** What a decided notification does to the cases of its piece of money. At no time are two of them open. */
export type CaseChange =
  | { readonly change: 'none' }
  /** No case owns the piece so far, or the case stands beside money. */
  | { readonly change: 'open'; readonly opened: Case }
  /** The same fact again. The open case takes the amount if it is a new one. */
  | { readonly change: 'join'; readonly amount: Money }
  /** Another finding about the same piece: the open case ends, and its successor opens. */
  | { readonly change: 'move'; readonly opened: Case }
  /** The piece has settled a payment: the open case ends. */
  | { readonly change: 'end' };

const NONE: CaseChange = { change: 'none' };
const END: CaseChange = { change: 'end' };

/** What was decided about a notification. */
interface Finding {
  readonly outcome: Outcome;
  readonly newCase: Case | null;
}

/**
 * The one rule by which a finding opens, joins, moves or ends a case. A case that an operator has ended is not opened again by a repeat of
 * the same finding.
 */
export function caseChange(
  { outcome, newCase }: Finding,
  notification: Notification,
  { openCase, endedCases }: KnownPiece,
): CaseChange {
  if (outcome === 'settled') return openCase ? END : NONE;
  if (!newCase) return joined(notification, openCase);
  if (!bringsMoney(notification)) return { change: 'open', opened: newCase };
  const isRepeated = (known: MoneyCase): boolean =>
    known.kind === newCase.kind && known.paymentNumber === newCase.paymentNumber;
  const isUnderEventIdAgain = openCase !== null && newCase.kind === 'conflicting';
  if (isUnderEventIdAgain || (openCase && isRepeated(openCase)) || endedCases.some(isRepeated))
    return joined(notification, openCase);
  return { change: openCase && newCase.ownsMoney ? 'move' : 'open', opened: newCase };
}

function joined(notification: Notification, openCase: MoneyCase | null): CaseChange {
  const { money } = notification;
  if (!openCase || !money || !bringsMoney(notification)) return NONE;
  const isKnown = openCase.amounts.some((known) => known.toString() === money.toString());
  return isKnown ? NONE : { change: 'join', amount: money };
}
