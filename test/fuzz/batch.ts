import fc from 'fast-check';
import { Gateways } from '../../src/adapters/gateways/gateways.module.js';
import type { PlayedGateway } from '../../src/sandbox/sign-callback.js';
import { inputs, type Input, type Sort } from './callbacks.js';
import { FIXED_KEYS, FIXED_TIME } from './keys.js';
import { timeOf, verdictOn } from './promises.js';
import { assertSettles, situation, type Situation } from './settling.js';
import { Seals } from './signing.js';

/** So many inputs of one sort for one gateway, all of which follow from the seed. */
export interface Batch {
  readonly gateway: PlayedGateway;
  readonly sort: Sort;
  readonly inputs: number;
  readonly seed: number;
  /** Where the one input is found that failed before; without it all are tried. */
  readonly path?: string;
}

/** What came of a batch: verified ones by the kind of their notice, refused ones by the reason. */
export interface Tally {
  readonly notices: Record<string, number>;
  readonly rejections: Record<string, number>;
  slowestMs: number;
  failure?: Failure;
}

/** The smallest input that breaks a promise, and how to come back to it. */
export interface Failure {
  readonly batch: Batch;
  readonly fault: string;
  readonly headers: unknown;
  readonly bodyBase64: string;
  readonly receivedAt: string;
  readonly situation: unknown;
}

export const gateways = new Gateways(FIXED_KEYS.settings);
const seals = new Seals(FIXED_KEYS, FIXED_TIME);

export function tryBatch(batch: Batch): Tally {
  const tally: Tally = { notices: {}, rejections: {}, slowestMs: 0 };
  const property = fc.property(inputs(batch.gateway, batch.sort, seals), situation, (input, found) =>
    tryInput(batch, input, found, tally),
  );
  const { seed, path, inputs: numRuns } = batch;
  const details = fc.check(property, { seed, numRuns, ...(path === undefined ? {} : { path }) });
  if (!details.failed) return tally;
  const [input, found] = details.counterexample!;
  const fault =
    details.errorInstance instanceof Error ? details.errorInstance.stack! : String(details.errorInstance);
  const failure: Failure = {
    batch: { ...batch, path: details.counterexamplePath! },
    fault,
    headers: input.callback.headers,
    bodyBase64: input.callback.body.toString('base64'),
    receivedAt: input.receivedAt.toISOString(),
    situation: found,
  };
  return { ...tally, failure };
}

function tryInput({ gateway: name, sort }: Batch, input: Input, found: Situation, tally: Tally): void {
  const gateway = gateways.get(name)!;
  tally.slowestMs = Math.max(tally.slowestMs, timeOf(gateway, input));
  const verdict = verdictOn(gateway, sort, input);
  if ('rejected' in verdict) {
    tally.rejections[verdict.rejected] = (tally.rejections[verdict.rejected] ?? 0) + 1;
    return;
  }
  tally.notices[verdict.notice.kind] = (tally.notices[verdict.notice.kind] ?? 0) + 1;
  assertSettles(verdict.notice, found, input.receivedAt);
}
