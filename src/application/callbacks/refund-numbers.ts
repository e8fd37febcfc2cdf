import type { RefundNumbers } from '../../domain/refunds/reported-refunds.js';
import { transactionKey, type TransactionRef } from '../payments/payment-repository.js';
import { RefundRepository, type AskedNumber, type NumberChoice } from '../refunds/refund-repository.js';
import type { Transaction } from '../transaction.js';

/** The numbers that refunds of a batch may get. They are asked for before the batch is decided. */
export class NumbersOfRefunds {
  private readonly choices = new Map<string, NumberChoice>();
  private readonly taken = new Set<string>();

  async ask(asked: readonly AskedNumber[], tx: Transaction): Promise<void> {
    if (asked.length === 0) return;
    const found = await tx.of(RefundRepository).choicesFor(asked);
    found.forEach((choice, index) => {
      const { number, gatewayRefundId, ...piece } = asked[index]!;
      this.choices.set(keyOf(piece, number, gatewayRefundId), choice);
      choice.taken.forEach((each) => this.taken.add(each));
    });
  }

  /** Those of one piece of money: its transaction is a part of the longer numbers. */
  of(piece: TransactionRef): RefundNumbers {
    return {
      free: (number, gatewayRefundId = null) => {
        const choices = this.choicesFor(piece, number, gatewayRefundId);
        const free = choices.find((each) => !this.taken.has(each));
        if (free === undefined) throw new Error(`every number for refund ${number} is taken`);
        this.taken.add(free);
        return free;
      },
      isFor: (stored, reported) => this.choicesFor(piece, reported, null).slice(0, 2).includes(stored),
    };
  }

  private choicesFor(
    piece: TransactionRef,
    number: string,
    gatewayRefundId: string | null,
  ): readonly string[] {
    const choice = this.choices.get(keyOf(piece, number, gatewayRefundId));
    if (!choice) throw new Error(`number ${number} of a refund was not asked for`);
    return choice.choices;
  }
}

const keyOf = (
  { gateway, transactionId }: TransactionRef,
  number: string,
  gatewayRefundId: string | null,
): string => `${transactionKey(gateway, transactionId)}\n${number}\n${gatewayRefundId}`;
