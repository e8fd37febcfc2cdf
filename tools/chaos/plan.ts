import type { Outcome } from '../../src/domain/callbacks/outcome.js';
import type { OrderStatus } from '../../src/domain/orders/order.js';
import type { CallbackStatus } from '../../src/sandbox/callback.js';
import type { PlayedGateway } from '../../src/sandbox/gateways/registry.js';
import type { DatabaseFaultKind, FaultKind } from './fault-kinds.js';

export interface PlannedOrder {
  readonly number: string;
  readonly amount: string;
  readonly currency: string;
  /** The final statuses that are right. There are several if a race decides. */
  readonly expected: readonly OrderStatus[];
}

export interface PlannedPayment {
  readonly number: string;
  readonly orderNumber: string;
  readonly gateway: PlayedGateway;
  readonly expiresInSeconds: number;
}

/** How a callback is forged: a digit changed after signing, signed with the keys of another installation, or not signed. */
export type Forgery = 'tampered' | 'unknown key' | 'unsigned';

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
  /** The outcomes that are right: several if a race decides, none if the callback is forged. */
  readonly expected: readonly Outcome[];
}

export type Action =
  | { readonly type: 'place'; readonly order: PlannedOrder }
  | { readonly type: 'open'; readonly payment: PlannedPayment }
  | { readonly type: 'cancel'; readonly orderNumber: string }
  | { readonly type: 'wait'; readonly ms: number }
  | {
      readonly type: 'send';
      readonly callback: PlannedCallback;
      readonly to: 0 | 1;
      /** Gateways also repeat acknowledged callbacks. Milliseconds after the acknowledgement, or null for no repeat. */
      readonly repeatAfterMs: number | null;
    };

/** The steps run one after the other, and the actions of a step at the same time. */
export interface Scenario {
  readonly name: string;
  readonly offsetMs: number;
  readonly steps: readonly (readonly Action[])[];
}

export interface PlannedFault {
  readonly kind: FaultKind;
  readonly offsetMs: number;
  readonly lastsMs: number;
  readonly replica: 0 | 1;
  /** From 0 to 1. Some kinds choose a signal, a table or a clock offset by it. */
  readonly random: number;
}

/** A callback that one replica must store after a mend, with the order and the payment that it pays. */
export interface Probe {
  readonly order: PlannedOrder;
  readonly payment: PlannedPayment;
  readonly callback: PlannedCallback;
}

export interface PlannedDatabaseFault {
  readonly kind: DatabaseFaultKind;
  readonly lastsMs: number;
  /** The replica that is killed at the beginning, so that its next process starts during the fault. Null if none is killed. */
  readonly restarts: 0 | 1 | null;
  /** One for each replica. */
  readonly probes: readonly [Probe, Probe];
}

export interface Plan {
  readonly seed: number;
  readonly scenarios: readonly Scenario[];
  /** They overlap. */
  readonly faults: readonly PlannedFault[];
  /** One after the other, when the faults above are over. */
  readonly databaseFaults: readonly PlannedDatabaseFault[];
}

const actionsOf = (plan: Plan): Action[] => plan.scenarios.flatMap(({ steps }) => steps.flat());

export const probesOf = (plan: Plan): Probe[] => plan.databaseFaults.flatMap(({ probes }) => probes);

export function callbacksOf(plan: Plan): PlannedCallback[] {
  const sent = actionsOf(plan).flatMap((action) => (action.type === 'send' ? [action.callback] : []));
  return [...new Set([...sent, ...probesOf(plan).map(({ callback }) => callback)])];
}

export function ordersOf(plan: Plan): PlannedOrder[] {
  const placed = actionsOf(plan).flatMap((action) => (action.type === 'place' ? [action.order] : []));
  return [...placed, ...probesOf(plan).map(({ order }) => order)];
}

export function paymentsOf(scenario: Scenario): PlannedPayment[] {
  return scenario.steps.flat().flatMap((action) => (action.type === 'open' ? [action.payment] : []));
}
