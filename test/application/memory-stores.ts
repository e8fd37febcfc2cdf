import type { IdempotencyKeys } from '../../src/application/idempotent-write.js';
import {
  transactionKey,
  Unavailable,
  UnitOfWork,
  type Clock,
  type Discrepancies,
  type Events,
  type Locked,
  type LockMode,
  type OpenDiscrepancy,
  type Orders,
  type Payments,
  type Stores,
} from '../../src/application/ports.js';
import { Order } from '../../src/domain/order.js';
import { Payment } from '../../src/domain/payment.js';
import { callbacks } from './memory-inbox.js';
import { closed, resolutions, storedCallbacks, UNRESOLVED } from './memory-cases.js';
import { MemoryDeliveryQueries, outbox, subscribers } from './memory-outbox.js';
import { MemoryQueries } from './memory-queries.js';
import { backlog, bodies, duePayments } from './memory-upkeep.js';
import { draftOf, emptyTables, scopeKey, type Base, type Draft, type Tables } from './memory-tables.js';

/** All of `ports.ts` in memory: one transaction at a time, and one that throws leaves nothing behind. */
export class MemoryUnitOfWork extends UnitOfWork {
  tables: Tables = emptyTables();
  readonly queries = new MemoryQueries(() => this.tables);
  readonly deliveries = new MemoryDeliveryQueries(() => this.tables);
  /** Payment numbers, order numbers, callback ids and idempotency keys that some other transaction holds. */
  readonly heldElsewhere = new Set<string>();
  private last: Promise<unknown> = Promise.resolve();
  private lastId = 0;

  constructor(private readonly clock: Clock) {
    super();
  }

  override async run<Result>(work: (stores: Stores) => Promise<Result>): Promise<Result> {
    const result = this.last.then(async () => {
      const draft = draftOf(this.tables);
      const answer = await work(this.stores(draft));
      this.tables = draft;
      return answer;
    });
    this.last = result.catch(() => undefined);
    return result;
  }

  private stores(draft: Draft): Stores {
    const base = {
      draft,
      held: this.heldElsewhere,
      now: () => this.clock.now(),
      nextId: () => String(++this.lastId),
    };
    return {
      idempotencyKeys: idempotencyKeys(base),
      payments: payments(base),
      duePayments: duePayments(base),
      orders: orders(base),
      callbacks: callbacks(base),
      backlog: backlog(base),
      bodies: bodies(base),
      storedCallbacks: storedCallbacks(base),
      discrepancies: discrepancies(base),
      resolutions: resolutions(base),
      events: events(base),
      subscribers: subscribers(base),
      outbox: outbox(base),
      deliveries: new MemoryDeliveryQueries(() => draft),
      queries: new MemoryQueries(() => draft),
    };
  }
}

function lockFor<Row extends { readonly id: string }, Aggregate>(
  rows: ReadonlyMap<string, Row>,
  held: ReadonlySet<string>,
  rebuild: (row: Row) => Aggregate,
) {
  return async (numbers: readonly string[], mode: LockMode): Promise<Locked<Aggregate>> => {
    const missed = numbers.filter((number) => held.has(number));
    if (mode === 'wait' && missed.length > 0) throw new Unavailable(`${missed.join()} held elsewhere`);
    const free = numbers.flatMap((number) => (held.has(number) ? [] : [[number, rows.get(number)] as const]));
    const found = free.flatMap(([number, row]) => (row ? [[number, row] as const] : []));
    found.sort(([, a], [, b]) => Number(a.id) - Number(b.id));
    return { found: new Map(found.map(([number, row]) => [number, rebuild(row)])), held: new Set(missed) };
  };
}

