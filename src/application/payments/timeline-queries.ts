import type { Timeline } from './timeline.js';

export abstract class TimelineQueries {
  /** Everything that is known about a payment number, also if no payment has it; null if nothing is known. */
  abstract find(paymentNumber: string): Promise<Timeline | null>;
}
