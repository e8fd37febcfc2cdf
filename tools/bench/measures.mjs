// The measures, in the order of a round. `needs` names measures of the same round whose figures it uses; `once` means only in the
// first round; `long` means not in a quick run.
import { drainBacklog } from './drain.mjs';
import { attacked, thirdOfPeak } from './measure-attack.mjs';
import { audit } from './measure-audit.mjs';
import { fresh, longLogs, reads } from './measure-database.mjs';
import {
  copies,
  distinct,
  halfLoad,
  overload,
  replicas,
  searchConnections,
  single,
} from './measure-load.mjs';
import { generatorAlone, memory, reads10m, ready, readyFromNothing, tenMillion } from './measure-others.mjs';
import { pgbench, pgbenchAtHalf, pgbenchPlace } from './measure-pgbench.mjs';
import { place } from './measure-place.mjs';
import { retention } from './measure-retention.mjs';
import { indexEntries, wal } from './measure-writes.mjs';

export const MEASURES = {
  generator: { run: generatorAlone },
  connections: { once: true, long: true, run: searchConnections },
  pgbench: { run: pgbench('single', 8) },
  'pgbench-statement': { run: pgbench('statement', 8) },
  distinct: { run: distinct('standard-webhooks') },
  'index-entries': { run: indexEntries },
  wal: { run: wal },
  'pgbench-place': { run: pgbenchPlace },
  place: { needs: ['distinct'], run: place },
  fresh: { needs: ['distinct'], run: fresh },
  copies: { needs: ['distinct'], run: copies },
  stripe: { needs: ['distinct'], long: true, run: distinct('stripe') },
  'wechat-pay': { needs: ['distinct'], run: distinct('wechat-pay') },
  alipay: { needs: ['distinct'], long: true, run: distinct('alipay') },
  replicas: { needs: ['distinct'], long: true, run: replicas },
  'pgbench-half': { needs: ['pgbench'], run: pgbenchAtHalf },
  half: { needs: ['distinct'], run: halfLoad },
  reads: { needs: ['distinct', 'half'], run: reads },
  third: { needs: ['distinct'], long: true, run: thirdOfPeak },
  attack: { needs: ['third'], long: true, run: attacked },
  'pgbench-alone': { run: pgbench('single', 1) },
  alone: { run: single },
  overload: { needs: ['distinct'], run: overload },
  'ten-million': { needs: ['distinct'], long: true, run: tenMillion },
  'reads-10m': { needs: ['ten-million'], long: true, run: reads10m },
  audit: { needs: ['distinct'], long: true, run: audit },
  retention: { needs: ['distinct'], long: true, run: retention },
  'long-logs': { once: true, long: true, run: longLogs },
  ready: { run: ready },
  'ready-embedded': { long: true, run: readyFromNothing },
  drain: { long: true, run: drainBacklog },
  memory: { once: true, run: memory },
};

/** The requested measures (all if none is requested) and those that they need, in the order of a round. */
export function chosen(only, { quick, has }) {
  const wanted = new Set();
  const want = (name) => {
    wanted.add(name);
    MEASURES[name].needs?.forEach(want);
  };
  const all = Object.keys(MEASURES).filter((name) => !(quick && MEASURES[name].long));
  (only ?? all).forEach(want);
  return Object.keys(MEASURES).filter((name) => wanted.has(name) && has(name));
}
