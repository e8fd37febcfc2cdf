import type { Outcome } from '../src/domain/notice.js';
import type { OrderStatus } from '../src/domain/order.js';
import type { CallbackStatus } from '../src/sandbox/callback.js';
import type { PlayedGateway } from '../src/sandbox/sign-callback.js';
import type { FaultKind } from './fault-kinds.js';

export interface PlannedOrder {
  readonly number: string;
  readonly amount: string;
  readonly currency: string;
  /** Where it may end; several where a race decides. */
  readonly expected: readonly OrderStatus[];
}

export interface PlannedPayment {
  readonly number: string;
  readonly orderNumber: string;
  readonly gateway: PlayedGateway;
  readonly expiresInSeconds: number;
}

/** How a callback is forged: a digit changed after signing, signed with keys of another installation, or not signed at all. */
export type Forgery = 'tampered' | 'strange key' | 'unsigned';

export interface PlannedCallback {
  readonly key: string;
  readonly scenario: string;
  readonly gateway: PlayedGateway;
  readonly eventId: string;
  readonly status: CallbackStatus;
  readonly paymentNumber: string;
  readonly transactionId: string;
  readonly amount: string;
  readonly currency: string;
  readonly forgery: Forgery | null;
  /** What it may come to; several where a race decides, none where it is forged. */
  readonly expected: readonly Outcome[];
}

export type Deed =
  | { readonly do: 'place'; readonly order: PlannedOrder }
  | { readonly do: 'open'; readonly payment: PlannedPayment }
  | { readonly do: 'cancel'; readonly orderNumber: string }
  | { readonly do: 'wait'; readonly ms: number }
  /** `again` is how long after its acknowledgement it comes once more, as gateways do. */
  | {
      readonly do: 'send';
      readonly callback: PlannedCallback;
      readonly to: 0 | 1;
      readonly again: number | null;
    };

/** Steps follow each other; the deeds of a step are done at once. */
export interface Scenario {
  readonly name: string;
  readonly offsetMs: number;
  readonly steps: readonly (readonly Deed[])[];
}

export interface PlannedFault {
  readonly kind: FaultKind;
  readonly offsetMs: number;
  readonly lastsMs: number;
  readonly replica: 0 | 1;
  /** What a kind draws besides: a signal, a table, a jump. */
  readonly luck: number;
}

export interface Plan {
  readonly seed: number;
  readonly scenarios: readonly Scenario[];
  readonly faults: readonly PlannedFault[];
}

const deedsOf = (plan: Plan): Deed[] => plan.scenarios.flatMap(({ steps }) => steps.flat());

export function callbacksOf(plan: Plan): PlannedCallback[] {
  const sent = deedsOf(plan).flatMap((deed) => (deed.do === 'send' ? [deed.callback] : []));
  return [...new Set(sent)];
}

export function ordersOf(plan: Plan): PlannedOrder[] {
  return deedsOf(plan).flatMap((deed) => (deed.do === 'place' ? [deed.order] : []));
}

export function paymentsOf(scenario: Scenario): PlannedPayment[] {
  return scenario.steps.flat().flatMap((deed) => (deed.do === 'open' ? [deed.payment] : []));
}
