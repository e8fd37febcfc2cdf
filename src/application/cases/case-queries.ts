import type { Filter, Page, PageRequest, TimeFilter } from '../page.js';
import type { Resolution } from '../../domain/cases/endings.js';
import type { CaseKind } from '../../domain/cases/kinds.js';

export interface CaseView {
  readonly id: string;
  readonly kind: CaseKind;
  readonly status: 'open' | 'resolved';
  readonly gateway: string;
  readonly paymentNumber: string | null;
  readonly orderNumber: string | null;
  readonly transactionId: string | null;
  readonly callbackId: string | null;
  readonly details: Readonly<Record<string, unknown>>;
  readonly openedAt: Date;
  readonly resolvedAt: Date | null;
  /** How an operator ended it; null while it is open, and if it closed by itself. */
  readonly resolution: Resolution | null;
  readonly resolvedBy: string | null;
  readonly reference: string | null;
  /** The outcome of an acceptance, or why the case closed by itself. */
  readonly reason: string | null;
}

export interface NoteView {
  readonly at: Date;
  readonly actor: string;
  readonly note: string;
}

export interface CaseDetail extends CaseView {
  /** What the operator wrote with the resolution. */
  readonly note: string | null;
  /** The newest thousand, oldest first. */
  readonly notes: readonly NoteView[];
}

/** The times are those of the opening. */
export type CaseFilter = 'status' | 'kind' | 'paymentNumber' | 'orderNumber' | 'transactionId' | TimeFilter;

/** Reads without locks. */
export abstract class CaseQueries {
  abstract list(filter: Filter<CaseFilter>, page: PageRequest): Promise<Page<CaseView>>;
  abstract find(id: string): Promise<CaseDetail | null>;
  abstract countOpen(): Promise<Readonly<Partial<Record<CaseKind, number>>>>;
}
