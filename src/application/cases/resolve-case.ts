import type { Attribution } from '../../domain/attribution.js';
import { caseAssigned, caseNoted, type StoredCase } from '../../domain/cases/case.js';
import type { EndedBy } from '../../domain/cases/ended-by.js';
import {
  allowedResolutions,
  fieldFault,
  type AllowedResolution,
  type FieldFault,
  type Resolution,
} from '../../domain/cases/endings.js';
import { amountOf, backOf, isBack, type KnownPiece } from '../../domain/cases/known-piece.js';
import { leftToRefund } from '../../domain/cases/refund-cases.js';
import type { DomainEvent } from '../../domain/event.js';
import { leastOf, type Money } from '../../domain/money.js';
import { isRefundUnderWay } from '../../domain/refunds/piece.js';
import { successFor } from '../../domain/settlement/acceptance.js';
import type { Explanation } from '../../domain/settlement/explanation.js';
import type { SettlementResult } from '../../domain/settlement/settle.js';
import { CallbackRepository, type StoredCallback } from '../callbacks/callback-repository.js';
import type { Cause } from '../callbacks/case-ledger.js';
import { Pieces } from '../callbacks/pieces.js';
import { WorkingSet } from '../callbacks/working-set.js';
import { EventRepository } from '../events/event-repository.js';
import type { Transaction } from '../transaction.js';
import { CaseQueries, type CaseDetail } from './case-queries.js';
import { CaseRepository } from './case-repository.js';
import { recordRefund, reportAbout, type RefundFault } from './record-refund.js';

export interface ResolutionRequest {
  readonly id: string;
  readonly resolution: Resolution;
  readonly note: string;
  /** Where the refund can be found: its id at the gateway or the bank. */
  readonly reference: string | null;
  /** The payment to which the money is attached. */
  readonly paymentNumber: string | null;
  /** What was refunded elsewhere; null for all that is left. */
  readonly amount: Money | null;
}

export type ResolutionRefusal =
  | FieldFault
  | RefundFault
  | 'discrepancy_unknown'
  | 'money_refunded'
  | 'refund_under_way'
  | 'other_currency'
  | 'attached_to_itself'
  /** The case cannot end so. */
  | { readonly allowedResolutions: readonly AllowedResolution[] }
  /** The payment cannot take the money. */
  | { readonly notAttachable: Explanation };

/** The case was ended before, in this way. */
export interface EndedBefore {
  readonly endedBefore: CaseDetail;
}

/** What an ending works with. The piece of money is locked, and so are the payments and orders that it needs, and the case. */
interface Ending {
  readonly found: StoredCase;
  readonly request: ResolutionRequest;
  /** Of an ending that gives the money to a payment. */
  readonly success: Success | null;
  readonly rows: WorkingSet;
  readonly pieces: Pieces;
  readonly tx: Transaction;
  readonly attribution: Attribution;
}

/** Ends a case and returns the events about everything but the case, or says why it cannot. */
type End = (ending: Ending) => Promise<readonly DomainEvent[] | ResolutionRefusal>;

const ENDS: Readonly<Record<Exclude<Resolution, 'refund'>, End>> = {
  accept: acceptMoneyOf,
  attach: attachMoneyOf,
  refunded_elsewhere: refundedElsewhere,
  dismiss: async (ending) => {
    endCase(ending, { by: 'decision' }, null);
    return [];
  },
};

/** An operator ends a case. If two do so at once, the second is told how the first ended it. */
export async function resolveCase(
  tx: Transaction,
  request: ResolutionRequest,
  attribution: Attribution,
): Promise<CaseDetail | EndedBefore | ResolutionRefusal> {
  const { id, resolution, paymentNumber, reference } = request;
  const cases = tx.of(CaseRepository);
  const queries = tx.of(CaseQueries);
  const found = await cases.find(id);
  if (!found) return 'discrepancy_unknown';
  const fault = fieldFault({ resolution, reference, paymentNumber, hasAmount: request.amount !== null });
  if (fault) return fault;
  const success = await successOf(found, request, tx);
  const rows = await lockRows(found, request, success, tx);
  const { pieces } = rows;
  if (!(await cases.lockOpen(id))) return { endedBefore: (await queries.find(id))! };
  const refusal = refusalOf(found, request, pieces);
  if (refusal) return refusal;

  const end = ENDS[resolution as keyof typeof ENDS];
  const ended = await end({ found, request, success, rows, pieces, tx, attribution });
  if (!isDone(ended)) return ended;
  const events = [...ended, ...(await pieces.ledger.save(tx, attribution.at))];
  await tx.of(EventRepository).append(events);
  return (await queries.find(id))!;
}

