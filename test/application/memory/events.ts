import type { EventRepository } from '../../../src/application/events/event-repository.js';
import type { DomainEvent } from '../../../src/domain/event.js';
import type { Session } from './session.js';

export class MemoryEvents implements EventRepository {
  constructor(private readonly session: Session) {}

  async append(events: readonly DomainEvent[]): Promise<void> {
    for (const event of events) {
      // As the unique index in PostgreSQL does.
      const isPaid = this.session.tables.events.some(
        ({ type, orderNumber }) => type === 'order.paid' && orderNumber === event.orderNumber,
      );
      if (event.type === 'order.paid' && isPaid)
        throw new Error(`order ${event.orderNumber} is paid already`);
      this.session.tables.events.push({ ...event, id: this.session.nextId() });
    }
  }
}
