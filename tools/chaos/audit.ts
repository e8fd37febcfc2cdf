import { setTimeout as sleep } from 'node:timers/promises';
import type { AuditAnswer } from './history.js';

const ATTEMPTS = 5;
const RETRY_MS = 1_000;
const TIMEOUT_MS = 30_000;
/** Clocks of replicas may have been wrong by this much. */
const MARGIN_MS = 3_600_000;

/** Asks the service to prove the law of money from its own tables. The status is 0 if it does not answer. */
export async function auditOf(url: string, from: Date): Promise<AuditAnswer> {
  const query = new URLSearchParams({
    from: new Date(from.getTime() - MARGIN_MS).toISOString(),
    to: new Date(Date.now() + MARGIN_MS).toISOString(),
  });
  let status = 0;
  for (let attempt = 1; attempt <= ATTEMPTS; attempt += 1, await sleep(RETRY_MS)) {
    const response = await fetch(`${url}/admin/v1/audit?${query.toString()}`, {
      headers: { authorization: 'Bearer dev-token' },
      signal: AbortSignal.timeout(TIMEOUT_MS),
    }).catch(() => null);
    status = response?.status ?? 0;
    if (status === 200) return { ...((await response!.json()) as Omit<AuditAnswer, 'status'>), status };
  }
  return { status, pieces: 0, unowned: 0, violations: [] };
}
