import type { TransactionRef } from '../payments/payment-repository.js';

/** How a piece of money can break the law that each of them has exactly one owner. Public names. */
export const VIOLATIONS = [
  'no_owner',
  'two_owners',
  'given_back_and_open',
  'order_not_refunded',
  'ending_not_found',
  'refunds_exceed_money',
  'settlement_differs',
] as const;
export type Violation = (typeof VIOLATIONS)[number];

export interface NamedPiece extends TransactionRef {
  /** The payment that it has settled. */
  readonly paymentNumber: string | null;
}

/** A piece of money that breaks the law, with what is known of it. */
export interface BrokenPiece extends NamedPiece {
  readonly violations: readonly Violation[];
  readonly orderNumber: string | null;
  /** The case that the violation is about. */
  readonly discrepancyId: string | null;
}

/** Times in ISO 8601. `to` is not included. */
export interface Period {
  readonly from: string;
  readonly to: string;
}

/** The tables that name pieces of money, in the order in which an audit reads them. A piece is examined where it is found first. */
export const STORED_SOURCES = ['payments', 'discrepancies', 'callbacks', 'refunds', 'disputes'] as const;
/** The log, which also tells of changes to pieces that came long ago. */
export type AuditSource = (typeof STORED_SOURCES)[number] | 'events';

/** The rows of one table that are to be examined. Only the queries read its ids. */
export interface AuditWalk {
  readonly source: AuditSource;
  readonly period: Period;
  readonly from: string;
  readonly before: string;
}

export interface AuditPage {
  /** How many pieces of money were examined. */
  readonly pieces: number;
  readonly broken: readonly BrokenPiece[];
  /** The id of the newest callback when the page was read; null if there is none. */
  readonly newestCallback: string | null;
  /** The rest of the walk; null at its end. */
  readonly next: AuditWalk | null;
}

/**
 * Proves from the tables alone that each piece of money has exactly one owner. Shares no code with what settles money. Reads without locks,
 * and judges each piece as of one moment.
 */
export abstract class AuditQueries {
  /** The walk through the rows of a table that were stored in this period. Some seconds at both ends may be read in vain. */
  abstract walk(source: AuditSource, period: Period): Promise<AuditWalk | null>;
  /** Examines the next rows of a walk. */
  abstract page(walk: AuditWalk): Promise<AuditPage>;
  /** Examines these pieces, and returns those that break the law. */
  abstract examine(pieces: readonly NamedPiece[]): Promise<readonly BrokenPiece[]>;
}
