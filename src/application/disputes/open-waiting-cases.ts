import type { Attribution } from '../../domain/attribution.js';
import { unmatchedDispute } from '../../domain/cases/dispute-cases.js';
import { isKnown, type KnownPiece } from '../../domain/cases/known-piece.js';
import type { DisputedPayment } from '../../domain/disputes/dispute.js';
import type { DomainEvent } from '../../domain/event.js';
import { DisputeLedger } from '../callbacks/dispute-ledger.js';
import { Pieces } from '../callbacks/pieces.js';
import { EventRepository } from '../events/event-repository.js';
import { PaymentQueries } from '../payments/payment-queries.js';
import { transactionKey } from '../payments/payment-repository.js';
import type { Clock } from '../clock.js';
import type { Transaction, UnitOfWork } from '../transaction.js';
import { DisputeRepository } from './dispute-repository.js';

/** How long a dispute may wait for its money before somebody has to look. */
const WAITING_MS = 10 * 60_000;

const BATCH_SIZE = 100;

/** Opens the cases of disputes whose money does not come. */
export class OpenWaitingCases {
  constructor(
    private readonly unitOfWork: UnitOfWork,
    private readonly clock: Clock,
  ) {}

  /** One batch. Returns whether there may be more. */
  execute(): Promise<boolean> {
    const by = { actor: 'clock', at: this.clock.now() };
    return this.unitOfWork.run((tx) => openCasesOfWaitingDisputes(tx, by, BATCH_SIZE));
  }
}

/** One batch. Returns whether there may be more. */
export async function openCasesOfWaitingDisputes(
  tx: Transaction,
  attribution: Attribution,
  limit: number,
): Promise<boolean> {
  const openedBefore = new Date(attribution.at.getTime() - WAITING_MS);
  const waiting = await tx.of(DisputeRepository).waitingSince(openedBefore, limit);
  if (waiting.length === 0) return false;
  // Under the locks of the pieces, because a report or the money may have come in the meantime.
  const pieces = await Pieces.lockNamed(waiting, tx, 'wait');
  const ledger = new DisputeLedger(pieces);
  const by = { ...attribution, callbackId: null };
  const events: DomainEvent[] = [];
  const distinct = new Map(waiting.map((each) => [transactionKey(each.gateway, each.transactionId), each]));
  for (const each of distinct.values()) {
    const piece = pieces.of(each);
    // A process of an earlier release may have settled the money, which knows nothing of disputes.
    if (isKnown(piece)) events.push(...ledger.arriveAt(each, await paymentOf(piece, tx), by));
    else openCases(pieces, piece, attribution);
  }
  await ledger.save(tx, attribution.at);
  events.push(...(await pieces.ledger.save(tx, attribution.at)));
  if (events.length) await tx.of(EventRepository).append(events);
  return waiting.length === limit;
}

async function paymentOf({ settledNumber, openCase }: KnownPiece, tx: Transaction): Promise<DisputedPayment> {
  const paymentNumber = settledNumber ?? openCase?.paymentNumber ?? null;
  const payment = paymentNumber === null ? null : await tx.of(PaymentQueries).find(paymentNumber);
  return { paymentNumber, orderNumber: payment?.orderNumber ?? null };
}

function openCases({ ledger }: Pieces, piece: KnownPiece, attribution: Attribution): void {
  for (const known of piece.disputes.filter(({ state }) => state.waiting)) {
    const { callbackId } = known.state;
    ledger.open({ ...unmatchedDispute(known), callbackId }, attribution);
  }
}
