type Right = 'SELECT' | 'INSERT' | 'UPDATE' | 'DELETE' | 'USAGE' | 'EXECUTE';

interface OwnTable {
  /** What the role of the service must be allowed to do. A lock on a row needs UPDATE. */
  readonly rights: readonly Right[];
  /** Columns that it has had since its first migration. A table of that name without them belongs to another application. */
  readonly columns: readonly string[];
}

/** Every table of the service, as far as a start and a probe look at it. `migrations` is the table of TypeORM. */
export const OWN_TABLES: Readonly<Record<string, OwnTable>> = {
  migrations: { rights: ['SELECT'], columns: ['id', 'timestamp', 'name'] },
  orders: { rights: ['SELECT', 'INSERT', 'UPDATE'], columns: ['number', 'total', 'currency', 'status'] },
  payments: {
    rights: ['SELECT', 'INSERT', 'UPDATE'],
    columns: ['number', 'order_number', 'gateway', 'status', 'transaction_id'],
  },
  callbacks: {
    rights: ['SELECT', 'INSERT', 'UPDATE'],
    columns: ['id', 'gateway', 'event_id', 'payment_number', 'outcome', 'notice'],
  },
  callback_contents: { rights: ['SELECT', 'INSERT'], columns: ['slot', 'callback_id', 'body'] },
  content_slots: { rights: ['SELECT'], columns: ['slot', 'closed_at'] },
  payment_statuses: { rights: ['SELECT'], columns: ['status', 'payment_id'] },
  order_statuses: { rights: ['SELECT'], columns: ['status', 'order_id'] },
  settled_transactions: { rights: ['SELECT'], columns: ['transaction_id', 'gateway', 'payment_number'] },
  events: { rights: ['SELECT', 'INSERT'], columns: ['id', 'tx', 'type', 'order_number', 'payment_number'] },
  discrepancies: {
    rights: ['SELECT', 'INSERT', 'UPDATE'],
    columns: ['id', 'kind', 'status', 'payment_number', 'transaction_id'],
  },
  refunds: {
    rights: ['SELECT', 'INSERT', 'UPDATE', 'DELETE'],
    columns: ['number', 'gateway', 'transaction_id', 'status'],
  },
  refund_totals: { rights: ['SELECT', 'INSERT', 'UPDATE'], columns: ['transaction_id', 'gateway', 'amount'] },
  disputes: {
    rights: ['SELECT', 'INSERT', 'UPDATE'],
    columns: ['gateway', 'dispute_id', 'transaction_id', 'status'],
  },
  discrepancy_notes: { rights: ['SELECT', 'INSERT'], columns: ['discrepancy_id'] },
  idempotency_keys: {
    rights: ['SELECT', 'INSERT', 'UPDATE', 'DELETE'],
    columns: ['token_name', 'key', 'body_hash', 'reply'],
  },
  rejections: { rights: ['SELECT', 'INSERT', 'DELETE'], columns: ['gateway', 'reason', 'remote_address'] },
  subscribers: { rights: ['SELECT', 'INSERT', 'UPDATE', 'DELETE'], columns: ['kind', 'url', 'status'] },
  relay: { rights: ['SELECT', 'UPDATE'], columns: ['only_row', 'horizon'] },
  deliveries: {
    rights: ['SELECT', 'INSERT', 'UPDATE', 'DELETE'],
    columns: ['subscriber_id', 'event_id', 'lane', 'status'],
  },
};

/** The sequences whose numbers are taken by name. The other identity columns need no right. */
export const OWN_SEQUENCES: Readonly<Record<string, readonly Right[]>> = { callbacks_id_seq: ['USAGE'] };

/** The functions that do with the rights of their owner what the role of the service may not do by itself. */
export const OWN_FUNCTIONS: Readonly<Record<string, readonly Right[]>> = {
  'rotate_callback_contents(interval)': ['EXECUTE'],
};