const isDone = (ended: readonly DomainEvent[] | ResolutionRefusal): ended is readonly DomainEvent[] =>
  Array.isArray(ended);

/** The success of a case, for the payment that the case is about. */
type Success = Pick<StoredCallback, 'notification' | 'judgedAt'>;

/** Null if the ending gives the money to no payment, or is none that the case allows. */
async function successOf(
  found: StoredCase,
  { resolution }: ResolutionRequest,
  tx: Transaction,
): Promise<Success | null> {
  if (!allows(found, resolution) || (resolution !== 'accept' && resolution !== 'attach')) return null;
  const { id, callbackId } = found;
  const callback = callbackId === null ? null : await tx.of(CallbackRepository).findById(callbackId);
  if (!callback) throw new Error(`discrepancy ${id} is about money and names no callback`);
  // Money that was attached came under another number.
  const notification = successFor(found.paymentNumber, callback.notification);
  return { notification, judgedAt: callback.judgedAt };
}

/**
 * Locks the payments and the orders that the ending changes, and the piece of money, before the case itself: the payment of the case and the
 * one to which the money goes, or the one that the money has settled, whose order follows its refunds.
 */
async function lockRows(
  found: StoredCase,
  { resolution, paymentNumber }: ResolutionRequest,
  success: Success | null,
  tx: Transaction,
): Promise<WorkingSet> {
  // What has gone back of a settled payment is compared with the money that came with it.
  const needsMoney = resolution === 'refunded_elsewhere' || found.kind === 'refund_failed';
  if (!success) return WorkingSet.lock(needsMoney ? [reportAbout(found)] : [], tx, 'wait', [found]);
  const { notification } = success;
  const target = paymentNumber === null ? [] : [successFor(paymentNumber, notification)];
  return WorkingSet.lock([notification, ...target], tx, 'wait');
}

const allows = (found: StoredCase, resolution: Resolution): boolean =>
  allowedResolutions(found).some((allowed) => allowed.resolution === resolution);

/** Why the case or its money does not allow the ending, whatever else the ending needs. */
function refusalOf(
  found: StoredCase,
  { resolution, paymentNumber }: ResolutionRequest,
  pieces: Pieces,
): ResolutionRefusal | null {
  if (!allows(found, resolution)) return { allowedResolutions: allowedResolutions(found) };
  if (!found.ownsMoney && found.kind !== 'refund_failed') return null;
  const piece = pieces.of(found);
  const whole = found.ownsMoney ? leastOf(piece.openCase?.amounts ?? []) : amountOf(piece);
  if (whole && isRefundUnderWay(whole, backOf(piece))) return 'refund_under_way';
  if (resolution === 'attach' && paymentNumber === found.paymentNumber) return 'attached_to_itself';
  const takesMoney = resolution === 'accept' || resolution === 'attach';
  return takesMoney && isBack(piece, null) ? 'money_refunded' : null;
}

async function acceptMoneyOf(ending: Ending): Promise<readonly DomainEvent[] | ResolutionRefusal> {
  const { found, success, rows, attribution, tx } = ending;
  const { callbackId } = found;
  const result = rows.accept(found.kind, success!, { ...attribution, callbackId });
  if (result === 'other_currency') return result;
  await rows.save(tx, attribution.at);
  return moveMoney(ending, result);
}

async function attachMoneyOf(ending: Ending): Promise<readonly DomainEvent[] | ResolutionRefusal> {
  const { found, request, success, rows, attribution, tx } = ending;
  const paymentNumber = request.paymentNumber!;
  const notification = successFor(paymentNumber, success!.notification);
  const { callbackId } = found;
  const result = rows.attach({ notification, judgedAt: success!.judgedAt }, { ...attribution, callbackId });
  if ('refused' in result) return { notAttachable: result.refused };
  await rows.save(tx, attribution.at);
  return moveMoney(ending, result);
}

