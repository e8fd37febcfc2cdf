import {
  scopeKey,
  type IdempotencyKeyRepository,
  type IdempotencyScope,
  type KeyedBody,
  type SentReply,
  type StoredReply,
} from '../../../src/application/idempotency/idempotency-key-repository.js';
import type { Session } from './session.js';

const DAY_MS = 24 * 60 * 60 * 1_000;

export class MemoryIdempotencyKeys implements IdempotencyKeyRepository {
  constructor(private readonly session: Session) {}

  async claim(
    scopes: readonly IdempotencyScope[],
    now: Date,
  ): Promise<(StoredReply | 'free' | 'in_flight')[]> {
    return scopes.map((scope) => {
      if (this.session.lockedElsewhere.has(scope.key)) return 'in_flight';
      const stored = this.session.tables.replies.get(scopeKey(scope));
      return stored && now.getTime() - stored.at.getTime() < DAY_MS ? stored : 'free';
    });
  }

  async store(replies: readonly (KeyedBody & SentReply)[], now: Date): Promise<void> {
    for (const { scope, ...reply } of replies)
      this.session.tables.replies.set(scopeKey(scope), { ...reply, at: now });
  }

  async removeExpired(limit: number, now: Date): Promise<number> {
    const { replies } = this.session.tables;
    const expired = [...replies]
      .filter(([, { at }]) => now.getTime() - at.getTime() >= DAY_MS)
      .slice(0, limit);
    for (const [key] of expired) replies.delete(key);
    return expired.length;
  }
}
