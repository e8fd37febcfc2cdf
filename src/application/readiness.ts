/** Whether the service can do its work. */
export abstract class Readiness {
  /** Faults in words for an operator; empty if the service is ready. */
  abstract check(): Promise<readonly string[]>;
}
