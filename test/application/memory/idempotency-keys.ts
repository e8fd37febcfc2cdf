import type {
  IdempotencyKeyRepository,
  IdempotencyScope,
  StoredReply,
} from '../../../src/application/idempotency/idempotency-key-repository.js';
import type { Session } from './session.js';

const DAY_MS = 24 * 60 * 60 * 1_000;

export class MemoryIdempotencyKeys implements IdempotencyKeyRepository {
  constructor(private readonly session: Session) {}

  async claim(scope: IdempotencyScope, now: Date): Promise<StoredReply | 'free' | 'in_flight'> {
    if (this.session.lockedElsewhere.has(scope.key)) return 'in_flight';
    const stored = this.session.tables.replies.get(scopeKey(scope));
    return stored && now.getTime() - stored.at.getTime() < DAY_MS ? stored : 'free';
  }

  async store(scope: IdempotencyScope, reply: StoredReply, now: Date): Promise<void> {
    this.session.tables.replies.set(scopeKey(scope), { ...reply, at: now });
  }
}

function scopeKey({ tokenName, method, path, key }: IdempotencyScope): string {
  return JSON.stringify([tokenName, method, path, key]);
}
