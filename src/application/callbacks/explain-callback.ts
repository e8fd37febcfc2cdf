import { isReport } from '../../domain/callbacks/notification.js';
import type { Outcome } from '../../domain/callbacks/outcome.js';
import { explain, type Explanation } from '../../domain/settlement/explanation.js';
import type { Transaction } from '../transaction.js';
import { CallbackRepository } from './callback-repository.js';
import type { Reparser } from './reparse.js';
import { WorkingSet } from './working-set.js';

export interface CallbackExplanation extends Explanation {
  readonly callbackId: string;
  /** What was decided at the time; `outcome` is what would be decided now. */
  readonly storedOutcome: Outcome;
  readonly judgedAt: Date;
}

/** Explains what would be decided about a stored callback now. It takes no locks and changes nothing. */
export class ExplainCallback {
  constructor(private readonly reparser: Reparser) {}

  /** Null if there is no such callback. */
  async execute(tx: Transaction, id: string): Promise<CallbackExplanation | null> {
    const stored = await tx.of(CallbackRepository).findById(id);
    if (!stored) return null;
    const { notification, judgedAt } = this.reparser.reparse(stored) ?? stored;
    const rows = await WorkingSet.read(notification, tx);
    const explanation = explain(rows.inputFor({ notification, judgedAt }));
    const explained = { callbackId: id, storedOutcome: stored.outcome, judgedAt, ...explanation };
    if (!isReport(notification)) return explained;
    // What a report says may be known already. Nothing of this is saved.
    const by = { actor: 'clock', at: judgedAt, callbackId: id, reasonOf: (outcome: Outcome) => outcome };
    return { ...explained, outcome: rows.decide({ notification, judgedAt }, by).outcome };
  }
}
