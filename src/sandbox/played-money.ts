import { MONEY_KINDS } from '../domain/cases/kinds.js';
import type { Amount } from '../domain/money.js';
import type {
  AdminClient,
  SeenDiscrepancy,
  SeenDispute,
  SeenOrder,
  SeenPayment,
  SeenRefund,
} from './admin-client.js';
import { Advice } from './advice.js';
import type { Play } from './arguments.js';
import { isDispute, isRefund } from './callback.js';

/** The piece of money that a refund, a dispute or a fraud warning is about, with what the service knows about it. */
export interface PlayedMoney {
  readonly transactionId: string;
  /** Null if the service does not know it. */
  readonly paid: Amount | null;
  /** The newest first. */
  readonly refunds: readonly SeenRefund[];
  readonly disputes: readonly SeenDispute[];
}

/** Whether the callback is about money that came before. */
export const isAboutMoney = ({ status }: Play): boolean =>
  isRefund(status) || isDispute(status) || status === 'fraud_warning';

/**
 * The money that `--transaction` names, or else the money that has paid the payment, or else that of its open case.
 * @throws Advice where there is no such money, or where it is not clear which one is meant.
 */
export async function playedMoney(
  play: Play,
  paymentNumber: string,
  known: SeenPayment | null,
  admin: AdminClient,
): Promise<PlayedMoney> {
  const pieces = await piecesOf(paymentNumber, known, play, admin);
  const transactionId = play.transaction ?? known?.transactionId ?? onlyOne(pieces, play, paymentNumber);
  const [refunds, disputes] = await Promise.all([
    admin.refundsOf(transactionId),
    admin.disputesOf(transactionId),
  ]);
  return {
    transactionId,
    paid: pieces.find((piece) => piece.transactionId === transactionId)?.amount ?? null,
    refunds: refunds.filter(({ gateway }) => gateway === play.gateway),
    disputes: disputes.filter(({ gateway }) => gateway === play.gateway),
  };
}

interface Piece {
  readonly transactionId: string;
  readonly amount: Amount;
  readonly isOpen: boolean;
  readonly what: string;
}

/** The money that has paid the payment first, then that of its cases. */
async function piecesOf(
  paymentNumber: string,
  known: SeenPayment | null,
  { gateway }: Play,
  admin: AdminClient,
): Promise<Piece[]> {
  const settled = known?.transactionId;
  const cases = (await admin.discrepanciesOf(paymentNumber)).filter((each) => each.gateway === gateway);
  return [
    ...(settled ? [{ transactionId: settled, amount: known.amount, isOpen: true, what: 'settled' }] : []),
    ...cases.flatMap(pieceOf),
  ];
}

function pieceOf({ kind, status, transactionId, amount }: SeenDiscrepancy): Piece[] {
  if (!MONEY_KINDS.includes(kind) || transactionId === null || amount === null) return [];
  return [{ transactionId, amount, isOpen: status === 'open', what: kind }];
}

function onlyOne(pieces: readonly Piece[], { gateway, status }: Play, paymentNumber: string): string {
  const open = new Map(pieces.filter(({ isOpen }) => isOpen).map((piece) => [piece.transactionId, piece]));
  const [first, ...others] = open.values();
  if (!first)
    throw new Advice(
      `Payment ${paymentNumber} has no money that a ${wordsFor(status)} could be about, so no callback was sent. Pay it first: ` +
        `npm run sandbox -- pay ${gateway} --payment ${paymentNumber}. To report it of money that the service does not know, name ` +
        'that money with --transaction.',
    );
  if (others.length === 0) return first.transactionId;
  const list = [first, ...others].map(
    ({ transactionId, amount, what }) => `${transactionId} (${amount.amount} ${amount.currency}, ${what})`,
  );
  throw new Advice(
    `Payment ${paymentNumber} has several pieces of money, so no callback was sent. Choose one with --transaction: ${list.join(', ')}.`,
  );
}

/**
 * The payment of an order that a callback about money is for.
 * @throws Advice where the order has none that was paid by the gateway.
 */
export function paidPayment({ gateway, status }: Play, order: SeenOrder | null, number: string): string {
  const ofGateway = (order?.payments ?? []).filter((payment) => payment.gateway === gateway);
  const paid = ofGateway.find(({ transactionId }) => transactionId !== null);
  const [only, ...others] = ofGateway;
  const chosen = paid ?? (others.length === 0 ? only : undefined);
  if (chosen) return chosen.paymentNumber;
  throw new Advice(
    ofGateway.length === 0
      ? `Order ${number} has no payment by ${gateway} that a ${wordsFor(status)} could be about, so no callback was sent. Pay it first: ` +
          `npm run sandbox -- pay ${gateway} --order ${number}.`
      : `No payment of order ${number} was paid by ${gateway}, so no callback was sent. Name the payment that is meant with --payment.`,
  );
}

export const wordsFor = (status: Play['status']): string => {
  if (status === 'fraud_warning') return 'fraud warning';
  return isRefund(status) ? 'refund' : 'dispute';
};
