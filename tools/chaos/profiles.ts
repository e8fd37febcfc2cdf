import type { DatabaseFaultKind, FaultKind } from './fault-kinds.js';
import type { ScenarioName } from './scenarios.js';

/** The size of a chaos run, and the mix of scenarios and faults in it. */
export interface Profile {
  readonly seconds: number;
  readonly scenariosPerSecond: number;
  readonly faults: Readonly<Record<FaultKind, number>>;
  readonly databaseFaults: Readonly<Record<DatabaseFaultKind, number>>;
  /** Replaces the weights of some scenarios. A scenario of weight 0 is left out. */
  readonly weights?: Readonly<Partial<Record<ScenarioName, number>>>;
}

/** The long run. Its plan always has at least twenty kills of a replica and five of the database. */
export const LONG: Profile = {
  seconds: 480,
  scenariosPerSecond: 25,
  faults: {
    'first replica killed': 13,
    'second replica killed': 12,
    'database killed': 6,
    'connections cut': 10,
    'connections silenced': 6,
    'network stalled': 8,
    'commit dropped': 10,
    'rows locked': 12,
    'table locked': 8,
    'pool exhausted': 6,
    'clock jumped': 10,
  },
  databaseFaults: {
    'database read-only': 4,
    'cluster read-only': 3,
    'search path changed': 3,
    'formats changed': 3,
    'limits changed': 3,
    'commits weakened': 3,
    'disk full': 3,
    failover: 3,
  },
};

/** The same faults for each minute in another time, and each kind that the profile has at least once. */
export function lasting(profile: Profile, seconds: number): Profile {
  const share = seconds / profile.seconds;
  const scaled = <Kind extends string>(counts: Readonly<Record<Kind, number>>) =>
    Object.fromEntries(
      Object.entries<number>(counts).map(([kind, count]) => [
        kind,
        count && Math.max(1, Math.round(count * share)),
      ]),
    ) as Record<Kind, number>;
  return {
    ...profile,
    seconds,
    faults: scaled(profile.faults),
    databaseFaults: scaled(profile.databaseFaults),
  };
}

/** Each kind of fault at least once, in about two minutes. */
export const QUICK: Profile = {
  seconds: 40,
  scenariosPerSecond: 25,
  faults: {
    'first replica killed': 2,
    'second replica killed': 2,
    'database killed': 2,
    'connections cut': 2,
    'connections silenced': 1,
    'network stalled': 1,
    'commit dropped': 2,
    'rows locked': 2,
    'table locked': 1,
    'pool exhausted': 1,
    'clock jumped': 2,
  },
  databaseFaults: {
    'database read-only': 1,
    'cluster read-only': 1,
    'search path changed': 1,
    'formats changed': 1,
    'limits changed': 1,
    'commits weakened': 1,
    'disk full': 1,
    failover: 1,
  },
};

/** Short enough for a test. */
export const SHORT: Profile = {
  seconds: 3,
  scenariosPerSecond: 25,
  // The sweep for these payments comes ten seconds after the deadline.
  weights: {
    'money about the deadline': 0,
    'late money that is accepted': 0,
    'late money for a cancelled order is accepted': 0,
  },
  faults: {
    'first replica killed': 1,
    'second replica killed': 0,
    'database killed': 1,
    'connections cut': 1,
    'connections silenced': 0,
    'network stalled': 0,
    'commit dropped': 1,
    'rows locked': 1,
    'table locked': 0,
    'pool exhausted': 0,
    'clock jumped': 1,
  },
  databaseFaults: {
    'database read-only': 1,
    'cluster read-only': 0,
    'search path changed': 0,
    'formats changed': 0,
    'limits changed': 0,
    'commits weakened': 0,
    'disk full': 0,
    failover: 0,
  },
};

/** For `--prove`: what a service with a defect cannot survive, which is many races with kills and locks among them. */
export const PROOF: Profile = {
  seconds: 12,
  scenariosPerSecond: 40,
  weights: {
    'copies at once': 12,
    'a status update races success': 12,
    'a cancel races success': 12,
    'one transaction reported by two events': 6,
    'two operators end a wrong amount': 12,
    'money goes back in parts': 6,
  },
  // A process dies while many callbacks wait for a lock: what was acknowledged too early is then lost.
  faults: {
    'first replica killed': 3,
    'second replica killed': 3,
    'database killed': 1,
    'connections cut': 0,
    'connections silenced': 0,
    'network stalled': 0,
    'commit dropped': 6,
    'rows locked': 6,
    'table locked': 4,
    'pool exhausted': 0,
    'clock jumped': 0,
  },
  databaseFaults: {
    'database read-only': 0,
    'cluster read-only': 0,
    'search path changed': 0,
    'formats changed': 0,
    'limits changed': 0,
    'commits weakened': 0,
    'disk full': 0,
    failover: 0,
  },
};
