import type { CaseFact } from './facts.js';
import type { View } from './view.js';

/** A sentence of the law, and what contradicts it. */
export interface Sentence {
  readonly says: string;
  /** What is wrong, in words; null if the sentence holds. */
  readonly broken: (view: View) => string | null;
}

/** The sentence that is broken, and how. */
export interface Breach {
  readonly sentence: string;
  readonly text: string;
}

export const isOpen = ({ status }: CaseFact): boolean => status === 'open';

export const nameOf = ({
  gateway,
  transactionId,
}: {
  readonly gateway: string;
  readonly transactionId: string | null;
}): string => `${gateway} ${transactionId}`;

export const caseText = ({ id, kind, status, endedBy }: CaseFact): string =>
  `case ${id} (${kind}, ${status === 'open' ? 'open' : JSON.stringify(endedBy)})`;

/** The first answer that is not null. */
export function first<Item>(items: readonly Item[], faultOf: (item: Item) => string | null): string | null {
  for (const item of items) {
    const fault = faultOf(item);
    if (fault !== null) return fault;
  }
  return null;
}
