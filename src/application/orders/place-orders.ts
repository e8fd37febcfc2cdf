import type { DomainEvent } from '../../domain/event.js';
import { Order } from '../../domain/orders/order.js';
import { Payment } from '../../domain/payments/payment.js';
import { CallbackRepository, type StoredCallback } from '../callbacks/callback-repository.js';
import type { ProcessPaymentSuccess } from '../callbacks/process-payment-success.js';
import type { Clock } from '../clock.js';
import { EventRepository } from '../events/event-repository.js';
import {
  claimKeys,
  IdempotencyKeyRepository,
  type SentReply,
} from '../idempotency/idempotency-key-repository.js';
import { PaymentQueries } from '../payments/payment-queries.js';
import { PaymentRepository, type ReservedNumbers } from '../payments/payment-repository.js';
import {
  NO_ROWS,
  type LockedRows,
  type LockMode,
  type Transaction,
  type UnitOfWork,
} from '../transaction.js';
import { OrderQueries } from './order-queries.js';
import { OrderRepository } from './order-repository.js';
import type { PaymentNumberRules } from './payment-number-rules.js';
import { newOrderView, newPaymentSummary, newPaymentView } from './placed-views.js';
import type { NewPayment, Placement, PlacementFault, PlacementResult } from './placement.js';

export interface PlacementRules {
  /** The gateways whose callbacks are accepted. A payment of any other gateway could never be paid. */
  readonly gateways: readonly string[];
  readonly paymentNumbers: PaymentNumberRules;
  readonly ttlSeconds: number;
  /** Generates a number of at most 32 letters and digits, which every gateway accepts and which cannot be guessed. */
  readonly generateNumber: (at: Date) => string;
}

/** Whether the client of a placement has left before it was answered. An `AbortSignal` is one. */
export type ClientState = Pick<AbortSignal, 'aborted' | 'reason'>;

/** More callbacks than a gateway sends about one payment. SettleUnmatched settles any that are beyond it. */
const EARLY_CALLBACKS_LIMIT = 256;

/** A placement of a batch, and what has become of it so far. It is open until it has a result. */
interface Member {
  readonly placement: Placement;
  result: PlacementResult | 'alone' | null;
  order: Order | null;
  payment: Payment | null;
}

/** What a batch needs and does not create. */
interface Needed {
  readonly numbers: ReservedNumbers;
  readonly orders: LockedRows<Order>;
  /** Unmatched callbacks that came before their payment. */
  readonly early: readonly StoredCallback[];
}

/** When the orders and payments of a batch were created, by number. */
interface CreationTimes {
  readonly orders: ReadonlyMap<string, Date>;
  readonly payments: ReadonlyMap<string, Date>;
}

/**
 * Places orders and opens payments. It takes a batch of placements, because a commit costs the same for one as for many; one
 * placement is a batch of one. No two of a batch may have an order number, a payment number or an `Idempotency-Key` in common.
 *
 * A batch is one transaction, which writes each table once. A placement that is refused writes nothing and leaves its key free, and
 * the others of its batch commit. A placement that succeeds commits together with the reply under its key.
 *
 * Throws `Unavailable` for a temporary fault, and anything else for a bug. In each case nothing of the batch is stored, unless the
 * answer to COMMIT was lost.
 */
export class PlaceOrders {
  constructor(
    private readonly unitOfWork: UnitOfWork,
    private readonly clock: Clock,
    private readonly rules: PlacementRules,
    private readonly processPaymentSuccess: ProcessPaymentSuccess,
  ) {}

  /**
   * Results come in the order of the placements. `alone`: another transaction has locked what the placement needs, or callbacks came
   * before its payment. Nothing of it is stored, and it has to be executed alone, so that it holds up no other placement.
   */
  execute(placements: readonly Placement[]): Promise<(PlacementResult | 'alone')[]> {
    const work = (tx: Transaction) => this.place(placements, tx, 'skip');
    // A batch that has to wait for a lock all the same is taken apart at once.
    return this.unitOfWork.run(work, { attempts: 1, pipelined: true });
  }

  /**
   * Waits for the locks of other transactions. Throws the reason of the client if it has left before they were released; nothing is
   * stored then.
   */
  async executeAlone(placement: Placement, client?: ClientState): Promise<PlacementResult> {
    const work = (tx: Transaction) => this.place([placement], tx, 'wait', client);
    const [result] = await this.unitOfWork.run(work, { pipelined: true });
    return result as PlacementResult;
  }

