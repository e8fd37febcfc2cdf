/** Why a request was refused before its signature was looked at. */
export const REFUSAL_REASONS = [
  'path',
  'method',
  'encoding',
  'size',
  'headers',
  'framing',
  'timeout',
  'connections',
] as const;

export type RefusalReason = (typeof REFUSAL_REASONS)[number];

/** A request whose signature is not valid, or that was refused before. It is never stored as a callback. */
export interface Rejection {
  /** Null if the request names no gateway of this service. */
  readonly gateway: string | null;
  /** A `RefusalReason`, or why the signature is not valid. */
  readonly reason: string;
  /** The first 128 printable characters of the path; null if it is not known. */
  readonly path: string | null;
  readonly receivedAt: Date;
  /** Always an IP address. */
  readonly remoteAddress: string;
}

/** Stores the newest rejections for operators. An unauthenticated client causes them, so their number is capped. */
export abstract class RejectionRepository {
  /** Buffers the rejection and returns at once. Rejections beyond the buffer are counted by the metric only. */
  abstract record(rejection: Rejection): void;
}
