import type { Claim, Violation } from './claim.js';
import { Evidence } from './evidence.js';
import type { History } from './history.js';
import { INBOX_CLAIMS } from './inbox-claims.js';
import { LOG_CLAIMS } from './log-claims.js';
import { MONEY_CLAIMS } from './money-claims.js';

export const CLAIMS: readonly Claim[] = [...INBOX_CLAIMS, ...MONEY_CLAIMS, ...LOG_CLAIMS];

export interface Broken {
  readonly claim: string;
  readonly violations: readonly Violation[];
}

/** Every claim that does not hold, in the order of the table; nothing where all is well. */
export function check(history: History): Broken[] {
  const evidence = new Evidence(history);
  return CLAIMS.map((claim) => ({ claim: claim.name, violations: claim.violations(evidence) })).filter(
    ({ violations }) => violations.length > 0,
  );
}
