import type { Clock } from '../clock.js';
import { Semaphore } from '../semaphore.js';
import { Busy, type UnitOfWork } from '../transaction.js';
import { DeliveryRepository } from './delivery-repository.js';
import type { TestSender } from './publisher.js';
import { announce, lockEndpoint } from './webhook-endpoints.js';

/** Each may wait for a receiver that does not answer. */
const LIMITS = { running: 4, waiting: 8, waitMs: 5_000 };

/** The attempt to send a test to an endpoint. */
export interface TestAttempt {
  /** The `webhook-id` of the request. */
  readonly eventId: string;
  readonly sentAt: Date;
  readonly durationMs: number;
  readonly delivered: boolean;
  /** The HTTP status of the answer; null if there was no answer. */
  readonly status: number | null;
  readonly error: string | null;
}

/** Sends `endpoint.test` to an endpoint once, whether it is paused or not. The result changes nothing. */
export class TestEndpoint {
  private readonly turns = new Semaphore(LIMITS, (why) => new Busy(why));

  constructor(
    private readonly unitOfWork: UnitOfWork,
    private readonly sender: TestSender,
    private readonly clock: Clock,
  ) {}

  /** Throws `Busy` if its turn does not come in time. */
  run(endpointId: string, actor: string, signal?: AbortSignal): Promise<TestAttempt | 'endpoint_unknown'> {
    return this.turns.run(() => this.send(endpointId, actor), { signal });
  }

  private async send(endpointId: string, actor: string): Promise<TestAttempt | 'endpoint_unknown'> {
    const sentAt = this.clock.now();
    // Committed before anything is sent, so that no connection to the database waits for the receiver.
    const destination = await this.unitOfWork.run(async (tx) => {
      if (!(await lockEndpoint(tx, endpointId))) return null;
      await announce(tx, 'tested', { actor, at: sentAt }, { endpointId });
      return tx.of(DeliveryRepository).destination(endpointId, sentAt);
    });
    if (!destination) return 'endpoint_unknown';
    const eventId = `evt_test_${crypto.randomUUID().replaceAll('-', '')}`;
    const message = { id: eventId, type: 'endpoint.test', at: sentAt, data: { endpointId } } as const;
    const begun = performance.now();
    const result = await this.sender.sendTest(message, destination);
    const durationMs = Math.round(performance.now() - begun);
    const error = result.delivered ? null : result.error;
    return { eventId, sentAt, durationMs, delivered: result.delivered, status: result.httpStatus, error };
  }
}