/** The payment has the money now, or another case. The callback keeps the outcome that was decided when it came. */
function moveMoney(ending: Ending, { outcome, newCase, events }: SettlementResult): readonly DomainEvent[] {
  const { found, pieces } = ending;
  const { callbackId } = found;
  if (newCase?.ownsMoney) pieces.own({ ...newCase, callbackId }, causeOf(ending, outcome));
  else {
    // The transaction has settled this payment, or another one before.
    const { settledNumber } = pieces.of(found);
    if (settledNumber === null) throw new Error(`the money of discrepancy ${found.id} would lose its owner`);
    endCase(ending, { by: 'settlement', paymentNumber: settledNumber }, outcome);
    if (newCase) pieces.ledger.open({ ...newCase, callbackId }, ending.attribution);
  }
  return events.map((event): DomainEvent => ({ ...event, callbackId }));
}

/**
 * Part of the money may have gone back. Then the case that owns it, or that is about a refund that has failed, stays open for the rest. The
 * case about another refund ends with the refund that is recorded. What else refunds end, such as the case of money that has gone back whole, the ledger has ended by then.
 */
async function refundedElsewhere(ending: Ending): Promise<readonly DomainEvent[] | ResolutionRefusal> {
  const { found, request, rows, pieces, attribution, tx } = ending;
  const { amount, reference, note } = request;
  const cause = causeOf(ending, null);
  const recorded = await recordRefund(found, { amount, reference: reference! }, { rows, tx, cause });
  if (typeof recorded === 'string' || 'refundable' in recorded) return recorded;
  const { refundNumber, events } = recorded;
  await rows.save(tx, attribution.at);
  const cases = tx.of(CaseRepository);
  // The case about a refund that has failed goes on naming that one.
  if (refundNumber !== null && found.kind !== 'refund_failed') await cases.nameRefund(found.id, refundNumber);
  const by =
    refundNumber === null ? ({ by: 'decision' } as const) : ({ by: 'refunds', refundNumber } as const);
  const piece = pieces.of(found);
  if (isDoneWith(found, piece)) endCase(ending, by, null);
  else if (!found.ownsMoney || piece.openCase) await cases.addNote(found.id, note, attribution);
  return events;
}

/** Whether a refund that was recorded ends the case. If the money has no amount, the first one does. */
function isDoneWith(found: StoredCase, piece: KnownPiece): boolean {
  if (found.ownsMoney) return piece.openCase !== null && amountOf(piece) === null;
  return found.kind !== 'refund_failed' || leftToRefund(found, piece) === null;
}

function endCase(ending: Ending, by: Exclude<EndedBy, { by: 'successor' }>, reason: string | null): void {
  const { found, pieces } = ending;
  if (found.ownsMoney) pieces.end(found, by, causeOf(ending, reason));
  else pieces.ledger.end({ id: found.id }, by, causeOf(ending, reason));
}

function causeOf({ request, attribution }: Ending, reason: string | null): Cause {
  const { resolution, note, reference } = request;
  return { reason, attribution, operator: { resolution, note, reference } };
}

/** Adds a note for the next person who looks at the case. A resolved case takes notes as well. */
export async function addNote(
  tx: Transaction,
  { id, note }: { readonly id: string; readonly note: string },
  attribution: Attribution,
): Promise<CaseDetail | 'discrepancy_unknown'> {
  const cases = tx.of(CaseRepository);
  const found = await cases.find(id);
  if (!found) return 'discrepancy_unknown';
  await cases.addNote(id, note, attribution);
  await tx.of(EventRepository).append([caseNoted(found, attribution)]);
  return (await tx.of(CaseQueries).find(id))!;
}

/** Says who looks after the case, or that nobody does. */
export async function assignCase(
  tx: Transaction,
  { id, assignee }: { readonly id: string; readonly assignee: string | null },
  attribution: Attribution,
): Promise<CaseDetail | 'discrepancy_unknown'> {
  const cases = tx.of(CaseRepository);
  const found = await cases.find(id);
  if (!found) return 'discrepancy_unknown';
  await cases.assign(id, assignee);
  await tx.of(EventRepository).append([caseAssigned(found, assignee, attribution)]);
  return (await tx.of(CaseQueries).find(id))!;
}
