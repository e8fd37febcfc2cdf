import type { DomainEvent } from '../../domain/event.js';

/** The append-only log: the log of the payments, the status history of the orders and the outbox. */
export abstract class EventRepository {
  abstract append(events: readonly DomainEvent[]): Promise<void>;
}
