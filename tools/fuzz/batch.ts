import fc from 'fast-check';
import { Gateways } from '../../src/adapters/gateways/registry.js';
import { gatewaySettings } from '../../test/gateway-settings.js';
import { type Input, type Sort, inputs } from './callbacks.js';
import { FuzzSigner } from './fuzz-signer.js';
import { FIXED_KEYS, FIXED_TIME, type FuzzedGateway } from './keys.js';
import { checkVerdict, verifyTimeMs } from './properties.js';
import { type Situation, assertSettles, situation } from './settlement.js';

/** A number of inputs of one sort for one gateway. All of them follow from the seed. */
export interface Batch {
  readonly gateway: FuzzedGateway;
  readonly sort: Sort;
  readonly inputs: number;
  readonly seed: number;
  /** The place of one input that failed before. Without it all inputs run. */
  readonly path?: string;
}

/** The results of a batch: verified inputs by the kind of their notification, rejected ones by the reason. */
export interface Tally {
  readonly notifications: Record<string, number>;
  readonly rejections: Record<string, number>;
  slowestMs: number;
  failure?: Failure;
}

/** The smallest input that violates a property, and how to run it again. */
export interface Failure {
  readonly batch: Batch;
  readonly fault: string;
  readonly headers: unknown;
  readonly bodyBase64: string;
  readonly receivedAt: string;
  readonly situation: unknown;
}

export const gateways = new Gateways(gatewaySettings(FIXED_KEYS));
const signer = new FuzzSigner(FIXED_KEYS, FIXED_TIME);

export function runBatch(batch: Batch): Tally {
  const tally: Tally = { notifications: {}, rejections: {}, slowestMs: 0 };
  const property = fc.property(inputs(batch.gateway, batch.sort, signer), situation, (input, found) =>
    runInput(batch, input, found, tally),
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

function runInput({ gateway: name, sort }: Batch, input: Input, found: Situation, tally: Tally): void {
  const gateway = gateways.get(name)!;
  tally.slowestMs = Math.max(tally.slowestMs, verifyTimeMs(gateway, input));
  const verdict = checkVerdict(gateway, sort, input);
  if ('rejected' in verdict) {
    count(tally.rejections, verdict.rejected);
    return;
  }
  count(tally.notifications, verdict.notification.kind);
  for (const notification of [verdict.notification, ...(verdict.further ?? [])]) {
    assertSettles(notification, found, input.receivedAt);
  }
}

function count(counts: Record<string, number>, name: string): void {
  counts[name] = (counts[name] ?? 0) + 1;
}
