/** A stream that this process publishes events to, as this process sees it. */
export interface EventStream {
  readonly stream: string;
  /** This process has a connection to the server, and has found or created the stream. */
  readonly connected: boolean;
  /** Why the newest event that is still refused was refused, or why there is no connection; null if neither is so. For a person. */
  readonly lastError: string | null;
}

/** The streams that this process publishes to. */
export abstract class EventStreams {
  abstract streams(): readonly EventStream[];
}
