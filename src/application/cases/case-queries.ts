import type { Filter, Page, PageRequest, TimeFilter } from '../page.js';
import type { EndedBy } from '../../domain/cases/ended-by.js';
import type { AllowedResolution, Resolution } from '../../domain/cases/endings.js';
import type { CaseKind } from '../../domain/cases/kinds.js';
import type { Amount } from '../../domain/money.js';

export interface CaseView {
  readonly id: string;
  readonly kind: CaseKind;
  readonly status: 'open' | 'resolved';
  readonly gateway: string;
  readonly paymentNumber: string | null;
  readonly orderNumber: string | null;
  readonly transactionId: string | null;
  readonly callbackId: string | null;
  /** The money that came, the smallest amount if it came with several; null if no notification has named any. */
  readonly amount: Amount | null;
  /** What has gone back of the money that the case owns, or what was recorded for the refund that has failed; null if nothing was. */
  readonly refunded: Amount | null;
  /** The newest refund that was made for the case, or the refund that it is about. */
  readonly refundNumber: string | null;
  /** Until when somebody has to act. */
  readonly dueBy: Date | null;
  /** Who looks after it: the name of a token. */
  readonly assignee: string | null;
  /** How an operator may end it. Empty if it has ended. */
  readonly allowedResolutions: readonly AllowedResolution[];
  readonly details: Readonly<Record<string, unknown>>;
  readonly openedAt: Date;
  readonly resolvedAt: Date | null;
  /** How an operator ended it; null while it is open, and if it closed by itself. */
  readonly resolution: Resolution | null;
  readonly resolvedBy: string | null;
  readonly reference: string | null;
  /** The outcome of an acceptance or an attachment, or why the case closed by itself. */
  readonly reason: string | null;
  /** What has ended it; null while it is open. */
  readonly endedBy: EndedBy | null;
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
