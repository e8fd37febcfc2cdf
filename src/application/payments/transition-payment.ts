import type { Attribution } from '../../domain/attribution.js';
import type { PaymentStatus } from '../../domain/payments/payment.js';
import type { Refusal } from '../../domain/transitions.js';
import { EventRepository } from '../events/event-repository.js';
import type { Transaction } from '../transaction.js';
import { PaymentQueries, type PaymentView } from './payment-queries.js';
import { PaymentRepository } from './payment-repository.js';

export interface PaymentTransition {
  readonly paymentNumber: string;
  readonly to: PaymentStatus;
}

/** A transition that the shop reports: the payment was begun or abandoned. The gateway and the clock report the others. */
export async function transitionPayment(
  tx: Transaction,
  { paymentNumber, to }: PaymentTransition,
  attribution: Attribution,
): Promise<PaymentView | Refusal<PaymentStatus> | 'payment_unknown'> {
  const payments = tx.of(PaymentRepository);
  const payment = (await payments.lock([paymentNumber], 'wait')).locked.get(paymentNumber);
  if (!payment) return 'payment_unknown';
  const refusal = payment.moveTo(to, attribution);
  if (refusal) return refusal;
  await payments.save([payment]);
  await tx.of(EventRepository).append(payment.events);
  return (await tx.of(PaymentQueries).find(paymentNumber))!;
}
