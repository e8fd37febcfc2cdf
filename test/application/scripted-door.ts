import { jest } from '@jest/globals';
import { CallbackQueue, type Answer, type Arrival } from '../../src/application/callback-queue.js';
import type { Received } from '../../src/application/inbox.js';
import type { LockMode, Receipt, StoredCallback } from '../../src/application/ports.js';
import type { ReceiveCallback } from '../../src/application/receive-callback.js';
import type { ExpiryJudgedBy } from '../../src/domain/notice.js';
import { NOW, receipt } from './callback-world.js';

interface Options {
  readonly mode: LockMode;
  readonly deadline: number;
}

/** A transaction that is under way until the script ends it. */
export interface Begun {
  readonly events: readonly string[];
  readonly receipts: readonly Receipt[];
  readonly options: Options;
  /** Commits: each callback comes to what is said here of it, or is settled. */
  end(said?: Partial<Received>): Promise<void>;
  fail(fault: unknown): Promise<void>;
}

export const SETTLED: Received = { outcome: 'settled', copy: false, callbackId: '7', waiting: null };

/** A callback that is stored and waits for what somebody else holds. */
export const waitingFor = (eventId: string): Received => {
  const waiting = { eventId } as StoredCallback;
  return { outcome: 'pending', copy: false, callbackId: '7', waiting };
};

/** The queue, with the transactions behind it and the clock in the hands of the test. */
export class ScriptedDoor {
  readonly begun: Begun[] = [];
  readonly alone: Begun[] = [];
  readonly kept: { events: string[]; nextAttemptAt: Date; deadline: number }[] = [];
  readonly answers = new Map<string, Answer>();
  /** Whether the receipt store stores. */
  keeps = true;
  readonly queue: CallbackQueue;

  constructor(judgedBy: ExpiryJudgedBy = 'received_at') {
    const receive = {
      receive: (receipts: readonly Receipt[], options: Options) => this.begin(this.begun, receipts, options),
      settle: (stored: readonly StoredCallback[], options: Options) =>
        this.begin(this.alone, stored as unknown as readonly Receipt[], options),
    };
    const receipts = {
      keep: async (all: readonly Receipt[], nextAttemptAt: Date, deadline: number) => {
        this.kept.push({ events: all.map(({ eventId }) => eventId), nextAttemptAt, deadline });
        return all.map(() => this.keeps);
      },
    };
    const clock = { now: () => new Date(NOW) };
    this.queue = new CallbackQueue(receive as unknown as ReceiveCallback, receipts, clock, judgedBy);
  }

  /** Callbacks come in, each for a payment of its own where nothing else is said. */
  arrive(...eventIds: readonly string[]): void {
    for (const eventId of eventIds) this.submit(receipt(`P-${eventId}`, { eventId }));
  }

  submit(arrival: Arrival): void {
    void this.queue.submit(arrival).then((answer) => this.answers.set(arrival.eventId, answer));
  }

  groups(): string[] {
    return this.begun.map(({ events }) => events.join(' '));
  }

  private begin(list: Begun[], receipts: readonly Receipt[], options: Options): Promise<Received[]> {
    return new Promise((resolve, reject) => {
      const events = receipts.map(({ eventId }) => eventId);
      const end = async (said: Partial<Received> = {}): Promise<void> => {
        resolve(receipts.map(() => ({ ...SETTLED, ...said })));
        await pass(0);
      };
      const fail = async (fault: unknown): Promise<void> => {
        reject(fault);
        await pass(0);
      };
      list.push({ events, receipts, options, end, fail });
    });
  }
}

/** Time passes, and everything that was waiting for it has happened. */
export const pass = (milliseconds: number): Promise<void> => jest.advanceTimersByTimeAsync(milliseconds);

export const named = (count: number, from = 1): string[] =>
  Array.from({ length: count }, (_, nth) => `e${from + nth}`);
