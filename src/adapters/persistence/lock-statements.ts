import type { DataSource, EntitySchema, ObjectLiteral, SelectQueryBuilder } from 'typeorm';
import type { LockMode } from '../../application/ports.js';
import { orders, payments } from './tables.js';

/** The open statuses as the partial index spells them: a parameter in their place would keep it from being used. */
export const IS_OPEN = `status IN ('init', 'processing')`;

/**
 * What an array parameter would say, in a form whose length the planner cannot see. It would plan anew for each group, since it
 * believes a plan for one number to be so much cheaper than that for any number of them; planning costs more than either.
 */
export const ANY_OF_JSON = 'ANY(ARRAY(SELECT json_array_elements_text($1)))';

/** The SELECT … FOR UPDATE statements; those by number in order of id and in either mode. */
export interface LockStatements {
  /** $1: numbers as a JSON array, as everywhere here. Rows as `PaymentRow`. */
  readonly payments: Readonly<Record<LockMode, string>>;
  /** $1: numbers. Rows as `OrderRow`. */
  readonly orders: Readonly<Record<LockMode, string>>;
  /** $1: payment numbers. Rows as `OrderRow`. */
  readonly ordersOfPayments: Readonly<Record<LockMode, string>>;
  /** $1: a time. Rows as `PaymentRow`, at most so many, the longest due first, without those held elsewhere. */
  readonly duePayments: (limit: number) => string;
}

/**
 * TypeORM writes them, once and not for each group; they run as named statements, whose rows bear the names of the tables'
 * properties and need no hydration.
 */
export function lockStatements(dataSource: DataSource): LockStatements {
  const inOrder = <Row extends ObjectLiteral>(table: EntitySchema<Row>, which: string) => {
    const query = () => locking(dataSource, table).where(which).orderBy('locked.id');
    return { wait: query().getQuery(), skip: query().setOnLocked('skip_locked').getQuery() };
  };
  return {
    payments: inOrder(payments, `locked.number = ${ANY_OF_JSON}`),
    orders: inOrder(orders, `locked.number = ${ANY_OF_JSON}`),
    // An array and not a join: a join may be planned as a walk along the whole index. A payment never changes its order.
    ordersOfPayments: inOrder(
      orders,
      `locked.number = ANY(ARRAY(SELECT order_number FROM payments WHERE payments.number = ${ANY_OF_JSON}))`,
    ),
    duePayments: (limit) =>
      locking(dataSource, payments)
        .where(`locked.${IS_OPEN} AND locked.expires_at < $1`)
        .orderBy('locked.expiresAt')
        .limit(limit)
        .setOnLocked('skip_locked')
        .getQuery(),
  };
}

function locking<Row extends ObjectLiteral>(
  dataSource: DataSource,
  table: EntitySchema<Row>,
): SelectQueryBuilder<Row> {
  const query = dataSource.createQueryBuilder(table, 'locked').select([]).setLock('pessimistic_write');
  Object.keys(table.options.columns).forEach((column) => query.addSelect(`locked.${column}`, column));
  return query;
}
