import { recordNotice } from '../domain/settlement.js';
import type { Ledger } from './ledger.js';
import { actorOf, verdictOf, type Judged, type Verdict } from './process-payment-success.js';

/** A notice that brings no money: it labels its payment, reports something, or is only kept. */
export class RecordNotice {
  execute({ notice, judgedAt, actor = actorOf(notice) }: Judged, ledger: Ledger, at: Date): Verdict {
    const given = ledger.caseOf(notice, judgedAt);
    const decision = recordNotice(given, { actor, at });
    return verdictOf(given, decision, ledger.announced(given), { actor, at });
  }
}
