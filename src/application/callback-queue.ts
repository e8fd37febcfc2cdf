import { judgedTime, type ExpiryJudgedBy } from '../domain/notice.js';
import { keyOf, type Received } from './inbox.js';
import {
  Contended,
  KeyTaken,
  Unavailable,
  type Clock,
  type Receipt,
  type ReceiptStore,
  type StoredCallback,
} from './ports.js';
import type { ReceiveCallback } from './receive-callback.js';

/** WeChat Pay waits five seconds for its answer: settling gets three of them, and storing the receipt alone one more. */
const SETTLE_WITHIN_MS = 3_000;
const STORE_WITHIN_MS = 4_000;
const TOO_LATE = 'it has waited too long to be settled in time';
/** With less left than this, a callback settles by itself or is only stored. */
const LEAST_MS = 500;
/** Whoever has no answer by then hears that it is not stored; if it is after all, the copy that is sent again finds it. */
const ANSWER_WITHIN_MS = 4_200;
/** A commit costs the same for one callback as for this many; beyond it the wait for the whole group shows. */
const GROUP_SIZE = 256;
/** A group of larger bodies is full with fewer, for while they are written they are in memory several times. */
const GROUP_BYTES = 2 * 1024 * 1024;
/** While one group waits for its commit, the next one is decided; more would only contend for two cores. */
const GROUPS_AT_ONCE = 2;
/** A second group starts only when it is worth its round trips; a few callbacks share the next one instead. */
const WORTH_A_GROUP = 32;
/** How long a few callbacks wait for the group under way, which may be held up by what is not theirs. */
const PATIENCE_MS = 10;
/** So that one hot order never empties the pool, no more than this many connections stand behind somebody else's lock. */
const WAITING_AT_ONCE = 2;
/** How many members of a group that failed are tried at once, so that one which has to wait does not hold up the rest. */
const SINGLES_AT_ONCE = 4;
/** Less than a quarter of a second of work. What comes beyond it is better sent again than kept waiting in memory. */
const QUEUE_LIMIT = 512;
/** When a worker first tries a receipt that could only be stored. */
const FIRST_RETRY_MS = 1_000;

/** `stored` may be acknowledged. Nothing else may, and the gateway sends again. */
export type Answer =
  | {
      readonly stored: true;
      readonly outcome: Received['outcome'];
      readonly copy: boolean;
      readonly callbackId: string | null;
      /** Why it could only be stored, where that is so. */
      readonly fault?: unknown;
    }
  | { readonly stored: false; readonly why: 'overloaded' | 'unavailable'; readonly fault?: unknown };

/** A verified callback at the door; by what time it is judged is decided here, once. */
export type Arrival = Omit<Receipt, 'judgedAt'>;

interface Member {
  readonly receipt: Receipt;
  /** When it came, on the clock of `performance.now()`. */
  readonly since: number;
  /** Tells the caller; only the first answer counts. */
  answer(answer: Answer): void;
  answered: boolean;
}

/**
 * Callbacks that arrive while a transaction is under way form the next group, and a group settles in one transaction. A lone callback is a
 * group of one and waits for nobody.
 */
export class CallbackQueue {
  private readonly waiting: Member[] = [];
  private readonly busy = new Set<string>();
  private groups = 0;
  private lockWaiters = 0;
  private patience: NodeJS.Timeout | undefined;

  constructor(
    private readonly receiveCallback: ReceiveCallback,
    private readonly receipts: ReceiptStore,
    private readonly clock: Clock,
    private readonly expiryJudgedBy: ExpiryJudgedBy,
  ) {}

  /** Then nothing more is taken, which can be told before a signature is checked. */
  get isFull(): boolean {
    return this.waiting.length >= QUEUE_LIMIT;
  }

  submit(arrival: Arrival): Promise<Answer> {
    if (this.isFull) return Promise.resolve({ stored: false, why: 'overloaded' });
    const { eventId, notice, fingerprint, keyId, headers, body, receivedAt } = arrival;
    const judgedAt = judgedTime(notice, receivedAt, this.expiryJudgedBy);
    return new Promise((resolve) => {
      const timer = setTimeout(() => member.answer({ stored: false, why: 'unavailable' }), ANSWER_WITHIN_MS);
      const member: Member = {
        receipt: { eventId, notice, fingerprint, keyId, headers, body, receivedAt, judgedAt },
        since: performance.now(),
        answered: false,
        answer: (answer) => {
          clearTimeout(timer);
          member.answered = true;
          resolve(answer);
        },
      };
      this.waiting.push(member);
      this.bePatient(PATIENCE_MS);
      this.startGroups();
    });
  }

  /** A timer may come early by what Node did before it was set, and then what waits is not old enough yet. */
  private bePatient(ms: number): void {
    this.patience ??= setTimeout(() => {
      this.patience = undefined;
      this.startGroups();
      const left = (this.waiting[0]?.since ?? 0) + PATIENCE_MS - performance.now();
      if (left > 0) this.bePatient(left);
    }, ms);
  }

