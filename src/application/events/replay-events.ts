import type { Attribution } from '../../domain/attribution.js';
import { PUBLISHED_TYPES } from '../../domain/events/published-event.js';
import type { Clock } from '../clock.js';
import { Semaphore } from '../semaphore.js';
import { Busy, Unavailable, type Transaction, type UnitOfWork } from '../transaction.js';
import { DeliveryQueries } from './delivery-queries.js';
import { DeliveryRepository, type ReplayedPage } from './delivery-repository.js';
import { announce, lockEndpoint } from './webhook-endpoints.js';

/** Events that one transaction reads. A transaction that writes delays all events of the log, so it must be short. */
const PAGE_SIZE = 1_000;
/** One request queues about so many deliveries, or works for about so long, and then leaves the rest to the next request. */
const MOST_QUEUED = 100_000;
const MOST_MS = 15_000;
const LIMITS = { running: 1, waiting: 4, waitMs: 5_000 };

export interface ReplayRequest {
  readonly endpointId: string;
  /** ISO 8601. */
  readonly from: string;
  readonly to: string;
  /** Where an earlier request has stopped: the number of an event. Null to begin. */
  readonly after: string | null;
}

export interface ReplayResult {
  readonly queued: number;
  /** The number of the event after which the next request continues; null if the whole range was read. */
  readonly next: string | null;
}

export type ReplayFault = 'endpoint_unknown' | 'endpoint_disabled';

/**
 * Sends the events of a range of time to an endpoint again, from the log. What was delivered is sent again under the same id, and
 * what waits already is not queued twice. One replay runs at a time, in short transactions, so that events go on being relayed.
 */
export class ReplayEvents {
  private readonly turns = new Semaphore(LIMITS, (why) => new Busy(why));

  constructor(
    private readonly unitOfWork: UnitOfWork,
    private readonly clock: Clock,
  ) {}

  /** Throws `Busy` if its turn does not come in time, and the reason of the signal if the client leaves. What was queued stays queued. */
  run(request: ReplayRequest, actor: string, signal?: AbortSignal): Promise<ReplayResult | ReplayFault> {
    return this.turns.run(() => this.replay(request, actor, signal), { signal });
  }

  private async replay(
    request: ReplayRequest,
    actor: string,
    signal?: AbortSignal,
  ): Promise<ReplayResult | ReplayFault> {
    const end = performance.now() + MOST_MS;
    let after = request.after;
    let queued = 0;
    for (let isFirst = true; ; isFirst = false) {
      const attribution = isFirst ? { actor, at: this.clock.now() } : null;
      const page = await this.unitOfWork
        .run((tx) => this.replayPage(tx, { ...request, after }, attribution))
        .catch((error: unknown) => interrupted(error, isFirst));
      if (page === 'interrupted') return { queued, next: after };
      if (typeof page === 'string') return page;
      queued += page.queued;
      after = page.last;
      if (after === null || queued >= MOST_QUEUED || performance.now() >= end) return { queued, next: after };
      signal?.throwIfAborted();
    }
  }

  /** @param attribution of the request, which is logged with its first page; null for the other pages. */
  private async replayPage(
    tx: Transaction,
    { endpointId, ...range }: ReplayRequest,
    attribution: Attribution | null,
  ): Promise<ReplayedPage | ReplayFault> {
    const endpoint = await lockEndpoint(tx, endpointId);
    if (!endpoint) return 'endpoint_unknown';
    if (endpoint.state.status === 'off') return 'endpoint_disabled';
    if (attribution) {
      const { from, to, after } = range;
      const continues = after === null ? {} : { after: `evt_${after}` };
      await announce(tx, 'replay_requested', attribution, { endpointId, from, to, ...continues });
    }
    const types = (await tx.of(DeliveryQueries).endpoint(endpointId))?.events ?? PUBLISHED_TYPES;
    const page = { subscriberId: endpointId, types, ...range, limit: PAGE_SIZE };
    return tx.of(DeliveryRepository).replay(page, this.clock.now());
  }
}

/** After the first page something is queued, and the next request continues behind it. */
function interrupted(error: unknown, isFirst: boolean): 'interrupted' {
  if (error instanceof Unavailable && !isFirst) return 'interrupted';
  throw error;
}
