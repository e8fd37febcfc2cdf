import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { DataSource } from 'typeorm';
import { dataSourceOptions } from '../../src/adapters/postgres/engine/data-source.js';
import { TransactionEnded } from '../../src/adapters/postgres/engine/prepared-statements.js';
import { PostgresUnitOfWork } from '../../src/adapters/postgres/engine/unit-of-work.js';
import { repositories } from '../../src/adapters/postgres/repositories.js';
import { SCHEMA } from '../../src/adapters/postgres/schema.js';
import { CallbackRepository } from '../../src/application/callbacks/callback-repository.js';
import { CaseQueries } from '../../src/application/cases/case-queries.js';
import { CaseRepository } from '../../src/application/cases/case-repository.js';
import { DeliveryQueries } from '../../src/application/events/delivery-queries.js';
import { DeliveryRepository } from '../../src/application/events/delivery-repository.js';
import { EventRepository } from '../../src/application/events/event-repository.js';
import { SubscriberRepository } from '../../src/application/events/subscriber-repository.js';
import { IdempotencyKeyRepository } from '../../src/application/idempotency/idempotency-key-repository.js';
import { OrderQueries } from '../../src/application/orders/order-queries.js';
import { OrderRepository } from '../../src/application/orders/order-repository.js';
import { PaymentQueries } from '../../src/application/payments/payment-queries.js';
import { PaymentRepository } from '../../src/application/payments/payment-repository.js';
import { TimelineQueries } from '../../src/application/payments/timeline-queries.js';
import type { Port, Transaction } from '../../src/application/transaction.js';
import { Money } from '../../src/domain/money.js';
import { Order } from '../../src/domain/orders/order.js';
import { hashesOf } from '../application/fixtures/body-hashes.js';
import { CountingTelemetry } from '../application/fixtures/counting-telemetry.js';
import { type FreshDatabase, freshDatabase } from '../database.js';

let database: FreshDatabase;
let pools: DataSource[];
let unitOfWork: PostgresUnitOfWork;
/** The process id of the only connection on which transactions run. */
let pid: number;
beforeAll(async () => {
  database = await freshDatabase();
  const [main, reserve] = await Promise.all(
    [1, 1].map((size) => new DataSource(dataSourceOptions(SCHEMA, database.url, size)).initialize()),
  );
  pools = [main!, reserve!];
  const telemetry = new CountingTelemetry();
  unitOfWork = new PostgresUnitOfWork(main!, reserve!, repositories(main!, telemetry), telemetry);
  const [row] = await main!.query<{ pid: number }[]>('SELECT pg_backend_pid() AS pid');
  pid = row!.pid;
});
afterAll(async () => {
  await Promise.all(pools.map((pool) => pool.destroy()));
  await database.drop();
});

/** The last statement that the connection of the transactions has received, and when: any further statement changes it. */
async function lastStatement(): Promise<unknown> {
  const sql = 'SELECT query, state, query_start, state_change FROM pg_stat_activity WHERE pid = $1';
  const [row] = await pools[1]!.query<object[]>(sql, [pid]);
  return row;
}

const AT = new Date('2026-11-23T08:00:00.000Z');
const PAGE = { limit: 1, before: null };
const order = () => Order.place('late', Money.of('1.00', 'CNY'), null, { actor: 'test', at: AT });
const SCOPE = { tokenName: 'test', method: 'POST', path: '/orders', key: 'late' };

/** A method of a port, and a call of it that needs a statement. */
type Use = readonly [name: string, Port<unknown>, (repository: never) => Promise<unknown>];

function use<T>(port: Port<T>, method: keyof T & string, call: (repository: T) => Promise<unknown>): Use {
  return [`${port.name}.${method}`, port, call];
}

