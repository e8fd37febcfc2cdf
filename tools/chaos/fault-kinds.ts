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