function payments({ draft, held, now, nextId }: Base): Payments {
  const key = (row: { gateway: string; transactionId: string | null }) =>
    row.transactionId === null ? null : transactionKey(row.gateway, row.transactionId);
  return {
    lock: lockFor(draft.payments, held, (row) => new Payment({ ...row })),
    async settledBy(transactions) {
      const wanted = new Set(transactions.map(key));
      const settled = [...draft.payments.values()].filter(
        (row) => row.transactionId !== null && wanted.has(key(row)),
      );
      return new Map(settled.map((row) => [key(row)!, row.number]));
    },
    async givenBack(transactions) {
      const wanted = new Set(transactions.map(key));
      const refunded = [...draft.discrepancies.values()].filter(
        (row) => row.resolution === 'refunded_elsewhere' && wanted.has(key(row)),
      );
      return new Set(refunded.map((row) => key(row)!));
    },
    async namedBy(transactions) {
      const wanted = new Set(transactions.map(key));
      const named = [...draft.discrepancies.values()].flatMap((row) =>
        row.paymentNumber !== null && wanted.has(key(row)) ? [[key(row)!, row.paymentNumber] as const] : [],
      );
      return new Map([...named, ...(await this.settledBy(transactions))]);
    },
    async reserve(number) {
      if (held.has(number)) throw new Unavailable(`${number} held elsewhere`);
      return !draft.payments.has(number);
    },
    async add(payment) {
      if (draft.payments.has(payment.number)) throw new Error(`payment ${payment.number} exists`);
      if (!draft.orders.has(payment.orderNumber)) throw new Error(`payment ${payment.number} has no order`);
      const dates = { createdAt: now(), updatedAt: now() };
      draft.payments.set(payment.number, { id: nextId(), ...stateOf(payment), ...dates });
    },
    async save(changed) {
      for (const payment of changed) {
        const state = stateOf(payment);
        const others = [...draft.payments.values()].filter(({ number }) => number !== payment.number);
        if (state.transactionId && others.some((other) => key(other) === key(state))) {
          throw new Error(`transaction ${state.transactionId} has settled another payment`);
        }
        draft.payments.set(payment.number, {
          ...draft.payments.get(payment.number)!,
          ...state,
          updatedAt: now(),
        });
      }
    },
  };
}

function stateOf({ number, orderNumber, gateway, due, expiresAt, status, transactionId, paidAt }: Payment) {
  return { number, orderNumber, gateway, due, expiresAt, status, transactionId, paidAt };
}

function orders({ draft, held, now, nextId }: Base): Orders {
  const lock = lockFor(
    draft.orders,
    held,
    (row) => new Order(row.number, row.total, row.status, row.customerId),
  );
  return {
    lock,
    async lockOf(paymentNumbers, mode) {
      const numbers = paymentNumbers.flatMap((number) => draft.payments.get(number)?.orderNumber ?? []);
      return (await lock([...new Set(numbers)], mode)).found;
    },
    async add({ number, total, status, customerId }) {
      if (draft.orders.has(number)) return false;
      const dates = { createdAt: now(), updatedAt: now() };
      draft.orders.set(number, { id: nextId(), number, total, status, customerId, ...dates });
      return true;
    },
    async save(changed) {
      for (const { number, status } of changed) {
        draft.orders.set(number, { ...draft.orders.get(number)!, status, updatedAt: now() });
      }
    },
  };
}

function discrepancies({ draft, nextId }: Base): Discrepancies {
  const caseKey = ({ kind, gateway, paymentNumber, transactionId, callbackId }: OpenDiscrepancy): string => {
    if (transactionId === null && callbackId === null)
      throw new Error(`${kind} names neither money nor a callback`);
    return JSON.stringify(
      transactionId === null ? [kind, callbackId] : [kind, gateway, paymentNumber, transactionId],
    );
  };
  return {
    async open(opened, at) {
      return opened.filter((discrepancy) => {
        if ([...draft.discrepancies.values()].some((row) => caseKey(row) === caseKey(discrepancy)))
          return false;
        const row = { ...discrepancy, ...UNRESOLVED, id: nextId(), openedAt: at };
        draft.discrepancies.set(row.id, row);
        return true;
      });
    },
    async resolveUnmatched(callbackIds, at) {
      const resolved = [...draft.discrepancies.values()].filter(
        ({ kind, status, callbackId }) =>
          kind === 'unmatched' &&
          status === 'open' &&
          callbackId !== null &&
          callbackIds.includes(callbackId),
      );
      for (const row of resolved)
        draft.discrepancies.set(row.id, closed(row, `gateway:${row.gateway}`, at, 'the payment has come'));
      return resolved;
    },
  };
}

function events({ draft, nextId }: Base): Events {
  return {
    async append(appended) {
      for (const event of appended) {
        const again = draft.events.some(
          ({ type, orderNumber }) => type === 'order.paid' && orderNumber === event.orderNumber,
        );
        if (event.type === 'order.paid' && again)
          throw new Error(`order ${event.orderNumber} is paid already`);
        draft.events.push({ ...event, id: nextId() });
      }
    },
  };
}

const KEPT_MS = 24 * 60 * 60 * 1000;

function idempotencyKeys({ draft, held }: Base): IdempotencyKeys {
  return {
    async claim(scope, now) {
      if (held.has(scope.key)) return 'in_flight';
      const kept = draft.replies.get(scopeKey(scope));
      return kept && now.getTime() - kept.at.getTime() < KEPT_MS ? kept : 'free';
    },
    async keep(scope, reply, now) {
      draft.replies.set(scopeKey(scope), { ...structuredClone(reply), at: now });
    },
  };
}
