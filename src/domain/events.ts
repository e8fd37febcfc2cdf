import type { DiscrepancyKind } from './discrepancy.js';
import type { Outcome } from './notice.js';
import type { OrderMove, OrderStatus } from './order.js';
import type { PaymentStatus } from './payment.js';
import type { Resolution } from './resolution.js';

/** What each of the order's moves announces. */
export const ORDER_EVENTS = {
  pay: 'order.paid',
  cancel: 'order.cancelled',
  ship: 'order.shipped',
  complete: 'order.completed',
  requestRefund: 'order.refund_requested',
  refund: 'order.refunded',
  rejectRefund: 'order.refund_rejected',
} as const satisfies Record<OrderMove, string>;

interface Amount {
  readonly amount: string;
  readonly currency: string;
}

/**
 * Everything that the domain announces. `data` is what subscribers and auditors read, so it names no person and holds
 * nothing of a card.
 */
export type DomainEvent = {
  readonly at: Date;
  readonly actor: string;
  readonly orderNumber: string | null;
  readonly paymentNumber?: string | null;
} & (
  | { readonly type: 'order.created'; readonly data: { total: Amount } }
  | {
      readonly type: (typeof ORDER_EVENTS)[OrderMove];
      readonly paymentNumber?: string;
      readonly data: { from: OrderStatus; to: OrderStatus; move: OrderMove; note: string | null };
    }
  | {
      readonly type: 'payment.created';
      readonly paymentNumber: string;
      readonly data: { gateway: string; amount: Amount; expiresAt: string };
    }
  | {
      readonly type: `payment.${Exclude<PaymentStatus, 'init'>}`;
      readonly paymentNumber: string;
      readonly data: { from: PaymentStatus; transactionId?: string; amount?: Amount; reason?: string };
    }
  | {
      readonly type: `callback.${Outcome}`;
      readonly paymentNumber: string | null;
      readonly data: { gateway: string; kind: string; transactionId: string | null; amount: Amount | null };
    }
  | {
      readonly type: 'discrepancy.opened' | 'discrepancy.resolved';
      readonly paymentNumber: string | null;
      readonly data: {
        kind: DiscrepancyKind;
        gateway: string;
        transactionId: string | null;
        /** What came of the resolution, or why the case closed by itself. */
        reason?: string;
        /** Where an operator has ended it. What was noted stays with the case, for it may name a person. */
        resolution?: Resolution;
        reference?: string;
      };
    }
);
