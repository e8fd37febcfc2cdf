/** A request whose signature is not valid. It is never stored as a callback. */
export interface Rejection {
  readonly gateway: string;
  readonly reason: string;
  readonly receivedAt: Date;
  readonly remoteAddress: string;
}

/** Stores the newest rejections for operators. An unauthenticated client causes them, so their number is capped. */
export abstract class RejectionRepository {
  /** Buffers the rejection and returns at once. Rejections beyond the buffer are counted by the metric only. */
  abstract record(rejection: Rejection): void;
}
