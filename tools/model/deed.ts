import type { Receipt } from '../../src/application/callbacks/callback-repository.js';
import type { Table } from './facts.js';
import type { Said, Step } from './story.js';

/** A callback of the story that is stored. */
export interface Sent {
  readonly callbackId: string;
  readonly said: Said;
  readonly receipt: Receipt;
  /** It was stored first, and decided by a worker or by an operator. */
  readonly isStored: boolean;
}

/** What a step has done, as far as the law needs it. */
export interface Deed {
  readonly step: Step;
  /** The answer was a refusal. */
  readonly refused: boolean;
  /** The case that an operator has worked on. */
  readonly caseId: string | null;
  /** The tables whose rows must be the same as before, and the sentence that says so. */
  readonly keeps: { readonly tables: readonly Table[]; readonly sentence: string } | null;
  /** What the use case answered that it must not. */
  readonly fault: { readonly sentence: string; readonly text: string } | null;
}
