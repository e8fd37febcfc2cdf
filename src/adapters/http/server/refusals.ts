import type { RefusalReason } from '../../../application/callbacks/rejection-repository.js';

/** A request, or a connection, that was refused before a signature or a token was looked at. */
export interface Refusal {
  readonly reason: RefusalReason;
  /** The target as the client sent it; null if it is not known. */
  readonly target: string | null;
  readonly address: string;
}

/** What the server refuses is reported here. The server exists before the service that listens. */
export class Refusals {
  private listener: (refusal: Refusal) => void = () => undefined;

  report(refusal: Refusal): void {
    this.listener(refusal);
  }

  onReport(listener: (refusal: Refusal) => void): void {
    this.listener = listener;
  }
}
