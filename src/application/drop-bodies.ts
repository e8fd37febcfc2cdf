import type { BodyCursor } from './backlog.js';
import type { Clock, UnitOfWork } from './ports.js';

const PAGE_SIZE = 2_000;
const DAY_MS = 24 * 60 * 60 * 1_000;

/**
 * Drops what gateways sent once it has been settled for long enough: bodies and headers hold personal data and are most of the inbox's
 * size. What was understood of them and the keys that make a copy a copy stay.
 */
export class DropBodies {
  constructor(
    private readonly unitOfWork: UnitOfWork,
    private readonly clock: Clock,
    private readonly keptDays: number,
  ) {}

  /** One page of a walk from the oldest on, which goes on after `next` and has ended where that is null. */
  async execute(after: BodyCursor | null): Promise<{ dropped: number; next: BodyCursor | null }> {
    const settledBefore = new Date(this.clock.now().getTime() - this.keptDays * DAY_MS);
    return this.unitOfWork.run(({ bodies }) => bodies.drop(settledBefore, after, PAGE_SIZE));
  }
}
