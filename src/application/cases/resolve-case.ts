import type { Attribution } from '../../domain/attribution.js';
import { caseNoted, caseOpened, caseResolved } from '../../domain/cases/case.js';
import { resolutionFault, type Resolution, type ResolutionFault } from '../../domain/cases/endings.js';
import type { DomainEvent } from '../../domain/event.js';
import { CallbackRepository, type StoredCallback } from '../callbacks/callback-repository.js';
import { WorkingSet } from '../callbacks/working-set.js';
import { EventRepository } from '../events/event-repository.js';
import type { Transaction } from '../transaction.js';
import { CaseQueries, type CaseDetail } from './case-queries.js';
import { CaseRepository } from './case-repository.js';

export interface ResolutionRequest {
  readonly id: string;
  readonly resolution: Resolution;
  readonly note: string;
  /** Where the refund can be found: its id at the gateway or the bank. */
  readonly reference: string | null;
}

export type ResolutionRefusal = ResolutionFault | 'discrepancy_unknown' | 'money_refunded';

/** The case was ended before, in this way. */
export interface EndedBefore {
  readonly endedBefore: CaseDetail;
}

/** An operator ends a case. If two do so at once, the second is told how the first ended it. */
export async function resolveCase(
  tx: Transaction,
  { id, resolution, note, reference }: ResolutionRequest,
  attribution: Attribution,
): Promise<CaseDetail | EndedBefore | ResolutionRefusal> {
  const queries = tx.of(CaseQueries);
  const cases = tx.of(CaseRepository);
  const found = await queries.find(id);
  if (!found) return 'discrepancy_unknown';
  const fault = resolutionFault(found.kind, resolution, reference);
  if (fault) return fault;
  // A dismissal says nothing about the money, so it needs no lock on it.
  const money = resolution === 'dismiss' ? null : await lockMoney(found, tx);
  if (!(await cases.lockOpen(id))) return { endedBefore: (await queries.find(id))! };

  const taken =
    resolution === 'accept' ? await accept(found, money, tx, attribution) : { reason: null, events: [] };
  if (typeof taken === 'string') return taken;
  const { reason, events } = taken;
  await cases.end(id, { resolution, note, reference, reason }, attribution);
  const ending = {
    resolution,
    ...(reason === null ? {} : { reason }),
    ...(reference === null ? {} : { reference }),
  };
  await tx.of(EventRepository).append([...events, caseResolved(found, attribution, ending)]);
  return (await queries.find(id))!;
}

interface LockedMoney {
  readonly callback: StoredCallback;
  readonly rows: WorkingSet;
}

/**
 * Locks the payment of the case and its order, or the number under which a payment may still come, before the case itself.
 * So money cannot be accepted and refunded elsewhere at the same time.
 */
async function lockMoney({ callbackId }: CaseDetail, tx: Transaction): Promise<LockedMoney | null> {
  const callback = callbackId === null ? null : await tx.of(CallbackRepository).findById(callbackId);
  return callback && { callback, rows: await WorkingSet.lock([callback.notification], tx, 'wait') };
}

/** Takes the money, or moves it to another case. The callback keeps the outcome that was decided when it came. */
async function accept(
  { id, kind }: CaseDetail,
  money: LockedMoney | null,
  tx: Transaction,
  attribution: Attribution,
): Promise<ResolutionRefusal | { readonly reason: string; readonly events: readonly DomainEvent[] }> {
  if (!money) throw new Error(`discrepancy ${id} is about money and names no callback`);
  const { callback, rows } = money;
  const { gateway, transactionId } = callback.notification;
  const cases = tx.of(CaseRepository);
  if (transactionId && (await cases.isRefundedElsewhere(gateway, transactionId))) return 'money_refunded';
  const result = rows.accept(kind, callback, attribution);
  if (result === 'other_currency') return result;
  await rows.save(tx);
  const callbackId = callback.id;
  const newCases = result.newCase ? [{ ...result.newCase, callbackId }] : [];
  const opened = newCases.length ? await cases.open(newCases, attribution.at) : [];
  const events = [
    ...result.events.map((event): DomainEvent => ({ ...event, callbackId })),
    ...opened.map((each) => caseOpened(each, attribution)),
  ];
  return { reason: result.outcome, events };
}

/** Adds a note for the next person who looks at the case. A resolved case takes notes as well. */
export async function addNote(
  tx: Transaction,
  { id, note }: { readonly id: string; readonly note: string },
  attribution: Attribution,
): Promise<CaseDetail | 'discrepancy_unknown'> {
  const queries = tx.of(CaseQueries);
  const found = await queries.find(id);
  if (!found) return 'discrepancy_unknown';
  await tx.of(CaseRepository).addNote(id, note, attribution);
  await tx.of(EventRepository).append([caseNoted(found, attribution)]);
  return (await queries.find(id))!;
}
