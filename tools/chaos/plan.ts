import type { DisputeStatus, RefundReportStatus } from '../../src/domain/callbacks/notification.js';
import type { Outcome } from '../../src/domain/callbacks/outcome.js';
import type { Resolution } from '../../src/domain/cases/endings.js';
import type { CaseKind } from '../../src/domain/cases/kinds.js';
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

/** What a gateway says about one refund. The amount of the callback is the refund's. */
export interface PlannedRefund {
  readonly id: string;
  readonly number: string;
  readonly status: RefundReportStatus;
  /** The sum of all refunds of the transaction so far. If there is one, the gateway names it and no amount of a refund. */
  readonly cumulative: string | null;
  /** What was paid with the transaction. */
  readonly paid: string;
  /** The gateway's time, in seconds of the scenario. Reports of one refund are ordered by it, however they arrive. */
  readonly atSeconds: number;
}

/** What a gateway says about one dispute. */
export interface PlannedDispute {
  readonly id: string;
  readonly status: DisputeStatus;
  readonly moneyTaken: boolean;
  readonly atSeconds: number;
}

/** Where a piece of money is at the end of a run. `settled`: the payment that has it has paid its order, which is not cancelled. */
export type Place = 'settled' | 'in its case' | 'given back' | 'ended by a decision';

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
  /** Where its money may end. Empty if it brings none, or if another callback of the scenario says so. */
  readonly ends: readonly Place[];
  readonly refund?: PlannedRefund;
  readonly dispute?: PlannedDispute;
}

/** Each has a token of its own. */
export const OPERATORS = ['anna', 'ben'] as const;
export type Operator = (typeof OPERATORS)[number];

/** The case that an operator looks for: the newest of these kinds that is about the payment or about the order. */
export interface CaseToFind {
  readonly kinds: readonly CaseKind[];
  readonly about: { readonly paymentNumber: string } | { readonly orderNumber: string };
}

export type Deed =
  | {
      readonly type: 'resolve';
      readonly case: CaseToFind;
      readonly resolution: Resolution;
      /** The payment that gets the money, of `attach`. */
      readonly paymentNumber?: string;
      /** What was refunded elsewhere. Absent for all that is left. */
      readonly amount?: string;
      /** Where that refund can be found. Operators who mean the same refund name the same one. */
      readonly reference?: string;
    }
  | { readonly type: 'assign'; readonly case: CaseToFind; readonly assignee: Operator | null }
  | { readonly type: 'note'; readonly case: CaseToFind }
  | { readonly type: 'replay'; readonly callback: Pick<PlannedCallback, 'gateway' | 'eventId'> }
  | { readonly type: 'move'; readonly orderNumber: string; readonly to: OrderStatus };

/** The answer to a deed: `done`, the code of the refusal, `no case` if there is none to act on, or `none` if no answer was final. */
export type DeedAnswer =
  | 'done'
  | 'resolved_before'
  | 'ending_not_allowed'
  | 'exceeds_refundable'
  | 'refund_recorded'
  | 'money_refunded'
  | 'refund_under_way'
  | 'not_attachable'
  | 'transition_not_allowed'
  | 'no case';

/** What an operator asks of the service. */
export interface PlannedDeed {
  /** The Idempotency-Key. It is the note as well, so that the tables tell which deed has made a row. */
  readonly key: string;
  readonly scenario: string;
  readonly operator: Operator;
  readonly to: 0 | 1;
  readonly deed: Deed;
  /** The answers that are right: several if a race decides. */
  readonly expected: readonly DeedAnswer[];
  /** Milliseconds after which the first request is given up, so that its answer is lost. Null if it is waited for. */
  readonly losesAnswerAfterMs: number | null;
  /** It is asked again under its key although it was done. */
  readonly isRepeated: boolean;
}

export type Action =
  | { readonly type: 'place'; readonly order: PlannedOrder }
  | { readonly type: 'open'; readonly payment: PlannedPayment }
  | { readonly type: 'cancel'; readonly orderNumber: string }
  | { readonly type: 'operate'; readonly deed: PlannedDeed }
  | { readonly type: 'wait'; readonly ms: number }
  /** Waits until the outcome of the callback is known. An acknowledgement says only that it is stored. */
  | { readonly type: 'await decision'; readonly callback: Pick<PlannedCallback, 'gateway' | 'eventId'> }
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

export function deedsOf(plan: Plan): PlannedDeed[] {
  return actionsOf(plan).flatMap((action) => (action.type === 'operate' ? [action.deed] : []));
}

export function ordersOf(plan: Plan): PlannedOrder[] {
  const placed = actionsOf(plan).flatMap((action) => (action.type === 'place' ? [action.order] : []));
  return [...placed, ...probesOf(plan).map(({ order }) => order)];
}

export function paymentsOf(scenario: Scenario): PlannedPayment[] {
  return scenario.steps.flat().flatMap((action) => (action.type === 'open' ? [action.payment] : []));
}
