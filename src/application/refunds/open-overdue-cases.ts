import type { Attribution } from '../../domain/attribution.js';
import type { Case } from '../../domain/cases/case.js';
import { isKnown, type KnownPiece } from '../../domain/cases/known-piece.js';
import { stuckTotal, unmatchedRefund } from '../../domain/cases/refund-cases.js';
import { Pieces } from '../callbacks/pieces.js';
import type { Clock } from '../clock.js';
import { EventRepository } from '../events/event-repository.js';
import { transactionKey, type TransactionRef } from '../payments/payment-repository.js';
import type { Transaction, UnitOfWork } from '../transaction.js';
import { RefundRepository } from './refund-repository.js';

/** How long a refund may wait for its money before somebody has to look. */
const WAITING_MS = 10 * 60_000;
/** How long the sum of a gateway may be less than the refunds that it has reported. Reports of one gateway may overtake each other. */
const BELOW_MS = 60 * 60_000;
const BATCH_SIZE = 100;

/** Opens the cases about refunds that only time shows: money that does not come, and sums that do not catch up. */
export class OpenOverdueCases {
  constructor(
    private readonly unitOfWork: UnitOfWork,
    private readonly clock: Clock,
  ) {}

  /** One batch. Returns whether there may be more. */
  execute(): Promise<boolean> {
    return this.unitOfWork.run(async (tx) => {
      const at = this.clock.now();
      const refunds = tx.of(RefundRepository);
      const waiting = await refunds.waitingSince(new Date(at.getTime() - WAITING_MS), BATCH_SIZE);
      const below = await refunds.belowSince(new Date(at.getTime() - BELOW_MS), BATCH_SIZE);
      if (waiting.length === 0 && below.length === 0) return false;
      await openCases(waiting, below, tx, { actor: 'clock', at });
      return waiting.length === BATCH_SIZE || below.length === BATCH_SIZE;
    });
  }
}

/** Under the locks of the pieces, because a report or the money may have come in the meantime. */
async function openCases(
  waiting: readonly TransactionRef[],
  below: readonly TransactionRef[],
  tx: Transaction,
  attribution: Attribution,
): Promise<void> {
  const pieces = await Pieces.lockNamed([...waiting, ...below], tx, 'wait');
  const cases = [
    ...distinct(waiting).flatMap((each) => waitingCases(pieces.of(each))),
    ...below.flatMap((each) => totalCases(each, pieces.of(each), attribution.at)),
  ];
  for (const opened of cases) pieces.ledger.open({ ...opened, callbackId: null }, attribution);
  const events = await pieces.ledger.save(tx, attribution.at);
  if (events.length) await tx.of(EventRepository).append(events);
}

/** Several refunds of a piece may wait. */
const distinct = (pieces: readonly TransactionRef[]): TransactionRef[] => [
  ...new Map(pieces.map((each) => [transactionKey(each.gateway, each.transactionId), each])).values(),
];

function waitingCases(piece: KnownPiece): Case[] {
  return isKnown(piece) ? [] : piece.refunds.filter(({ waiting }) => waiting).map(unmatchedRefund);
}

function totalCases(ref: TransactionRef, { total, refunds }: KnownPiece, at: Date): Case[] {
  if (!total?.belowSince || at.getTime() - total.belowSince.getTime() < BELOW_MS) return [];
  const { paymentNumber = null, orderNumber = null } = refunds[0] ?? {};
  return [stuckTotal(ref, { paymentNumber, orderNumber }, total.money)];
}
