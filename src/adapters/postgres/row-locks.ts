import type { DataSource, EntitySchema, ObjectLiteral, SelectQueryBuilder } from 'typeorm';
import type { Telemetry } from '../../application/telemetry.js';
import type { LockMode } from '../../application/transaction.js';
import type { PreparedSql } from './engine/sql.js';
import { orders, payments, type OrderRow, type PaymentRow } from './entities.js';

/** The open statuses as the partial index spells them. PostgreSQL would not use the index for a parameter. */
export const IS_OPEN = `status IN ('init', 'processing')`;

/**
 * Equal to an array parameter, in a form whose length the planner cannot see. With an array it would plan anew for each batch,
 * because it believes a plan for one number to be much cheaper than a plan for many; planning costs more than either.
 */
const ANY_OF_JSON = 'ANY(ARRAY(SELECT json_array_elements_text($1)))';

/** A statement for each mode. $1: numbers as a JSON array. Rows in order of id. */
type LockStatement = Readonly<Record<LockMode, string>>;

/**
 * SELECT … FOR UPDATE on orders and payments. TypeORM writes the statements, once and not for each batch. They run as prepared
 * statements; their columns have the names of the entities' properties, so the rows need no hydration.
 */
export class RowLocks {
  private readonly paymentsByNumber: LockStatement;
  private readonly ordersByNumber: LockStatement;
  private readonly ordersByPayment: LockStatement;

  constructor(
    private readonly dataSource: DataSource,
    private readonly telemetry: Telemetry,
  ) {
    this.paymentsByNumber = inOrder(dataSource, payments, `locked.number = ${ANY_OF_JSON}`);
    this.ordersByNumber = inOrder(dataSource, orders, `locked.number = ${ANY_OF_JSON}`);
    // An array and not a join: a join may be planned as a walk along the whole index. A payment never changes its order.
    this.ordersByPayment = inOrder(
      dataSource,
      orders,
      `locked.number = ANY(ARRAY(SELECT order_number FROM payments WHERE payments.number = ${ANY_OF_JSON}))`,
    );
  }

  payments(sql: PreparedSql, numbers: readonly string[], mode: LockMode): Promise<PaymentRow[]> {
    return this.lock(sql, this.paymentsByNumber, numbers, mode);
  }

  orders(sql: PreparedSql, numbers: readonly string[], mode: LockMode): Promise<OrderRow[]> {
    return this.lock(sql, this.ordersByNumber, numbers, mode);
  }

  ordersOfPayments(sql: PreparedSql, paymentNumbers: readonly string[], mode: LockMode): Promise<OrderRow[]> {
    return this.lock(sql, this.ordersByPayment, paymentNumbers, mode);
  }

  /** Up to `limit` open payments, the oldest deadline first. Skips contended rows. */
  expiredPayments(sql: PreparedSql, expiredBefore: Date, limit: number): Promise<PaymentRow[]> {
    const payment = locking(this.dataSource, payments)
      .where(`locked.number = payment_number AND (locked.${IS_OPEN}) IS TRUE`)
      .setOnLocked('skip_locked')
      .getQuery();
    // LATERAL, so that rows are locked one by one until there are enough. A limit before the locks would count contended rows.
    return sql.query(
      `SELECT due.* FROM payment_statuses, LATERAL (${payment}) AS due
        WHERE payment_statuses.${IS_OPEN} AND payment_statuses.expires_at < $1 ORDER BY payment_statuses.expires_at LIMIT ${limit}`,
      [expiredBefore],
    );
  }

  /** Measures how long the statement waited, if it may wait. */
  private async lock<Row>(
    sql: PreparedSql,
    statement: LockStatement,
    numbers: readonly string[],
    mode: LockMode,
  ): Promise<Row[]> {
    const since = performance.now();
    const rows = await sql.query<Row>(statement[mode], [JSON.stringify(numbers)]);
    if (mode === 'wait') this.telemetry.lockWaited((performance.now() - since) / 1000);
    return rows;
  }
}

function inOrder<Row extends ObjectLiteral>(
  dataSource: DataSource,
  table: EntitySchema<Row>,
  condition: string,
): LockStatement {
  // An expression, because the planner would walk along the primary key for the order of its column if it expects few rows.
  const query = () => locking(dataSource, table).where(condition).orderBy('locked.id + 0');
  return { wait: query().getQuery(), skip: query().setOnLocked('skip_locked').getQuery() };
}

function locking<Row extends ObjectLiteral>(
  dataSource: DataSource,
  table: EntitySchema<Row>,
): SelectQueryBuilder<Row> {
  const query = dataSource.createQueryBuilder(table, 'locked').select([]).setLock('pessimistic_write');
  Object.keys(table.options.columns).forEach((column) => query.addSelect(`locked.${column}`, column));
  return query;
}
