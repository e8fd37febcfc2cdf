/**
 * The envelope of every event of the log. Each aggregate declares its own event types. `data` is read by subscribers and
 * auditors, so it names no person and holds no card data.
 */
export interface DomainEvent<Type extends string = string, Data extends object = object> {
  readonly type: Type;
  readonly at: Date;
  readonly actor: string;
  readonly orderNumber: string | null;
  readonly paymentNumber?: string | null;
  /** The callback that caused it, if one did. */
  readonly callbackId?: string | null;
  readonly data: Data;
}