const USES: readonly Use[] = [
  use(PaymentRepository, 'lock', (payments) => payments.lock(['late'], 'wait')),
  use(PaymentRepository, 'reserve', (payments) => payments.reserve(['late'], 'wait')),
  use(PaymentRepository, 'lockExpired', (payments) => payments.lockExpired(AT, 1)),
  use(OrderRepository, 'lock', (orders) => orders.lock(['late'], 'skip')),
  use(OrderRepository, 'add', (orders) => orders.add([order()])),
  use(OrderRepository, 'save', (orders) => orders.save([order()])),
  use(CallbackRepository, 'findByKeys', (callbacks) =>
    callbacks.findByKeys([{ gateway: 'stripe', eventId: 'late' }]),
  ),
  use(CallbackRepository, 'saveOutcomes', (callbacks) =>
    callbacks.saveOutcomes([{ id: '1', outcome: 'ignored', at: AT }]),
  ),
  use(CallbackRepository, 'leaseDue', (callbacks) => callbacks.leaseDue(AT, AT, 1)),
  use(CallbackRepository, 'lock', (callbacks) => callbacks.lock('1')),
  use(CaseRepository, 'lockOpen', (cases) => cases.lockOpen('1')),
  use(CaseRepository, 'addNote', (cases) => cases.addNote('1', 'late', { actor: 'test', at: AT })),
  use(EventRepository, 'append', (events) => events.append(order().events)),
  use(IdempotencyKeyRepository, 'claim', (keys) => keys.claim([SCOPE], AT)),
  use(IdempotencyKeyRepository, 'store', (keys) =>
    keys.store([{ scope: SCOPE, ...hashesOf('late'), status: 201, text: '{}' }], AT),
  ),
  use(SubscriberRepository, 'registerStream', (subscribers) => subscribers.registerStream(AT)),
  use(DeliveryRepository, 'retryNow', (deliveries) => deliveries.retryNow('1', AT)),
  use(OrderQueries, 'list', (orders) => orders.list({}, PAGE)),
  use(PaymentQueries, 'find', (payments) => payments.find('late')),
  use(TimelineQueries, 'find', (timelines) => timelines.find('late', { limit: 1, before: null })),
  use(CaseQueries, 'find', (cases) => cases.find('1')),
  use(DeliveryQueries, 'endpoints', (deliveries) => deliveries.endpoints(PAGE)),
];

/** What remains in code that keeps the handle of a transaction: the handle, and a repository of each port. */
interface KeptHandle {
  readonly tx: Transaction;
  readonly repositories: ReadonlyMap<Port<unknown>, unknown>;
}

/** Runs the work in a transaction that commits or fails, and keeps its handle. */
async function keepHandle(work: (tx: Transaction) => Promise<unknown>): Promise<KeptHandle> {
  let kept: KeptHandle | undefined;
  await unitOfWork
    .run(async (tx) => {
      kept = { tx, repositories: new Map(USES.map(([, port]) => [port, tx.of(port)])) };
      await work(tx);
    })
    .catch(() => undefined);
  return kept!;
}

const ENDINGS: readonly (readonly [ending: string, work: (tx: Transaction) => Promise<unknown>])[] = [
  ['the commit of a transaction that has read', (tx) => tx.of(OrderQueries).find('A-1')],
  ['the commit of a transaction that has written', (tx) => tx.of(SubscriberRepository).registerStream(AT)],
  ['the commit of a transaction without a statement', async () => undefined],
  ['the rollback after an error of the work', () => Promise.reject(new Error('the work fails'))],
  ['the rollback after a statement that fails', (tx) => tx.of(CallbackRepository).findById('not a number')],
];

describe.each(ENDINGS)('after %s', (_ending, work) => {
  test('the handle gives no repository', async () => {
    const { tx } = await keepHandle(work);
    for (const [, port] of USES) expect(() => tx.of(port)).toThrow(TransactionEnded);
  });

  test('every use of a repository that was taken before rejects and sends nothing', async () => {
    const before = await lastStatement();
    const { repositories: taken } = await keepHandle(work);
    const last = await lastStatement();
    // The transaction itself is visible there, so a later statement would be, too.
    expect(last).not.toEqual(before);
    const results = await Promise.allSettled(
      USES.map(async ([, port, call]) => call(taken.get(port) as never)),
    );
    const resolved = USES.filter((_use, index) => results[index]!.status === 'fulfilled');
    expect(resolved.map(([name]) => name)).toEqual([]);
    expect(await lastStatement()).toEqual(last);
  });
});

test('a late use does not fail the next transaction on the connection, and changes nothing in it', async () => {
  const { repositories: taken } = await keepHandle(async () => undefined);
  const orders = taken.get(OrderRepository) as OrderRepository;
  const found = await unitOfWork.run(async (tx) => {
    await expect(orders.add([order()])).rejects.toThrow(TransactionEnded);
    return tx.of(OrderQueries).find('late');
  });
  expect(found).toBeNull();
});

test('a call that is not awaited when the work ends belongs to the transaction: it is committed with it', async () => {
  let unawaited: Promise<ReadonlyMap<string, Date>> | undefined;
  await unitOfWork.run(async (tx) => {
    unawaited = tx.of(OrderRepository).add([order()]);
  });
  expect([...(await unawaited!).keys()]).toEqual(['late']);
  expect(await unitOfWork.run((tx) => tx.of(OrderQueries).find('late'))).toMatchObject({ status: 'pending' });
});
