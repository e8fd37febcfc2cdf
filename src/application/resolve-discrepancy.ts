import type { Deed } from '../domain/order.js';
import { acceptMoney, resolutionFault, type Resolution, type ResolutionFault } from '../domain/resolution.js';
import { discrepancyEvent } from './decide-callbacks.js';
import { Ledger } from './ledger.js';
import type { LoggedEvent, OpenDiscrepancy, Stores } from './ports.js';
import { verdictOf } from './process-payment-success.js';
import type { DiscrepancyDetail } from './queries.js';
import type { KeptCallback } from './stored-callbacks.js';

export interface AskedResolution {
  readonly id: string;
  readonly resolution: Resolution;
  readonly note: string;
  /** Where the money was given back, by the name that the gateway or the bank knows it by. */
  readonly reference: string | null;
}

export type ResolutionRefusal = ResolutionFault | 'discrepancy_unknown' | 'money_refunded';

/** The case had been ended by then; this is how. */
export interface EndedBefore {
  readonly endedBefore: DiscrepancyDetail;
}

/** An operator ends a case. Of two that do so at once, the second is told what the first has done. */
export async function resolveDiscrepancy(
  stores: Stores,
  { id, resolution, note, reference }: AskedResolution,
  deed: Deed,
): Promise<DiscrepancyDetail | EndedBefore | ResolutionRefusal> {
  const found = await stores.queries.discrepancy(id);
  if (!found) return 'discrepancy_unknown';
  const fault = resolutionFault(found.kind, resolution, reference);
  if (fault) return fault;
  // Whoever dismisses a case says nothing of the money, so nothing of it needs to be held.
  const money = resolution === 'dismiss' ? null : await holdMoney(found, stores);
  if (!(await stores.resolutions.hold(id))) {
    return { endedBefore: (await stores.queries.discrepancy(id))! };
  }
  const taken =
    resolution === 'accept' ? await accept(found, money, stores, deed) : { reason: null, events: [] };
  if (typeof taken === 'string') return taken;
  const { reason, events } = taken;
  await stores.resolutions.end(id, { resolution, note, reference, reason }, deed);
  await stores.events.append([...events, endedEvent(found, { resolution, reference, reason }, deed)]);
  return (await stores.queries.discrepancy(id))!;
}

interface HeldMoney {
  readonly callback: KeptCallback;
  readonly ledger: Ledger;
}

/**
 * The stored notice and, held, the payment and the order of it, or the number under which a payment may come: these are locked
 * before the case is. What is taken in and what is given back at once then come one after the other.
 */
async function holdMoney({ callbackId }: DiscrepancyDetail, stores: Stores): Promise<HeldMoney | null> {
  const callback = callbackId === null ? null : await stores.storedCallbacks.find(callbackId);
  return callback && { callback, ledger: await Ledger.lock([callback.notice], stores, 'wait') };
}

/** The money is taken, or has another case from here on. The callback keeps the outcome that was decided when it came. */
async function accept(
  { id, kind }: DiscrepancyDetail,
  money: HeldMoney | null,
  stores: Stores,
  deed: Deed,
): Promise<ResolutionRefusal | { readonly reason: string; readonly events: readonly LoggedEvent[] }> {
  if (!money) throw new Error(`discrepancy ${id} is about money and names no callback`);
  const { callback, ledger } = money;
  const { notice, judgedAt, id: callbackId } = callback;
  if (notice.transactionId && (await stores.resolutions.isRefunded(notice.gateway, notice.transactionId))) {
    return 'money_refunded';
  }
  const given = ledger.caseOf(notice, judgedAt);
  const decision = acceptMoney(kind, given, deed);
  if (decision === 'other_currency') return decision;
  const verdict = verdictOf(given, decision, ledger.announced(given), deed);
  await ledger.save(stores);
  const owned = verdict.discrepancy ? [{ ...verdict.discrepancy, callbackId }] : [];
  const opened = owned.length ? await stores.discrepancies.open(owned, deed.at) : [];
  const { actor, at } = deed;
  const events = [
    ...verdict.events.map((event): LoggedEvent => ({ ...event, callbackId })),
    ...opened.map((each) => discrepancyEvent('discrepancy.opened', each, at, undefined, actor)),
  ];
  return { reason: verdict.outcome, events };
}

function endedEvent(
  { kind, gateway, transactionId, orderNumber, paymentNumber, callbackId }: Omit<OpenDiscrepancy, 'details'>,
  {
    resolution,
    reference,
    reason,
  }: { resolution: Resolution; reference: string | null; reason: string | null },
  { actor, at }: Deed,
): LoggedEvent {
  const named = { ...(reason === null ? {} : { reason }), ...(reference === null ? {} : { reference }) };
  const data = { kind, gateway, transactionId, resolution, ...named };
  return { type: 'discrepancy.resolved', at, actor, orderNumber, paymentNumber, callbackId, data };
}

/** A word on a case, for whoever looks at it next; also on one that is resolved. */
export async function noteDiscrepancy(
  stores: Stores,
  { id, note }: { readonly id: string; readonly note: string },
  deed: Deed,
): Promise<DiscrepancyDetail | 'discrepancy_unknown'> {
  if (!(await stores.queries.discrepancy(id))) return 'discrepancy_unknown';
  await stores.resolutions.addNote(id, note, deed);
  return (await stores.queries.discrepancy(id))!;
}
