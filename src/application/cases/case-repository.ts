import type { Page, PageRequest } from '../page.js';
import type { Attribution } from '../../domain/attribution.js';
import type { CaseDetails, OpenCase, StoredCase } from '../../domain/cases/case.js';
import type { EndedBy } from '../../domain/cases/ended-by.js';
import type { CaseKind } from '../../domain/cases/kinds.js';
import type { Resolution } from '../../domain/cases/endings.js';
import type { Money } from '../../domain/money.js';
import type { TransactionRef } from '../payments/payment-repository.js';

/** How an operator has ended a case. */
export interface OperatorEnding {
  readonly resolution: Resolution;
  readonly note: string;
  readonly reference: string | null;
}

export interface CaseEnding {
  readonly endedBy: EndedBy;
  /** The outcome of an operator's resolution, or why the case closed by itself. */
  readonly reason: string | null;
  readonly actor: string;
  /** Null if the case has closed by itself. */
  readonly operator: OperatorEnding | null;
}

/** A case that is to be stored. It is open, or another case of the same transaction has taken its money already. */
export interface NewCase extends OpenCase {
  readonly ending?: CaseEnding | null;
}

/** A case beside money that is open. */
export interface CaseOfCallback extends StoredCase {
  readonly callbackId: string;
}

/** A stored case, and its identity if it stands beside money. */
export interface NamedCase extends StoredCase {
  readonly identity: string | null;
}

/** What an open case shows of the dispute that it is about. */
export interface ShownOfCase {
  /** These replace details of the same names. */
  readonly details: CaseDetails;
  readonly dueBy: Date | null;
}

export abstract class CaseRepository {
  /**
   * Stores the new cases and returns them, in any order. One beside money whose identity is stored joins that case and is not returned. The
   * pieces of money cases are locked.
   */
  abstract open(cases: readonly NewCase[], at: Date): Promise<NamedCase[]>;
  /** The ids of the cases beside money with these identities, open or ended, by identity. */
  abstract findByIdentities(identities: readonly string[]): Promise<ReadonlyMap<string, string>>;
  /** Ends the open ones of these cases and returns those. */
  abstract end(endings: ReadonlyMap<string, CaseEnding>, at: Date): Promise<StoredCase[]>;
  /** Says of ended cases which case has their money now. */
  abstract nameSuccessors(successors: ReadonlyMap<string, string>): Promise<void>;
  /** Stores every amount with which the money of open cases has come. */
  abstract setAmounts(amounts: ReadonlyMap<string, readonly Money[]>): Promise<void>;
  abstract show(shown: ReadonlyMap<string, ShownOfCase>): Promise<void>;
  /** Locks the open cases beside money that these callbacks have opened, in order of id. */
  abstract lockBesideMoney(callbackIds: readonly string[]): Promise<CaseOfCallback[]>;
  /** The open ones of a page of the cases of a kind that only callbacks open. Takes no lock. */
  abstract openOfKind(kind: CaseKind, page: PageRequest): Promise<Page<CaseOfCallback>>;
  /** The oldest open cases of this kind about the transaction, up to `limit`. Takes no lock. */
  abstract openBeside(
    kind: CaseKind,
    transaction: TransactionRef,
    limit: number,
  ): Promise<readonly CaseOfCallback[]>;
  /** Locks the open cases beside money with these identities, in order of id. */
  abstract lockNamed(identities: readonly string[]): Promise<NamedCase[]>;

  // Single cases, for operators

  /** As last committed. Takes no lock. */
  abstract find(id: string): Promise<StoredCase | null>;
  /** Locks the case. True if it is open. */
  abstract lockOpen(id: string): Promise<boolean>;
  abstract nameRefund(id: string, refundNumber: string): Promise<void>;
  abstract assign(id: string, assignee: string | null): Promise<void>;
  abstract addNote(id: string, note: string, attribution: Attribution): Promise<void>;
}
