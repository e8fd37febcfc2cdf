import type { Outcome } from '../../domain/callbacks/outcome.js';
import type { EndedBy } from '../../domain/cases/ended-by.js';
import { CaseRepository } from '../cases/case-repository.js';
import type { Transaction } from '../transaction.js';
import type { CaseLedger, Cause, TrackedCase } from './case-ledger.js';

/** A stored callback that has got another outcome. */
export interface Redecided {
  readonly callbackId: string;
  readonly outcome: Outcome;
  readonly paymentNumber: string | null;
  readonly cause: Cause;
}

/**
 * Ends the open cases beside money that were about these callbacks: each callback is decided now. A money case is not one of them; it ends
 * with its piece of money only.
 */
export async function endCasesOfCallbacks(
  redecided: readonly Redecided[],
  ledger: CaseLedger,
  tx: Transaction,
): Promise<void> {
  const byCallback = new Map(redecided.map((each) => [each.callbackId, each]));
  const found = await tx.of(CaseRepository).lockBesideMoney([...byCallback.keys()]);
  for (const { id, callbackId } of found) {
    const each = byCallback.get(callbackId)!;
    ledger.end({ id }, endOf(each, ledger.openedFor(callbackId)), each.cause);
  }
}

function endOf(
  { outcome, paymentNumber }: Redecided,
  successor: TrackedCase | null,
): Exclude<EndedBy, { by: 'successor' }> | TrackedCase {
  if (successor) return successor;
  return outcome === 'settled' && paymentNumber !== null
    ? { by: 'settlement', paymentNumber }
    : { by: 'outcome', outcome };
}
