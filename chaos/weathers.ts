import type { Weather } from './make-plan.js';

/** The long run: at least twenty kills of a service and five of the database, by plan and not by luck. */
export const LONG: Weather = {
  seconds: 480,
  scenariosPerSecond: 25,
  faults: {
    'service killed': 13,
    'replica killed': 12,
    'database killed': 6,
    'connections cut': 10,
    'connections silenced': 6,
    'network stalled': 8,
    'commit swallowed': 10,
    'rows held': 12,
    'table held': 8,
    'pool filled': 6,
    'clock jumped': 10,
  },
};

/** Each kind of fault at least once, and done within two minutes. */
export const QUICK: Weather = {
  seconds: 45,
  scenariosPerSecond: 25,
  faults: {
    'service killed': 2,
    'replica killed': 2,
    'database killed': 2,
    'connections cut': 2,
    'connections silenced': 1,
    'network stalled': 1,
    'commit swallowed': 2,
    'rows held': 2,
    'table held': 1,
    'pool filled': 1,
    'clock jumped': 2,
  },
};

/** Within a test's time. */
export const SHORT: Weather = {
  seconds: 4,
  scenariosPerSecond: 25,
  // Its sweep comes ten seconds after the deadline.
  weights: { 'money about the deadline': 0 },
  faults: {
    'service killed': 1,
    'replica killed': 0,
    'database killed': 1,
    'connections cut': 1,
    'connections silenced': 0,
    'network stalled': 0,
    'commit swallowed': 1,
    'rows held': 1,
    'table held': 0,
    'pool filled': 0,
    'clock jumped': 1,
  },
};

/** What a broken service cannot come through: many races, and kills and locks in the midst of them. */
export const PROOF: Weather = {
  seconds: 12,
  scenariosPerSecond: 40,
  weights: {
    'copies at once': 12,
    'a label races success': 12,
    'a cancel races success': 12,
    'one transaction told by two events': 6,
  },
  // A process dies while much waits behind a lock: what was acknowledged too early is then lost.
  faults: {
    'service killed': 3,
    'replica killed': 3,
    'database killed': 1,
    'connections cut': 0,
    'connections silenced': 0,
    'network stalled': 0,
    'commit swallowed': 6,
    'rows held': 6,
    'table held': 4,
    'pool filled': 0,
    'clock jumped': 0,
  },
};
