import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * A callback changes the status of a payment and of an order. If an index has one of the changed columns, PostgreSQL writes all
 * indexes of the table anew for the update. Without such an index the update writes none (it is heap-only). So these tables stand in
 * the place of the indexes on the status, on the deadline and on the transaction. They have no row for the status that nearly all
 * payments or orders reach, so settling deletes a row of each, which writes no index either.
 *
 * Triggers keep the tables, once for each statement, so that every writer keeps them: this release, the release before it, and an
 * operator with a console. They run with the rights of their owner, because the release before it has no rights on the new tables.
 * Their statements look rows up one by one: a join is planned for the first, small tables and may later read them as a whole.
 */
const UP = `
-- The payments that have not succeeded.
CREATE TABLE payment_statuses (
  status         text NOT NULL,
  payment_id     bigint NOT NULL,
  payment_number text NOT NULL,
  expires_at     timestamptz NOT NULL,
  PRIMARY KEY (status, payment_id)
);
-- For the scheduled expiry.
CREATE INDEX payment_statuses_due ON payment_statuses (expires_at) WHERE status IN ('init','processing');

-- The orders that are not paid at the moment.
CREATE TABLE order_statuses (
  status   text NOT NULL,
  order_id bigint NOT NULL,
  PRIMARY KEY (status, order_id)
);

-- The pieces of money that have settled a payment. One transaction of a gateway settles one payment only, even if two database
-- transactions settle at the same time. The id of the transaction comes first, because people look for it without the gateway.
CREATE TABLE settled_transactions (
  transaction_id text NOT NULL,
  gateway        text NOT NULL,
  payment_number text NOT NULL,
  PRIMARY KEY (transaction_id, gateway)
);

CREATE FUNCTION list_new_payments() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path FROM CURRENT AS $$
BEGIN
  INSERT INTO payment_statuses SELECT status, id, number, expires_at FROM new_rows WHERE status <> 'succeeded';
  INSERT INTO settled_transactions SELECT transaction_id, gateway, number FROM new_rows WHERE transaction_id IS NOT NULL;
  RETURN NULL;
END $$;

CREATE FUNCTION list_changed_payments() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path FROM CURRENT AS $$
BEGIN
  DELETE FROM payment_statuses WHERE ctid = ANY (ARRAY(
    SELECT (SELECT ctid FROM payment_statuses AS listed
             WHERE listed.status = old_rows.status AND listed.payment_id = old_rows.id LIMIT 1) FROM old_rows));
  INSERT INTO payment_statuses SELECT status, id, number, expires_at FROM new_rows WHERE status <> 'succeeded';
  -- A payment that has its transaction already may be updated again. Another payment's transaction violates the primary key.
  INSERT INTO settled_transactions SELECT transaction_id, gateway, number FROM new_rows
   WHERE transaction_id IS NOT NULL
     AND (SELECT payment_number FROM settled_transactions AS settled
           WHERE settled.transaction_id = new_rows.transaction_id AND settled.gateway = new_rows.gateway LIMIT 1)
         IS DISTINCT FROM number;
  RETURN NULL;
END $$;

CREATE FUNCTION list_new_orders() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path FROM CURRENT AS $$
BEGIN
  INSERT INTO order_statuses SELECT status, id FROM new_rows WHERE status <> 'paid';
  RETURN NULL;
END $$;

CREATE FUNCTION list_changed_orders() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path FROM CURRENT AS $$
BEGIN
  DELETE FROM order_statuses WHERE ctid = ANY (ARRAY(
    SELECT (SELECT ctid FROM order_statuses AS listed
             WHERE listed.status = old_rows.status AND listed.order_id = old_rows.id LIMIT 1) FROM old_rows));
  INSERT INTO order_statuses SELECT status, id FROM new_rows WHERE status <> 'paid';
  RETURN NULL;
END $$;

-- A callback updates each payment and each order once. The free part of a page takes the new versions of all its rows, also if one
-- transaction updates all of them. A settled payment has two more columns.
ALTER TABLE payments SET (fillfactor = 45);
ALTER TABLE orders SET (fillfactor = 50);

CREATE TRIGGER payments_list_new AFTER INSERT ON payments REFERENCING NEW TABLE AS new_rows
  FOR EACH STATEMENT EXECUTE FUNCTION list_new_payments();
CREATE TRIGGER payments_list_changed AFTER UPDATE ON payments REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows
  FOR EACH STATEMENT EXECUTE FUNCTION list_changed_payments();
CREATE TRIGGER orders_list_new AFTER INSERT ON orders REFERENCING NEW TABLE AS new_rows
  FOR EACH STATEMENT EXECUTE FUNCTION list_new_orders();
CREATE TRIGGER orders_list_changed AFTER UPDATE ON orders REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows
  FOR EACH STATEMENT EXECUTE FUNCTION list_changed_orders();
`;

const DOWN = `
ALTER TABLE payments SET (fillfactor = 80);
ALTER TABLE orders SET (fillfactor = 80);
DROP TRIGGER orders_list_changed ON orders;
DROP TRIGGER orders_list_new ON orders;
DROP TRIGGER payments_list_changed ON payments;
DROP TRIGGER payments_list_new ON payments;
DROP FUNCTION list_changed_orders(), list_new_orders(), list_changed_payments(), list_new_payments();
DROP TABLE settled_transactions, order_statuses, payment_statuses;
`;

export class RowsByStatus1763900000011 implements MigrationInterface {
  readonly name = 'RowsByStatus1763900000011';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(UP);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(DOWN);
  }
}
