import type { RefundNumbers } from '../../domain/refunds/reported-refunds.js';
import type { Transaction } from '../transaction.js';
import { RefundRepository, type AskedNumber, type NumberChoice } from '../refunds/refund-repository.js';

/** The numbers that refunds of a batch may get. They are asked for before the batch is decided. */
export class NumbersOfRefunds implements RefundNumbers {
  private readonly choices = new Map<string, NumberChoice>();
  private readonly taken = new Set<string>();

  async ask(asked: readonly AskedNumber[], tx: Transaction): Promise<void> {
    if (asked.length === 0) return;
    const found = await tx.of(RefundRepository).choicesFor(asked);
    found.forEach((choice, index) => {
      const { number, gatewayRefundId } = asked[index]!;
      this.choices.set(keyOf(number, gatewayRefundId), choice);
      this.choices.set(keyOf(number, null), choice);
      choice.taken.forEach((each) => this.taken.add(each));
    });
  }

  free(number: string, gatewayRefundId: string | null = null): string {
    const free = this.choicesFor(number, gatewayRefundId).find((each) => !this.taken.has(each));
    if (free === undefined) throw new Error(`every number for refund ${number} is taken`);
    this.taken.add(free);
    return free;
  }

  isFor(stored: string, reported: string): boolean {
    return this.choicesFor(reported, null).slice(0, 2).includes(stored);
  }

  private choicesFor(number: string, gatewayRefundId: string | null): readonly string[] {
    const choice = this.choices.get(keyOf(number, gatewayRefundId));
    if (!choice) throw new Error(`number ${number} of a refund was not asked for`);
    return choice.choices;
  }
}

const keyOf = (number: string, gatewayRefundId: string | null): string => `${number}\n${gatewayRefundId}`;
