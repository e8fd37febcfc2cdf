import type { Claim, Violation } from './claim.js';
import type { History } from './history.js';
import { INBOX_CLAIMS } from './inbox-claims.js';
import { IndexedHistory } from './indexed-history.js';
import { LAW_CLAIMS } from './law-claims.js';
import { LOG_CLAIMS } from './log-claims.js';
import { MONEY_CLAIMS } from './money-claims.js';
import { OPERATOR_CLAIMS } from './operator-claims.js';
import { RECOVERY_CLAIMS } from './recovery-claims.js';
import { REPORT_CLAIMS } from './report-claims.js';

export const CLAIMS: readonly Claim[] = [
  ...INBOX_CLAIMS,
  ...MONEY_CLAIMS,
  ...LAW_CLAIMS,
  ...OPERATOR_CLAIMS,
  ...REPORT_CLAIMS,
  ...LOG_CLAIMS,
  ...RECOVERY_CLAIMS,
];

export interface ViolatedClaim {
  readonly claim: string;
  readonly violations: readonly Violation[];
}

/** The claims that are violated, in the order of the table. Empty if the service kept all of them. */
export function check(history: History): ViolatedClaim[] {
  const indexed = new IndexedHistory(history);
  return CLAIMS.map((claim) => ({ claim: claim.name, violations: claim.violations(indexed) })).filter(
    ({ violations }) => violations.length > 0,
  );
}