  private startGroups(): void {
    while (this.groups < GROUPS_AT_ONCE && this.isWorthAGroup()) {
      const group = this.nextGroup();
      if (group.length === 0) break;
      const keys = group.flatMap(busyKeys);
      keys.forEach((key) => this.busy.add(key));
      this.groups += 1;
      void this.settleGroup(group).finally(() => {
        keys.forEach((key) => this.busy.delete(key));
        this.groups -= 1;
        this.startGroups();
      });
    }
  }

  private isWorthAGroup(): boolean {
    const first = this.waiting[0];
    if (!first) return false;
    return (
      this.groups === 0 ||
      this.waiting.length >= WORTH_A_GROUP ||
      performance.now() - first.since >= PATIENCE_MS
    );
  }

  /** In order of arrival, but for what a group under way is at work on: to meet it there would only mean to wait for it. */
  private nextGroup(): Member[] {
    const group: Member[] = [];
    const left: Member[] = [];
    let bytes = 0;
    for (const member of this.waiting.splice(0)) {
      // Whoever waits for it no more has been told to send it again.
      if (member.answered) continue;
      const isFull = group.length >= GROUP_SIZE || bytes >= GROUP_BYTES;
      const fits = !isFull && !busyKeys(member).some((key) => this.busy.has(key));
      if (fits) bytes += member.receipt.body.byteLength;
      (fits ? group : left).push(member);
    }
    this.waiting.push(...left);
    return group;
  }

  /** What has waited long, most often behind the same event, has little time left, which those that have just come must not share. */
  private async settleGroup(members: readonly Member[]): Promise<void> {
    const late = members.length === 1 ? [] : members.filter(isLate);
    const group = late.length === 0 ? members : members.filter((member) => !late.includes(member));
    await Promise.all([
      group.length > 0 && this.settle(group),
      late.length > 0 && this.storeOnly(late, new Unavailable(TOO_LATE)),
    ]);
  }

  private async settle(group: readonly Member[]): Promise<void> {
    const deadline = Math.min(...group.map(({ since }) => since + SETTLE_WITHIN_MS));
    try {
      if (performance.now() >= deadline) throw new Unavailable(TOO_LATE);
      const receipts = group.map(({ receipt }) => receipt);
      const results = await this.receiveCallback.receive(receipts, { mode: 'skip', deadline });
      group.forEach((member, index) => this.conclude(member, results[index]!));
    } catch (fault) {
      const retriable = fault instanceof KeyTaken || fault instanceof Contended;
      // What keeps the whole database away keeps each of them away; anything else may be one member's alone.
      if (group.length > 1 && (retriable || !(fault instanceof Unavailable)))
        await this.settleOneByOne(group);
      else if (fault instanceof KeyTaken) await this.settle(group);
      else await this.storeOnly(group, fault);
    }
  }

  /** So that a member which nobody can settle, or which has to wait, harms nobody else. */
  private async settleOneByOne(group: readonly Member[]): Promise<void> {
    const left = [...group];
    const lane = async (): Promise<void> => {
      for (let member = left.shift(); member; member = left.shift()) await this.settleGroup([member]);
    };
    await Promise.all(Array.from({ length: SINGLES_AT_ONCE }, lane));
  }

  /** Answers a member, or tries it once more alone where rows that it needs are held elsewhere. */
  private conclude(member: Member, { outcome, copy, callbackId, waiting }: Received): void {
    const stored: Answer = { stored: true, outcome, copy, callbackId };
    if (!waiting || this.lockWaiters >= WAITING_AT_ONCE) {
      member.answer(stored);
      return;
    }
    this.lockWaiters += 1;
    void this.settleAlone(waiting, member.since + SETTLE_WITHIN_MS)
      .then((result) => member.answer({ ...stored, ...result } as Answer))
      .finally(() => {
        this.lockWaiters -= 1;
      });
  }

  /** Where it did not finish in time it is stored all the same, and a worker will settle it; the log is told why. */
  private async settleAlone(stored: StoredCallback, deadline: number): Promise<Partial<Answer>> {
    try {
      const [result] = await this.receiveCallback.settle([stored], { mode: 'wait', deadline });
      return { outcome: result!.outcome, copy: result!.copy };
    } catch (fault) {
      return { fault };
    }
  }

  /** The settling transaction has ended without effect, so the receipts alone are stored; a worker settles them. */
  private async storeOnly(group: readonly Member[], fault: unknown): Promise<void> {
    const nextAttemptAt = new Date(this.clock.now().getTime() + FIRST_RETRY_MS);
    const deadline = Math.min(...group.map(({ since }) => since + STORE_WITHIN_MS));
    const receipts = group.map(({ receipt }) => receipt);
    const kept = await this.receipts.keep(receipts, nextAttemptAt, deadline);
    group.forEach((member, index) =>
      member.answer(
        kept[index]
          ? { stored: true, outcome: 'pending', copy: false, callbackId: null, fault }
          : { stored: false, why: 'unavailable', fault },
      ),
    );
  }
}

const isLate = ({ since }: Member): boolean => performance.now() - since > SETTLE_WITHIN_MS - LEAST_MS;

/** What two callbacks under way must not share: the inbox key and the payment. */
function busyKeys({ receipt }: Member): string[] {
  const { paymentNumber } = receipt.notice;
  return [`callback ${keyOf(receipt)}`, ...(paymentNumber === null ? [] : [`payment ${paymentNumber}`])];
}
