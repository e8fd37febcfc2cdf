import type { Timeline, TimelineRequest } from './timeline.js';

export abstract class TimelineQueries {
  /**
   * A page of everything that is known about a payment number, also if no payment has it; null if nothing is known. A callback
   * of another number belongs to it if an event of the payment names the callback.
   */
  abstract find(paymentNumber: string, request: TimelineRequest): Promise<Timeline | null>;
}
