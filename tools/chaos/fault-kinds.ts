/** What can go wrong around the service, with its shortest and longest duration (ms). A kill lasts until the next start. */
export const FAULT_KINDS = {
  'first replica killed': { lastsMs: [0, 0] },
  'second replica killed': { lastsMs: [0, 0] },
  'database killed': { lastsMs: [0, 0] },
  'connections cut': { lastsMs: [0, 0] },
  'connections silenced': { lastsMs: [0, 0] },
  'network stalled': { lastsMs: [500, 4_000] },
  'commit dropped': { lastsMs: [500, 1_500] },
  'rows locked': { lastsMs: [700, 2_500] },
  'table locked': { lastsMs: [1_000, 4_500] },
  'pool exhausted': { lastsMs: [1_500, 3_000] },
  'clock jumped': { lastsMs: [2_000, 8_000] },
} as const satisfies Record<string, { lastsMs: readonly [number, number] }>;
export type FaultKind = keyof typeof FAULT_KINDS;

/** What can happen to the database and ends by a mend. Each comes alone, so that a recovery after it is not due to another fault. */
export const DATABASE_FAULT_KINDS = {
  'database read-only': { lastsMs: [1_500, 3_000] },
  'cluster read-only': { lastsMs: [1_500, 3_000] },
  'search path changed': { lastsMs: [1_000, 2_500] },
  'formats changed': { lastsMs: [1_000, 2_500] },
  'limits changed': { lastsMs: [1_000, 2_500] },
  'commits weakened': { lastsMs: [1_000, 2_000] },
  'disk full': { lastsMs: [2_000, 4_000] },
  failover: { lastsMs: [0, 0] },
} as const satisfies Record<string, { lastsMs: readonly [number, number] }>;
export type DatabaseFaultKind = keyof typeof DATABASE_FAULT_KINDS;
