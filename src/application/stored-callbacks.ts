import type { Notice, Outcome } from '../domain/notice.js';
import type { StoredCallback } from './ports.js';

/** A callback with all that is needed to decide it once more. */
export interface KeptCallback extends StoredCallback {
  /** The bytes as they came; null once they are no longer kept. */
  readonly body: Uint8Array | null;
}

/** What a stored body says, read anew. */
export interface Reading {
  readonly notice: Notice;
  readonly fingerprint: string;
}

/** The inbox by its rows' own ids, inside a transaction. */
export interface StoredCallbacks {
  /** As last committed. Holds nothing. */
  find(id: string): Promise<KeptCallback | null>;
  /** Holds the row until the transaction ends, and returns its outcome by then. */
  hold(id: string): Promise<Outcome>;
  /** Keeps what is now understood of a body that was not, so that copies of it and a payment to come find it. */
  reread(id: string, reading: Reading & { readonly judgedAt: Date }): Promise<void>;
}

/**
 * Reads the bytes of a stored callback without a second look at its signature: that held when it came, and keys rotate.
 */
export abstract class NoticeReader {
  /** Null where no gateway of this name is configured. */
  abstract read(gateway: string, body: Uint8Array): Reading | null;
}
