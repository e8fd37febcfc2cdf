/** What can go wrong around the service, and for how long (milliseconds, from and to); a kill lasts as long as the start that follows. */
export const FAULT_KINDS = {
  'service killed': { lastsMs: [0, 0] },
  'replica killed': { lastsMs: [0, 0] },
  'database killed': { lastsMs: [0, 0] },
  'connections cut': { lastsMs: [0, 0] },
  'connections silenced': { lastsMs: [0, 0] },
  'network stalled': { lastsMs: [500, 4_000] },
  'commit swallowed': { lastsMs: [500, 1_500] },
  'rows held': { lastsMs: [700, 2_500] },
  'table held': { lastsMs: [1_000, 4_500] },
  'pool filled': { lastsMs: [1_500, 3_000] },
  'clock jumped': { lastsMs: [2_000, 8_000] },
} as const satisfies Record<string, { lastsMs: readonly [number, number] }>;
export type FaultKind = keyof typeof FAULT_KINDS;