  private async place(
    placements: readonly Placement[],
    tx: Transaction,
    mode: LockMode,
    client?: ClientState,
  ): Promise<(PlacementResult | 'alone')[]> {
    const members = placements.map((placement): Member => ({
      placement,
      result: null,
      order: null,
      payment: null,
    }));
    await this.answerRepeated(members, tx);
    this.refuseUnfit(members);
    const needed = await lockNeeded(members.filter(isOpen), tx, mode);
    if (client?.aborted) throw client.reason;
    for (const member of members.filter(isOpen)) examine(member, needed, mode);
    await preferOrderNumbers(members, tx);

    // The time is taken after the locks: whatever waited for a lock happens after it.
    const at = this.clock.now();
    const orders = await addOrders(members.filter(isOpen), tx, at);
    const added = members.filter(isOpen);
    for (const member of added) this.openPayment(member, at);
    const [payments] = await Promise.all([addPayments(added, tx), appendEvents(added, tx)]);

    const isEarly = added.length > 0 && needed.early.length > 0;
    if (isEarly) await this.processPaymentSuccess.executeWithin(tx, needed.early);
    for (const member of added)
      member.result = isEarly ? await storedReply(member, tx) : newReply(member, { orders, payments });
    await storeReplies(added, tx, at);
    return members.map(({ result }) => result!);
  }

  /** Claims the keys before anything else is locked, and answers requests that were carried out before. */
  private async answerRepeated(members: readonly Member[], tx: Transaction): Promise<void> {
    const keyed = members.filter(({ placement }) => placement.keyed);
    if (keyed.length === 0) return;
    const requests = keyed.map(({ placement }) => placement.keyed!);
    const answers = await claimKeys(requests, tx.of(IdempotencyKeyRepository), this.clock.now());
    keyed.forEach((member, index) => (member.result = answers[index]!));
  }

  /** Before anything is locked, for reasons that no other transaction can change. */
  private refuseUnfit(members: readonly Member[]): void {
    for (const member of members) if (isOpen(member)) member.result = this.faultOf(member.placement);
  }

  private faultOf({ order, payment }: Placement): PlacementFault | null {
    if (!payment) return null;
    const { gateway, paymentNumber } = payment;
    if (!this.rules.gateways.includes(gateway)) return 'gateway_unknown';
    if (order?.total.isZero) return 'nothing_due';
    return paymentNumber === null || this.rules.paymentNumbers.carries(gateway, paymentNumber)
      ? null
      : 'payment_number_unfit';
  }

  private openPayment(member: Member, at: Date): void {
    const { order, placement } = member;
    if (!order || !placement.payment) return;
    const { gateway, amount, expiresInSeconds, paymentNumber } = placement.payment;
    const terms = {
      number: paymentNumber ?? this.rules.generateNumber(at),
      gateway,
      due: amount ?? order.total,
      expiresAt: new Date(at.getTime() + (expiresInSeconds ?? this.rules.ttlSeconds) * 1_000),
    };
    member.payment = Payment.open(order, terms, { actor: placement.actor, at });
  }
}

const isOpen = ({ result }: Member): boolean => result === null;

/**
 * Reserves the requested payment numbers, then locks the existing orders. A callback that comes now waits for a reserved number; one
 * that came before is committed as unmatched. So each callback finds its payment, in whatever order they come.
 *
 * A generated number is neither reserved nor looked up: until this transaction has committed and the client has its reply, nobody
 * knows the number, so no callback and no other placement can name it.
 */
async function lockNeeded(members: readonly Member[], tx: Transaction, mode: LockMode): Promise<Needed> {
  const requested = members.flatMap(({ placement }) => placement.payment?.paymentNumber ?? []);
  const existing = members.flatMap(({ placement }) => (placement.order ? [] : [placement.orderNumber]));
  const [numbers, early, orders] = await Promise.all([
    requested.length ? tx.of(PaymentRepository).reserve(requested, mode) : NONE_RESERVED,
    requested.length ? tx.of(CallbackRepository).findUnmatched(requested, EARLY_CALLBACKS_LIMIT) : [],
    existing.length ? tx.of(OrderRepository).lock(existing, mode) : NO_ROWS,
  ]);
  return { numbers, early, orders };
}

const NONE_RESERVED: ReservedNumbers = { taken: new Set(), contended: new Set() };

