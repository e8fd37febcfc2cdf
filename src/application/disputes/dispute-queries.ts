import type { DisputeStatus } from '../../domain/callbacks/notification.js';
import type { Amount } from '../../domain/money.js';
import type { Filter, Page, PageRequest, TimeFilter } from '../page.js';

export interface DisputeView {
  readonly id: string;
  readonly gateway: string;
  /** The gateway's id. */
  readonly disputeId: string;
  /** Null as long as the money that it is about is not known. */
  readonly paymentNumber: string | null;
  readonly orderNumber: string | null;
  readonly transactionId: string;
  /** What is disputed; null if no report has named it. */
  readonly amount: Amount | null;
  /** In the gateway's words. */
  readonly reason: string | null;
  readonly status: DisputeStatus;
  /** Until when the shop can answer. */
  readonly dueBy: Date | null;
  /** The gateway holds the money now. */
  readonly moneyTaken: boolean;
  readonly openedAt: Date;
  readonly closedAt: Date | null;
}

export interface DisputeLogEntry {
  readonly at: Date;
  readonly event: string;
  readonly actor: string;
  readonly data: Readonly<Record<string, unknown>>;
}

export interface DisputeDetail extends DisputeView {
  /** The newest 100 entries, oldest first. */
  readonly log: readonly DisputeLogEntry[];
}

/** The times are those of the opening. */
export type DisputeFilter =
  'status' | 'gateway' | 'paymentNumber' | 'transactionId' | 'disputeId' | TimeFilter;

/** The disputes of a gateway that have not ended. */
export interface OpenDisputes {
  readonly gateway: string;
  readonly open: number;
  /** Those that the shop has to answer before the time that was asked for. */
  readonly dueSoon: number;
}

/** Reads without locks. */
export abstract class DisputeQueries {
  abstract list(filter: Filter<DisputeFilter>, page: PageRequest): Promise<Page<DisputeView>>;
  abstract find(id: string): Promise<DisputeDetail | null>;
  abstract countOpen(dueBefore: Date): Promise<readonly OpenDisputes[]>;
}
