import type { Refusal } from '../domain/moves.js';
import type { Deed } from '../domain/order.js';
import type { PaymentStatus } from '../domain/payment.js';
import type { Stores } from './ports.js';
import type { PaymentView } from './queries.js';

export interface PaymentTransition {
  readonly paymentNumber: string;
  readonly to: PaymentStatus;
}

/**
 * What the shop itself knows of a payment: that it was begun or given up. The gateway and the clock say the
 * rest.
 */
export async function transitionPayment(
  stores: Stores,
  { paymentNumber, to }: PaymentTransition,
  deed: Deed,
): Promise<PaymentView | Refusal<PaymentStatus> | 'payment_unknown'> {
  const payment = (await stores.payments.lock([paymentNumber], 'wait')).found.get(paymentNumber);
  if (!payment) return 'payment_unknown';
  const refusal = payment.moveTo(to, deed);
  if (refusal) return refusal;
  await stores.payments.save([payment]);
  await stores.events.append(payment.events);
  return (await stores.queries.payment(paymentNumber))!;
}