/** Gives the member its existing order, or the reason why it cannot be carried out. */
function examine(member: Member, needed: Needed, mode: LockMode): void {
  const { orderNumber, order, payment } = member.placement;
  const number = payment?.paymentNumber ?? null;
  if (mode === 'skip' && mustBeAlone(orderNumber, number, needed)) {
    member.result = 'alone';
    return;
  }
  const isTaken = number !== null && needed.numbers.taken.has(number);
  if (order) {
    if (isTaken) member.result = 'payment_number_taken';
    return;
  }
  member.order = needed.orders.locked.get(orderNumber) ?? null;
  member.result = openingFault(member.order, payment, isTaken);
}

function mustBeAlone(orderNumber: string, paymentNumber: string | null, needed: Needed): boolean {
  if (needed.orders.contended.has(orderNumber)) return true;
  if (paymentNumber === null) return false;
  return (
    needed.numbers.contended.has(paymentNumber) ||
    needed.early.some(({ notification }) => notification.paymentNumber === paymentNumber)
  );
}

function openingFault(order: Order | null, payment: NewPayment, isTaken: boolean): PlacementFault | null {
  if (!order) return 'order_unknown';
  if (isTaken) return 'payment_number_taken';
  const fault = Payment.openingFault(order, payment.amount ?? order.total);
  return fault && { fault, order: { status: order.status, total: order.total } };
}

/**
 * A shop that repeats a request has used both of its numbers. It is refused for the number of the order, under which it finds everything
 * that the first request has created.
 */
async function preferOrderNumbers(members: readonly Member[], tx: Transaction): Promise<void> {
  const refused = members.filter(
    ({ placement, result }) => placement.order && result === 'payment_number_taken',
  );
  if (refused.length === 0) return;
  const numbers = refused.map(({ placement }) => placement.orderNumber);
  const { locked, contended } = await tx.of(OrderRepository).lock(numbers, 'skip');
  for (const member of refused) {
    const { orderNumber } = member.placement;
    if (locked.has(orderNumber) || contended.has(orderNumber)) member.result = 'order_number_taken';
  }
}

/** Returns when each order was created. A member whose number is taken is refused. */
async function addOrders(
  members: readonly Member[],
  tx: Transaction,
  at: Date,
): Promise<ReadonlyMap<string, Date>> {
  const orders = members.flatMap((member) => {
    const { orderNumber, order, actor } = member.placement;
    if (!order) return [];
    member.order = Order.place(orderNumber, order.total, order.customerId, { actor, at });
    return [member.order];
  });
  if (orders.length === 0) return new Map();
  const createdAt = await tx.of(OrderRepository).add(orders);
  for (const member of members) {
    const { orderNumber, order } = member.placement;
    if (order && !createdAt.has(orderNumber)) member.result = 'order_number_taken';
  }
  return createdAt;
}

async function addPayments(members: readonly Member[], tx: Transaction): Promise<ReadonlyMap<string, Date>> {
  const payments = members.flatMap(({ payment }) => payment ?? []);
  return payments.length ? tx.of(PaymentRepository).add(payments) : new Map();
}

async function appendEvents(members: readonly Member[], tx: Transaction): Promise<void> {
  const events = members.flatMap(({ order, payment }): DomainEvent[] => [
    ...(order?.events ?? []),
    ...(payment?.events ?? []),
  ]);
  if (events.length) await tx.of(EventRepository).append(events);
}

function newReply({ placement, order, payment }: Member, created: CreationTimes): SentReply {
  const paymentAt = created.payments.get(payment?.number ?? '');
  if (!placement.order) return replyOf(newPaymentView(payment!, paymentAt!));
  const payments = payment ? [newPaymentSummary(payment, paymentAt!)] : [];
  return replyOf(newOrderView(order!, created.orders.get(placement.orderNumber)!, payments));
}

/** As `newReply`, after callbacks that came before have changed what was created. */
async function storedReply({ placement, payment }: Member, tx: Transaction): Promise<SentReply> {
  return replyOf(
    placement.order
      ? await tx.of(OrderQueries).find(placement.orderNumber)
      : await tx.of(PaymentQueries).find(payment!.number),
  );
}

/** As text, so that a repeated reply is equal byte for byte. */
const replyOf = (view: unknown): SentReply => ({ status: 201, text: JSON.stringify(view) });

async function storeReplies(members: readonly Member[], tx: Transaction, at: Date): Promise<void> {
  const replies = members.flatMap(({ placement: { keyed }, result }) =>
    keyed ? [{ ...(result as SentReply), ...keyed }] : [],
  );
  if (replies.length) await tx.of(IdempotencyKeyRepository).store(replies, at);
}
